// What the tree of threads says of a thread, and asks before one is lost.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  archiveQuestion,
  deleteQuestion,
  rowContext,
  rowDescription,
  rowFacts,
  rowLabel,
  type RowPlace,
} from "../../../extension/threads/thread-words.ts";
import type { Thread } from "../../../server/protocol/thread.ts";
import { thread } from "../../webview-ui/support/fixtures.ts";

const now = 1_795_360_000;
const place = (parts: Partial<RowPlace> = {}): RowPlace => ({ kind: "recent", folder: null, now, ...parts });
const shed = (parts: Partial<Thread> = {}) =>
  thread({ preview: "Paint the shed\nin red", updatedAt: now - 7200, ...parts });

test("a row says when the thread was used, and where only if that does not go without saying", () => {
  assert.equal(rowDescription(shed(), place()), "2 h");
  assert.equal(rowDescription(shed(), place({ folder: "shop" })), "2 h · shop");
});

test("a screen reader hears title, state, group, time and folder", () => {
  assert.equal(rowLabel(shed(), "calm", place()), "Paint the shed, 2 h");
  assert.equal(
    rowLabel(shed(), "waitsForApproval", place({ kind: "pinned", folder: "shop" })),
    "Paint the shed, Waits for your approval, pinned, 2 h, in shop",
  );
});

test("menus can tell what a row is", () => {
  assert.equal(rowContext("calm", place()), "thread");
  assert.equal(rowContext("running", place({ kind: "pinned" })), "thread pinned active");
  assert.equal(rowContext("finished", place({ kind: "archived" })), "thread archived");
});

test("the tooltip has only facts that are known", () => {
  const names = (facts: [string, string][]) => facts.map(([name]) => name);
  assert.deepEqual(names(rowFacts(shed({ model: null }), "calm")), ["Folder", "Begun", "Last used"]);
  const gitInfo = { branch: "main", sha: null, originUrl: null };
  assert.deepEqual(names(rowFacts(shed({ gitInfo }), "running")), [
    "State",
    "Folder",
    "Branch",
    "Model",
    "Begun",
    "Last used",
  ]);
});

test("before threads are lost it is said what is lost, what stays, and what is stopped", () => {
  assert.deepEqual(deleteQuestion([shed()], 0), {
    sentence: "Delete the thread “Paint the shed”?",
    detail: "Its conversation is lost, and so is what undoes its changes. Files stay as they are.",
  });
  assert.deepEqual(deleteQuestion([shed(), shed(), shed()], 2), {
    sentence: "Delete 3 threads?",
    detail:
      "Their conversations are lost, and so is what undoes their changes. Files stay as they are. 2 of them run: their turn and commands are stopped.",
  });
});

test("putting away is asked only where something is stopped by it", () => {
  assert.equal(archiveQuestion([shed()], 0), null);
  assert.deepEqual(archiveQuestion([shed()], 1), {
    sentence: "Archive the thread “Paint the shed” while it runs?",
    detail: "It runs: its turn and its commands are stopped.",
  });
});
