// What a turn changed in total, whatever the steps were.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePatch } from "../../../server/files/patch-parser.ts";
import { planPatch } from "../../../server/files/patch-plan.ts";
import { TurnDiff } from "../../../server/files/turn-diff.ts";

const update = (name: string, from: string, to: string, movePath?: string) => [
  `*** Update File: ${name}`,
  ...(movePath === undefined ? [] : [`*** Move to: ${movePath}`]),
  ...["@@", `-${from}`, `+${to}`],
];

test("several changes of a file are one change, from its first text to its last", async () => {
  const text = await diffOf({ "a.txt": "one\n" }, update("a.txt", "one", "two"), update("a.txt", "two", "three"));
  assert.match(
    text,
    /^diff --git a\/a\.txt b\/a\.txt\nindex [0-9a-f]{40}\.\.[0-9a-f]{40}\n--- a\/a\.txt\n\+\+\+ b\/a\.txt\n@@ -1 \+1 @@\n-one\n\+three\n$/,
  );
});

test("what comes back to what it was is no change", async () => {
  assert.equal(await diffOf({ "a.txt": "one\n" }, update("a.txt", "one", "two"), update("a.txt", "two", "one")), "");
  assert.equal(await diffOf({}, ["*** Add File: a.txt", "+one"], ["*** Delete File: a.txt"]), "");
  assert.equal(
    await diffOf({ "a.txt": "1\n" }, update("a.txt", "1", "1b", "b.txt"), update("b.txt", "1b", "1", "a.txt")),
    "",
  );
  assert.equal(await diffOf({ "a.txt": "1\n" }, ["*** Delete File: a.txt"], ["*** Add File: a.txt", "+1"]), "");
});

test("a file that is new and changed is new; one that is moved twice is moved once; one moved and deleted is deleted", async () => {
  const added = await diffOf({}, ["*** Add File: a.txt", "+one"], update("a.txt", "one", "two", "b.txt"));
  assert.match(added, /^diff --git a\/b\.txt b\/b\.txt\nnew file mode 100644\n.*\+two\n$/s);
  const moved = await diffOf(
    { "a.txt": "1\n" },
    update("a.txt", "1", "2", "b.txt"),
    update("b.txt", "2", "3", "c.txt"),
  );
  assert.match(moved, /^diff --git a\/a\.txt b\/c\.txt\n.*rename from a\.txt\nrename to c\.txt\n.*-1\n\+3\n$/s);
  const gone = await diffOf({ "a.txt": "1\n" }, update("a.txt", "1", "2", "b.txt"), ["*** Delete File: b.txt"]);
  assert.match(gone, /^diff --git a\/a\.txt b\/a\.txt\ndeleted file mode 100644\n.*-1\n$/s);
});

test("a file that takes the place of one that was moved away does not hide the move", async () => {
  const text = await diffOf({ "a.txt": "1\n" }, update("a.txt", "1", "2", "b.txt"), ["*** Add File: a.txt", "+new"]);
  assert.match(text, /b\.txt/);
  assert.match(text, /\+new\n/);
});

test("a file that is moved to where one was deleted changes that one and is gone from its own place", async () => {
  const text = await diffOf(
    { "a.txt": "1\n", "b.txt": "2\n" },
    ["*** Delete File: a.txt"],
    update("b.txt", "2", "3", "a.txt"),
  );
  assert.match(
    text,
    /diff --git a\/a\.txt b\/a\.txt\nindex [^\n]*\n--- a\/a\.txt\n\+\+\+ b\/a\.txt\n@@ -1 \+1 @@\n-1\n\+3\n/,
  );
  assert.match(text, /diff --git a\/b\.txt b\/b\.txt\ndeleted file mode 100644\n/);
});

async function diffOf(files: Record<string, string>, ...patches: string[][]): Promise<string> {
  const disk = new Map(Object.entries(files).map(([name, text]) => [`/w/${name}`, text]));
  const diff = new TurnDiff();
  for (const lines of patches) {
    const parsed = parsePatch(["*** Begin Patch", ...lines, "*** End Patch"].join("\n"));
    assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
    const planned = await planPatch(parsed.patch, {
      cwd: "/w",
      async read(path) {
        const text = disk.get(path);
        return text === undefined
          ? { kind: "missing" }
          : { kind: "text", text, encoding: "utf8", version: null, dirty: false };
      },
    });
    assert.ok(planned.ok, planned.ok ? "" : planned.message);
    for (const { path, change, after } of planned.plan) {
      disk.delete(path);
      if (after !== null) disk.set(change.kind === "update" ? (change.movePath ?? path) : path, after);
    }
    diff.add(planned.plan);
  }
  return diff.text("/w");
}
