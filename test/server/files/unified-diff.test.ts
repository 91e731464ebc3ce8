// Diffs as the wire and people see them: golden texts, and hunks that really lead from one text to the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPatch } from "diff";
import { type FileDelta, gitStyleDiff, unifiedHunks } from "../../../server/files/unified-diff.ts";
import fc from "../../support/properties.ts";

const hunks: readonly [name: string, before: string, after: string, text: string][] = [
  ["a changed line", "hello\nworld\n", "hello\ncodex\n", "@@ -1,2 +1,2 @@\n hello\n-world\n+codex\n"],
  ["a new text", "", "new\n", "@@ -0,0 +1 @@\n+new\n"],
  ["an emptied text", "a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n"],
  ["equal texts", "a\n", "a\n", ""],
  ["an added newline at the end", "a", "a\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"],
  ["CRLF", "a\r\nb\r\n", "a\r\nc\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n"],
  [
    "distant changes",
    "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
    "0\n2\n3\n4\n5\n6\n7\n8\n0\n",
    "@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+0\n",
  ],
];
for (const [name, before, after, text] of hunks) {
  test(`the hunks of ${name} read as git prints them`, () => {
    assert.equal(unifiedHunks(before, after, { context: 3 }).text, text);
  });
}

test("added and removed lines are counted", () => {
  const { added, removed } = unifiedHunks("a\nb\nc\n", "a\n++\n--\nc\n", { context: 3 });
  assert.deepEqual({ added, removed }, { added: 2, removed: 1 });
});

test("two texts of 5,000 lines with nothing in common give one whole hunk", () => {
  const [before, after] = ["a", "b"].map((letter) =>
    Array.from({ length: 5000 }, (_, index) => `${letter}${index}\n`).join(""),
  );
  const diff = unifiedHunks(before ?? "", after ?? "", { context: 3 });
  assert.ok(diff.text.startsWith("@@ -1,5000 +1,5000 @@\n-a0\n"));
  assert.deepEqual([diff.added, diff.removed], [5000, 5000]);
});

test("where the search is given up, the hunk still leaves out what is common at both ends", () => {
  const long = (letter: string) => Array.from({ length: 2000 }, (_, index) => `${letter}${index}\n`).join("");
  const before = `1\n2\n3\n4\n5\n${long("a")}end\n`;
  const after = `1\n2\n3\n4\n5\n${long("b")}end\n`;
  const diff = unifiedHunks(before, after, { context: 3 });
  assert.ok(diff.text.startsWith("@@ -3,2004 +3,2004 @@\n 3\n 4\n 5\n-a0\n"));
  assert.equal(applyPatch(before, `--- a\n+++ a\n${diff.text}`), after);
});

test("lines that a hash cannot tell apart are told apart", () => {
  // "Aa" and "BB" have the same sum in the usual hash of texts.
  const diff = unifiedHunks("1\nAa\n2\nx\n", "0\nBB\n2\ny\n", { context: 0 });
  assert.equal(diff.text, "@@ -1,2 +1,2 @@\n-1\n-Aa\n+0\n+BB\n@@ -4 +4 @@\n-x\n+y\n");
});

test("the hunks of any two texts lead from one to the other", () => {
  const text = fc
    .tuple(
      fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "", "\t日本", "- x", "+ y"), fc.constantFrom("\n", "\r\n"))),
      fc.boolean(),
    )
    .map(([lines, isEnded]) => lines.map((line) => line.join("")).join("") + (isEnded ? "" : "last"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedHunks(before, after, { context: 3 });
      const applied = applyPatch(before, `--- a\n+++ a\n${diff.text}`, { autoConvertLineEndings: false });
      assert.equal(applied, after);
    }),
  );
});

test("a set of changes reads as git diff prints it", () => {
  const changes: FileDelta[] = [
    delta("/ws/hello.txt", "hello\nworld\n", "hello\ncodex\n"),
    delta("/ws/sub/new.txt", null, "new\n"),
    delta("/ws/gone.txt", "new\n", null),
    delta("/ws/empty.txt", null, ""),
    { ...delta("/ws/a.txt", "1\n2\n", "1\n2\n"), movePath: "/ws/b c.txt" },
    { ...delta("/ws/d.txt", "1\n2\n3\n", "1\n2\n4\n"), movePath: "/ws/e f.txt" },
    delta('/ws/q"q.txt', "1\n", "1"),
    delta("/ws/same.txt", "1\n", "1\n"),
    delta("/x", null, "out\n"),
  ];
  assert.equal(
    gitStyleDiff(changes, "/ws"),
    `diff --git a/hello.txt b/hello.txt
index 94954abda49de8615a048f8d2e64b5de848e27a1..fa197967beb48e3c969fe9ce7be74d7e90474707
--- a/hello.txt
+++ b/hello.txt
@@ -1,2 +1,2 @@
 hello
-world
+codex
diff --git a/sub/new.txt b/sub/new.txt
new file mode 100644
index 0000000000000000000000000000000000000000..3e757656cf36eca53338e520d134963a44f793f8
--- /dev/null
+++ b/sub/new.txt
@@ -0,0 +1 @@
+new
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
index 3e757656cf36eca53338e520d134963a44f793f8..0000000000000000000000000000000000000000
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-new
diff --git a/empty.txt b/empty.txt
new file mode 100644
index 0000000000000000000000000000000000000000..e69de29bb2d1d6434b8b29ae775ad8c2e48c5391
diff --git a/a.txt b/b c.txt
similarity index 100%
rename from a.txt
rename to b c.txt
diff --git a/d.txt b/e f.txt
similarity index 66%
rename from d.txt
rename to e f.txt
index 01e79c32a8c99c557f0757da7cb6d65b3414466d..e8a01cd985125a824409ef6b2f264c76b54ffe6a
--- a/d.txt
+++ b/e f.txt\t
@@ -1,3 +1,3 @@
 1
 2
-3
+4
diff --git "a/q\\"q.txt" "b/q\\"q.txt"
index d00491fd7e5bb6fa28c517a0bb32b8b506539d4d..56a6051ca2b02b04ef92d5150c9ef600403cb1de
--- "a/q\\"q.txt"
+++ "b/q\\"q.txt"
@@ -1 +1 @@
-1
+1
\\ No newline at end of file
diff --git a//x b//x
new file mode 100644
index 0000000000000000000000000000000000000000..1fcb1529f8e5e43037c4710ce09da0becd28823a
--- /dev/null
+++ b//x
@@ -0,0 +1 @@
+out
`,
  );
});

function delta(path: string, before: string | null, after: string | null): FileDelta {
  return { path, movePath: null, before, after };
}
