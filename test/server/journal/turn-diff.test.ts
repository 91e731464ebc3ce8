// What a turn changed in total, whatever the steps were.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileChange, Image } from "../../../server/journal/change.ts";
import { MemoryJournal } from "../../../server/journal/memory.ts";
import { turnDiff } from "../../../server/journal/review/turn-diff.ts";

type Step = { path: string; after: string | null; movePath?: string };

test("several changes of a file are one change, from its first text to its last", async () => {
  const text = await diffOf({ a: "one\n" }, { path: "a", after: "two\n" }, { path: "a", after: "three\n" });
  assert.match(
    text,
    /^diff --git a\/a b\/a\nindex [0-9a-f]{40}\.\.[0-9a-f]{40}\n--- a\/a\n\+\+\+ b\/a\n@@ -1 \+1 @@\n-one\n\+three\n$/,
  );
});

test("what comes back to what it was is no change", async () => {
  assert.equal(await diffOf({ a: "one\n" }, { path: "a", after: "two\n" }, { path: "a", after: "one\n" }), "");
  assert.equal(await diffOf({}, { path: "a", after: "one\n" }, { path: "a", after: null }), "");
  const there = { path: "a", after: "1b\n", movePath: "b" };
  assert.equal(await diffOf({ a: "1\n" }, there, { path: "b", after: "1\n", movePath: "a" }), "");
  assert.equal(await diffOf({ a: "1\n" }, { path: "a", after: null }, { path: "a", after: "1\n" }), "");
});

test("a file that is new and changed is new; one that is moved twice is moved once; one moved and deleted is deleted", async () => {
  const added = await diffOf({}, { path: "a", after: "one\n" }, { path: "a", after: "two\n", movePath: "b" });
  assert.match(added, /^diff --git a\/b b\/b\nnew file mode 100644\n.*\+two\n$/s);
  const moving = { path: "a", after: "2\n", movePath: "b" };
  const moved = await diffOf({ a: "1\n" }, moving, { path: "b", after: "3\n", movePath: "c" });
  assert.match(moved, /^diff --git a\/a b\/c\n.*rename from a\nrename to c\n.*-1\n\+3\n$/s);
  const gone = await diffOf({ a: "1\n" }, moving, { path: "b", after: null });
  assert.match(gone, /^diff --git a\/a b\/a\ndeleted file mode 100644\n.*-1\n$/s);
});

test("a file that takes the place of one that was moved away does not hide the move", async () => {
  const moving = { path: "a", after: "2\n", movePath: "b" };
  const text = await diffOf({ a: "1\n" }, moving, { path: "a", after: "new\n" });
  assert.match(text, /rename to b/);
  assert.match(text, /\+new\n/);
});

test("a file that is moved to where one was deleted changes that one and is gone from its own place", async () => {
  const moving = { path: "b", after: "3\n", movePath: "a" };
  const text = await diffOf({ a: "1\n", b: "2\n" }, { path: "a", after: null }, moving);
  assert.match(text, /diff --git a\/a b\/a\nindex [^\n]*\n--- a\/a\n\+\+\+ b\/a\n@@ -1 \+1 @@\n-1\n\+3\n/);
  assert.match(text, /diff --git a\/b b\/b\ndeleted file mode 100644\n/);
});

test("what is no text, or was not kept, is only named", async () => {
  const journal = new MemoryJournal("/w");
  const image = (bytes: number[]) => journal.keep(Uint8Array.from(bytes), { mode: null, encoding: "binary" });
  const large: Image = { kind: "notCaptured", reason: "it is large", hash: "f".repeat(64) };
  const files: FileChange[] = [
    { path: "/w/new.bin", before: { kind: "missing" }, after: await image([0, 1]), movedFrom: null },
    { path: "/w/large", before: large, after: await image([0, 2]), movedFrom: null },
  ];
  assert.equal(
    await turnDiff([{ files }], (each) => journal.bytesOf(each), "/w"),
    "diff --git a/new.bin b/new.bin\nnew file mode 100644\nBinary files /dev/null and b/new.bin differ\n" +
      "diff --git a/large b/large\nBinary files a/large and b/large differ\n",
  );
});

/** The changes that these steps leave in a journal. */
async function diffOf(start: Record<string, string>, ...steps: Step[]): Promise<string> {
  const journal = new MemoryJournal("/w");
  const disk = new Map(Object.entries(start));
  const image = async (text: string | null): Promise<Image> => {
    return text === null ? { kind: "missing" } : journal.keep(Buffer.from(text), { mode: 0o644, encoding: "utf8" });
  };
  const changes: { files: FileChange[] }[] = [];
  for (const { path, after, movePath } of steps) {
    const before = disk.get(path) ?? null;
    disk.delete(path);
    if (after !== null) disk.set(movePath ?? path, after);
    const [was, is] = [await image(before), await image(after)];
    const place = `/w/${path}`;
    const moved: FileChange = { path: `/w/${movePath}`, before: { kind: "missing" }, after: is, movedFrom: place };
    changes.push({
      files:
        movePath === undefined
          ? [{ path: place, before: was, after: is, movedFrom: null }]
          : [{ path: place, before: was, after: { kind: "missing" }, movedFrom: null }, moved],
    });
  }
  return turnDiff(changes, (each) => journal.bytesOf(each), "/w");
}
