// What the panel's state makes of an item that is being written.
import assert from "node:assert/strict";
import test from "node:test";
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { reduce } from "../../webview-ui/state/reducer.ts";
import { type PanelState, shownThread } from "../../webview-ui/state/state.ts";
import { beingWritten, newFile } from "./support/edit-scenes.ts";
import { after, delta, said, showing } from "./support/events.ts";
import { at, completes, item, starts } from "./support/fixtures.ts";

const items = (state: PanelState) => shownThread(state.view)?.turns.flatMap((shown) => shown.items);

test("a delta leaves every other item and turn as it was", () => {
  const before = after(
    showing,
    said(completes(item.reasoning("Hm"))),
    said(starts(item.answer("He", { completedAtMs: null }))),
  );
  const changed = reduce(before, delta("llo"));
  assert.equal(items(changed)?.[0], items(before)?.[0]);
  assert.notEqual(items(changed)?.[1], items(before)?.[1]);
});

test("of a command that floods the panel keeps the newest output, within bounds", () => {
  const command = item.command("yes", { aggregatedOutput: null, status: "inProgress", completedAtMs: null });
  let state = after(showing, said(starts(command)));
  for (let piece = 0; piece < 10; piece++) {
    const text = String(piece).repeat(300 * 1024);
    state = reduce(
      state,
      said({ method: "item/commandExecution/outputDelta", params: { ...at, itemId: command.id, delta: text } }),
    );
  }
  const shown = shownThread(state.view)?.turns[0]?.items[0];
  const output = shown?.type === "commandExecution" ? (shown.aggregatedOutput ?? "") : "";
  assert.ok(output.endsWith("9".repeat(300 * 1024)) && output.length <= 2 * 1024 * 1024);
});

test("a patch that is being written grows, and is whole when an update no longer says that it is written", () => {
  const file = newFile(1);
  const begun = after(showing, said(starts(beingWritten([file]))));
  const update = (changes: ThreadItemOf<"fileChange">["changes"], isWriting?: true) =>
    said({
      method: "item/fileChange/patchUpdated",
      params: { ...at, itemId: beingWritten([]).id, changes, ...(isWriting && { isWriting }) },
    });
  const grown = reduce(begun, update([newFile(2)], true));
  const whole = reduce(grown, update([{ ...file, diff: "real" }]));
  const shown = [begun, grown, whole].map((state) => {
    const last = shownThread(state.view)?.turns.at(-1)?.items.at(-1);
    assert.ok(last?.type === "fileChange");
    return [last.isWriting, last.changes[0]?.written?.added, last.changes[0]?.diff.split("\n").length];
  });
  assert.deepEqual(shown, [
    [true, 1, 2],
    [true, 2, 3],
    [false, 1, 1],
  ]);
  const unknown = said({ method: "item/fileChange/patchUpdated", params: { ...at, itemId: "other", changes: [] } });
  assert.deepEqual(reduce(whole, unknown), whole);
});
