// Which way a change goes, and that two ways are still one step.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DocumentView } from "../../../server/files/document-view.ts";
import { type FilePlan, planTexts } from "../../../server/files/patch-plan.ts";
import { type EditPort, FileWriter } from "../../../server/files/writer.ts";
import type { ApplyEditResult } from "../../../server/protocol/apply-edit.ts";

test("an editor gets what it gives back exactly: what has mixed line ends, lone returns or other encodings is written on disk", async (t) => {
  const box = sandbox(t, {
    "plain.txt": "one\n",
    "mixed.txt": "one\r\ntwo\n",
    "return.txt": "one\rtwo\n",
    "latin.txt": Buffer.from("caf\xe9\n", "latin1"),
  });
  assert.equal((await box.change(["plain.txt", "mixed.txt", "return.txt", "latin.txt"])).ok, true);
  assert.deepEqual(box.edited, [["plain.txt"]]);
  assert.equal(box.text("mixed.txt"), "more\none\r\ntwo\n");
  assert.equal(box.text("return.txt"), "more\none\rtwo\n");
  assert.deepEqual(box.bytes("latin.txt"), Buffer.from("more\ncaf\xe9\n", "latin1"));
});

test("what the editor refuses takes back what was written on disk", async (t) => {
  const box = sandbox(t, { "plain.txt": "one\n", "mixed.txt": "one\r\ntwo\n" });
  box.answer = { applied: false, failureReason: "no", isStale: true };
  const result = await box.change(["mixed.txt", "plain.txt"]);
  assert.deepEqual(result, { ok: false, message: "no", isStale: true, isUnknown: false });
  assert.deepEqual([box.text("mixed.txt"), box.text("plain.txt")], ["one\r\ntwo\n", "one\n"]);
});

test("of many files only those that are open go through the editor", async (t) => {
  const names = Array.from({ length: 60 }, (_, at) => `f${at}.txt`);
  const box = sandbox(t, Object.fromEntries(names.map((name) => [name, "one\n"])));
  box.open("f7.txt", "one\n");
  const result = await box.change(names);
  assert.deepEqual(box.edited, [["f7.txt"]]);
  assert.ok(result.ok);
  assert.deepEqual(
    result.files.map(({ plan }) => basename(plan.path)),
    names,
  );
});

test("a file whose name becomes a folder's goes before what comes into it, all on one way", async (t) => {
  const box = sandbox(t, { x: "one\n" });
  const [added, deleted] = box.turns("x/y", "x");
  assert.equal((await box.write([added, deleted])).ok, true);
  assert.deepEqual(box.changes, ["delete x", "create y", "edit y"]);
  // What is not for the editor takes the other along.
  const inBytes = { ...added, encoding: "bytes" as const };
  assert.equal((await box.write([inBytes, deleted])).ok, true);
  assert.equal(box.changes.length, 3);
  assert.equal(box.text("x/y"), "one\n");
});

test("a folder whose name becomes a file's goes on the disk, since no editor deletes it", async (t) => {
  const box = sandbox(t, { "x/y": "one\n" });
  assert.equal((await box.write(box.turns("x", "x/y"))).ok, true);
  assert.deepEqual([box.changes, box.text("x")], [[], "one\n"]);
});

test("what is unsaved is edited where it is, keeps its byte order mark, and is not deleted from under the person", async (t) => {
  const box = sandbox(t, { "a.txt": "\uFEFFone\n" });
  box.open("a.txt", "one\ntyped\n");
  const result = await box.change(["a.txt"]);
  assert.ok(result.ok);
  const [file] = result.files;
  assert.equal(Buffer.from(file?.bytes ?? []).toString(), "\uFEFFmore\none\ntyped\n");
  assert.equal(file?.isSaved, false);
  assert.equal(box.text("a.txt"), "\uFEFFone\n");
  const deleted = await box.change(["a.txt"], { isDeleted: true });
  assert.match(
    deleted.ok ? "" : deleted.message,
    /a\.txt has unsaved changes .*ask the user to save it or to revert it/,
  );
});

test("without its editor, what was unsaved in it is not written over", async (t) => {
  const box = sandbox(t, { "a.txt": "one\n" });
  box.open("a.txt", "typed\n");
  const plan = await box.plan(["a.txt"]);
  box.hasEditor = false;
  const result = await box.write(plan);
  assert.match(result.ok ? "" : result.message, /a\.txt has unsaved changes in the editor/);
  assert.equal(box.text("a.txt"), "one\n");
});

test("an editor that goes away leaves it unknown what it did", async (t) => {
  const box = sandbox(t, { "a.txt": "one\n" });
  box.answer = null;
  const result = await box.change(["a.txt"]);
  assert.deepEqual(result.ok ? null : [result.isUnknown, result.isStale], [true, false]);
});

/** Files, and an editor that has written down what it was asked for and answers what it is told to. */
function sandbox(t: TestContext, files: Record<string, string | Uint8Array>) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "belay-writer-")));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const documents = new DocumentView();
  const writer = new FileWriter(documents, () => (box.hasEditor ? editor : null));
  const box = {
    hasEditor: true,
    /** Null: it is gone before it answers. */
    answer: { applied: true } as ApplyEditResult | null,
    edited: [] as string[][],
    /** What was asked for, step by step. */
    changes: [] as string[],
    text: (name: string) => readFileSync(join(root, name), "utf8"),
    bytes: (name: string) => readFileSync(join(root, name)),
    open(name: string, text: string) {
      documents.open({ uri: pathToFileURL(join(root, name)).href, version: 1, text });
    },
    async plan(names: readonly string[], { isDeleted = false } = {}): Promise<FilePlan[]> {
      const changes = names.map(async (name) => {
        const view = await documents.read(join(root, name));
        assert.ok(view.kind === "text");
        const { text: before, encoding, version, dirty } = view;
        const mark = before.startsWith("\uFEFF") ? "\uFEFF" : "";
        const after = isDeleted ? null : `${mark}more\n${before.slice(mark.length)}`;
        return { path: join(root, name), before, after, encoding, version, dirty };
      });
      return planTexts(await Promise.all(changes));
    },
    /** One file comes, with the text of one that goes. */
    turns(comes: string, goes: string): [FilePlan, FilePlan] {
      const disk = { encoding: "utf8", version: null, dirty: false } as const;
      const [added, deleted] = planTexts([
        { ...disk, path: join(root, comes), before: null, after: box.text(goes) },
        { ...disk, path: join(root, goes), before: box.text(goes), after: null },
      ]);
      assert.ok(added && deleted);
      return [added, deleted];
    },
    write(plan: readonly FilePlan[]) {
      const realPaths = new Map(plan.map(({ path }) => [path, path]));
      return writer.write(plan, { realPaths, signal: new AbortController().signal });
    },
    change: async (names: readonly string[], options = {}) => box.write(await box.plan(names, options)),
  };
  const editor: EditPort = {
    async applyEdit({ expected, edit }) {
      if (box.answer === null) throw new Error("the editor is gone");
      box.edited.push(Object.keys(expected).map((uri) => basename(fileURLToPath(uri))));
      for (const change of edit.documentChanges) {
        const [kind, uri] = "edits" in change ? ["edit", change.textDocument.uri] : [change.kind, uriIn(change)];
        box.changes.push(`${kind} ${basename(uri)}`);
      }
      return box.answer;
    },
  };
  return box;
}

function uriIn(change: { kind: "rename"; newUri: string } | { kind: "create" | "delete"; uri: string }): string {
  return change.kind === "rename" ? change.newUri : change.uri;
}
