// What the agent reads is what the user sees: buffers kept in step with the editor's edits.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { DocumentView } from "../../../server/files/document-view.ts";

const uri = "file:///w/a%20b.txt";
const path = "/w/a b.txt";

test("any edits of an editor leave the buffer as the editor has it", async () => {
  const text = fc
    .array(fc.constantFrom("a", "\n", "\r\n", "😀", "ä", "\u2028", " "), { maxLength: 20 })
    .map((parts) => parts.join(""));
  const edit = fc.record({ from: fc.nat(1000), to: fc.nat(1000), text });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.array(edit, { maxLength: 3 }), { maxLength: 5 }), async (first, changes) => {
      const view = new DocumentView();
      view.open({ uri, version: 1, text: first });
      let expected = first;
      for (const [at, edits] of changes.entries()) {
        const contentChanges = edits.map((one) => {
          const places = validPlaces(expected);
          const [start, end] = [one.from % places.length, one.to % places.length].toSorted((a, b) => a - b) as [
            number,
            number,
          ];
          const [from, to] = [places[start] ?? 0, places[end] ?? 0];
          const range = { start: positionOf(expected, from), end: positionOf(expected, to) };
          expected = expected.slice(0, from) + one.text + expected.slice(to);
          return { range, text: one.text };
        });
        view.change({ textDocument: { uri, version: at + 2 }, contentChanges });
      }
      assert.deepEqual(await view.read(path), {
        kind: "text",
        text: expected,
        encoding: "utf8",
        version: changes.length + 1,
        dirty: false,
      });
    }),
  );
});

test("a change without a range replaces the whole text, and positions behind the end are the end", async () => {
  const view = new DocumentView();
  view.open({ uri, version: 1, text: "old" });
  const far = { start: { line: 0, character: 99 }, end: { line: 99, character: 0 } };
  view.change({ textDocument: { uri, version: 2 }, contentChanges: [{ text: "one\ntwo" }, { range: far, text: "!" }] });
  assert.deepEqual(await view.read(path), { kind: "text", text: "one!", encoding: "utf8", version: 2, dirty: false });
});

test("two spellings of a file's address are one buffer; what is not a file of this machine is none", async () => {
  const view = new DocumentView();
  view.open({ uri: "file:///w/a b.txt", version: 1, text: "x" });
  view.change({ textDocument: { uri: "file:///w/%61%20b.txt", version: 2 }, contentChanges: [{ text: "y" }] });
  assert.deepEqual(await view.read(path), { kind: "text", text: "y", encoding: "utf8", version: 2, dirty: false });
  for (const other of ["untitled:Untitled-1", "file://host/w/a", "git:/w/a", "nonsense", "file:///%00"]) {
    view.open({ uri: other, version: 1, text: "z" });
    view.change({ textDocument: { uri: other, version: 2 }, contentChanges: [] });
    view.close(other);
  }
});

test("without a buffer the disk is read; a buffer wins until it is closed or the editor is gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "belay-view-"));
  const file = join(folder, "a.txt");
  const address = pathToFileURL(file).href;
  writeFileSync(file, "disk");
  const view = new DocumentView();
  const text = async () => {
    const found = await view.read(file);
    return found.kind === "text" ? [found.text, found.version] : found.kind;
  };
  assert.deepEqual(await text(), ["disk", null]);
  view.open({ uri: address, version: 3, text: "buffer" });
  assert.deepEqual(await text(), ["buffer", 3]);
  view.close(address);
  assert.deepEqual(await text(), ["disk", null]);
  view.open({ uri: address, version: 4, text: "buffer" });
  view.clear();
  assert.deepEqual(await text(), ["disk", null]);
  rmSync(folder, { recursive: true });
  assert.equal(await text(), "missing");
});

/** Offsets an editor can name: never between "\r" and "\n". */
function validPlaces(text: string): number[] {
  const all = Array.from({ length: text.length + 1 }, (_, at) => at);
  return all.filter((at) => !(text[at - 1] === "\r" && text[at] === "\n"));
}

function positionOf(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}
