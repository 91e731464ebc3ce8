// What the agent reads is what the user sees: buffers kept in step with the editor's edits.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { FileView } from "../../../server/files/patch-plan.ts";
import { DocumentView } from "../../../server/files/document-view.ts";
import fc from "../../support/properties.ts";

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
        dirty: true,
      });
    }),
  );
});

test("a change without a range replaces the whole text, and positions behind the end are the end", async () => {
  const view = new DocumentView();
  view.open({ uri, version: 1, text: "old" });
  const far = { start: { line: 0, character: 99 }, end: { line: 99, character: 0 } };
  view.change({ textDocument: { uri, version: 2 }, contentChanges: [{ text: "one\ntwo" }, { range: far, text: "!" }] });
  assert.deepEqual(await view.read(path), { kind: "text", text: "one!", encoding: "utf8", version: 2, dirty: true });
});

test("two spellings of a file's address are one buffer; what is not a file of this machine is none", async () => {
  const view = new DocumentView();
  view.open({ uri: "file:///w/a b.txt", version: 1, text: "x" });
  view.change({ textDocument: { uri: "file:///w/%61%20b.txt", version: 2 }, contentChanges: [{ text: "y" }] });
  assert.deepEqual(await view.read(path), { kind: "text", text: "y", encoding: "utf8", version: 2, dirty: true });
  for (const other of [
    "untitled:Untitled-1",
    "file://host/w/a",
    "git:/w/a",
    "nonsense",
    "file:///%00",
    "file:///%zz",
    "file:///w/a?b#c",
  ]) {
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

const disks: [name: string, disk: string | Buffer, buffer: string, isDirty: boolean][] = [
  ["the same text", "a\nb", "a\nb", false],
  ["another text", "a\nb", "a\nc", true],
  ["other line ends and a byte order mark", "\uFEFFa\r\nb\r\n", "a\nb\n", false],
  ["another last line end", "a\n", "a", true],
  ["UTF-16", Buffer.from("\uFEFFä\r\n", "utf16le"), "ä\n", false],
  ["UTF-16 without a mark", Buffer.from("ä\n", "utf16le"), "ä\n", false],
  ["Latin-1", Buffer.from("ä\n", "latin1"), "ä\n", false],
  ["Windows-1252", Buffer.from("\x80 1\n", "latin1"), "€ 1\n", false],
  ["what the editor took for UTF-8", Buffer.from("ä\n", "latin1"), "\uFFFD\n", false],
  ["an encoding that is not known here", Buffer.from([0x83, 0x65, 0x83, 0x58]), "テス", false],
  ["UTF-8 of another text", "ä\n", "ö\n", true],
];

for (const [name, disk, buffer, isDirty] of disks) {
  test(`an editor that shows ${JSON.stringify(buffer)} over ${name} ${isDirty ? "has" : "has no"} unsaved changes`, async () => {
    using folder = new Folder();
    writeFileSync(folder.at("a"), disk);
    const view = new DocumentView();
    view.open({ uri: folder.uri("a"), version: 1, text: buffer });
    for (const _ of ["looked at", "remembered"]) assert.equal(await view.isDirty(folder.at("a")), isDirty);
    assert.deepEqual(await view.unsaved(folder.path), isDirty ? [folder.at("a")] : []);
    assert.deepEqual(await view.unsaved(folder.at("elsewhere")), []);
  });
}

test("what cannot be compared with the disk is unsaved from the first change to the next save", async () => {
  using folder = new Folder();
  writeFileSync(folder.at("a"), Buffer.from([0x83, 0x65]));
  const view = new DocumentView();
  view.open({ uri: folder.uri("a"), version: 1, text: "テ" });
  const change = { textDocument: { uri: folder.uri("a"), version: 2 }, contentChanges: [{ text: "テス" }] };
  const seen = [await view.isDirty(folder.at("a"))];
  view.change(change);
  seen.push(await view.isDirty(folder.at("a")));
  view.saved(folder.uri("a"));
  seen.push(await view.isDirty(folder.at("a")));
  assert.deepEqual(seen, [false, true, false]);
});

test("what is not UTF-8 is edited as bytes while it is saved, and not at all where the editor has lost characters", async () => {
  using folder = new Folder();
  const path = folder.at("a");
  writeFileSync(path, Buffer.from("ä 1\n", "latin1"));
  const view = new DocumentView();
  view.open({ uri: folder.uri("a"), version: 1, text: "ä 1\n" });
  const saved = { kind: "text", text: "ä 1\n", encoding: "bytes", version: null, dirty: false };
  assert.deepEqual(await view.read(path), saved);
  view.change({ textDocument: { uri: folder.uri("a"), version: 2 }, contentChanges: [{ text: "ä 2\n" }] });
  assert.match(reasonOf(await view.read(path)), /^it is not UTF-8, and has unsaved changes.*save it/);
  view.change({ textDocument: { uri: folder.uri("a"), version: 3 }, contentChanges: [{ text: "\uFFFD 2\n" }] });
  assert.match(reasonOf(await view.read(path)), /shows it as if it were.*reopen it with its encoding/);
  writeFileSync(path, "\uFFFD 2\r\n");
  const real = { kind: "text", text: "\uFFFD 2\n", encoding: "utf8", version: 3, dirty: false };
  assert.deepEqual(await view.read(path), real);
});

test("a file that is open under another spelling is read from its buffer, if its real place may be read", {
  skip: process.platform === "win32" && "POSIX links",
}, async () => {
  using folder = new Folder();
  mkdirSync(folder.at("real"));
  writeFileSync(folder.at("real/a"), "disk");
  symlinkSync("real", folder.at("link"));
  const view = new DocumentView();
  view.open({ uri: folder.uri("link/a"), version: 1, text: "buffer" });
  const unsaved = { kind: "text", text: "buffer", encoding: "utf8", version: 1, dirty: true };
  assert.deepEqual(await view.read(folder.at("real/a")), unsaved);
  assert.equal(await view.openPath(folder.at("real/a")), folder.at("link/a"));
  assert.equal(await view.openPath(folder.at("real/b")), null);
  assert.deepEqual(await view.unsaved(folder.at("real")), [folder.at("real/a")]);
  assert.equal((await view.read(folder.at("real/a"), () => false)).kind, "refused");
});

test("it is known what a person saved since a moment", () => {
  const view = new DocumentView();
  view.saved("file:///w/a");
  const mark = view.saveMark();
  assert.deepEqual(view.savesSince(mark), []);
  for (const name of ["b", "a", "b"]) view.saved(`file:///w/${name}`);
  view.saved("untitled:Untitled-1");
  assert.deepEqual(view.savesSince(mark), ["/w/a", "/w/b"]);
});

class Folder implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "belay-view-")));

  at(name: string): string {
    return join(this.path, name);
  }

  uri(name: string): string {
    return pathToFileURL(this.at(name)).href;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function reasonOf(view: FileView): string {
  return view.kind === "refused" ? view.reason : assert.fail(`it was not refused: ${JSON.stringify(view)}`);
}

/** Offsets an editor can name: never between "\r" and "\n". */
function validPlaces(text: string): number[] {
  const all = Array.from({ length: text.length + 1 }, (_, at) => at);
  return all.filter((at) => !(text[at - 1] === "\r" && text[at] === "\n"));
}

function positionOf(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}
