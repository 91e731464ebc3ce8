// Where the chunks of a patch land in a file, what is edited there, and what is said when they do not fit.
import assert from "node:assert/strict";
import { test } from "node:test";
import { matchChunks } from "../../../server/files/patch-match.ts";
import { type Chunk, parsePatch } from "../../../server/files/patch-parser.ts";
import { applyEdits, type LineEdit, TextLines } from "../../../server/files/text-lines.ts";

const classes = "class A {\n  run() {\n    return 1;\n  }\n}\nclass B {\n  run() {\n    return 1;\n  }\n}\n";

const landings: readonly [name: string, before: string, chunks: string, after: string][] = [
  ["the first exact match at or after the cursor is taken", "a\nx\na\nx\n", "@@\n a\n-x\n+y", "a\ny\na\nx\n"],
  ["the next chunk is searched below the one before", "a\nx\na\nx\n", "@@\n-x\n+1\n@@\n-x\n+2", "a\n1\na\n2\n"],
  [
    "a chunk may begin with the lines that the one before ended with",
    "a\nb\nc\n",
    "@@\n-a\n+A\n b\n@@\n b\n-c\n+C",
    "A\nb\nC\n",
  ],
  [
    "an @@ line says which of two equal places is meant",
    classes,
    "@@ class B {\n-    return 1;\n+    return 2;",
    classes.replace(/1(?=;\n {2}\}\n\}\n$)/, "2"),
  ],
  ["an @@ line may repeat as the first line of its chunk", "a\nb\n", "@@ a\n a\n-b\n+c", "a\nc\n"],
  [
    "an @@ line may name a scope that an earlier chunk is in already",
    "class A\na\nb\n",
    "@@ class A\n-a\n+A\n@@ class A\n-b\n+B",
    "class A\nA\nB\n",
  ],
  [
    "stacked @@ lines are found one below the other",
    classes,
    "@@ class B {\n@@ run() {\n-    return 1;\n+    return 2;",
    classes.replace(/1(?=;\n {2}\}\n\}\n$)/, "2"),
  ],
  [
    "an @@ line may leave out the end of its line where one line starts so",
    "def run(self, x):\n  pass\n",
    "@@ def run(\n-  pass\n+  return x",
    "def run(self, x):\n  return x\n",
  ],
  ["*** End of File takes the last place", "x\na\nx\n", "@@\n-x\n+y\n*** End of File", "x\na\ny\n"],
  ["added lines alone go to the end of the file", "a\nb\n", "@@\n+c", "a\nb\nc\n"],
  ["added lines alone below an @@ line go right below it", "a\nb\n", "@@ a\n+c", "a\nc\nb\n"],
  ["added lines alone leave the cursor where it was", "a\nb\n", "@@\n+c\n@@\n-a\n+A", "A\nb\nc\n"],
  ["lines can be added to an empty file", "", "@@\n+a\n+b", "a\nb\n"],
  [
    "trailing white space is ignored where that leaves one place, and kept lines keep theirs",
    "a  \nb\t\n",
    "@@\n a\n-b\n+c",
    "a  \nc\n",
  ],
  ["a line that the patch removes and adds again keeps its white space", "a  \nb\n", "@@\n-a\n-b\n+a\n+c", "a  \nc\n"],
  [
    "indentation is ignored where that leaves one place, and added lines take that of the file",
    "\tif (a) {\n\t\tb();\n\t}\n",
    "@@\n if (a) {\n-    b();\n+    c();\n+    d();\n }",
    "\tif (a) {\n\t\tc();\n\t\td();\n\t}\n",
  ],
  [
    "lines that were all indented less than in the file are indented as much more",
    "    def f():\n        pass\n",
    "@@\n def f():\n-    pass\n+    if x:\n+        return 1",
    "    def f():\n        if x:\n            return 1\n",
  ],
  [
    "typographic quotes, dashes and spaces are ignored where that leaves one place",
    "say “hi” – it’s\u00a0me\nx\n",
    '@@\n say "hi" - it\'s me\n-x\n+y',
    "say “hi” – it’s\u00a0me\ny\n",
  ],
  ["CRLF stays CRLF", "a\r\nb\r\nc\r\n", "@@\n a\n-b\n+1\n+2\n c", "a\r\n1\r\n2\r\nc\r\n"],
  [
    "in a mixed file untouched lines keep their ending and new lines take that of the line they replace or follow",
    "a\r\nb\nc\r\nd\n",
    "@@\n a\n-b\n-c\n+1\n+2\n+3\n d",
    "a\r\n1\n2\r\n3\r\nd\n",
  ],
  ["a new first line takes the ending of the line below", "a\r\n", "@@\n+0\n a", "0\r\na\r\n"],
  ["a byte order mark is no part of the first line", "\uFEFFa\nb\n", "@@\n-a\n+A\n b", "\uFEFFA\nb\n"],
  ["no newline at the end of the file stays so when the last line is untouched", "a\nb", "@@\n-a\n+A\n b", "A\nb"],
  ["a changed last line ends with a newline", "a\r\nb", "@@\n-b\n+B", "a\r\nB\r\n"],
  ["lines added below a last line without a newline end it first", "a\r\nb", "@@\n b\n+c", "a\r\nb\r\nc\r\n"],
  ["deleting the last line leaves the line above as it is", "a\nb", "@@\n a\n-b", "a\n"],
  ["all lines can be deleted", "a\nb\n", "@@\n-a\n-b", ""],
];
for (const [name, before, chunks, after] of landings) {
  test(name, () => {
    assert.equal(applyEdits(new TextLines(before), editsOf(before, chunks)), after);
  });
}

const changed =
  "// totals\nfunction total(items) {\n  const rate = taxRate(2025);\n  let sum = 0;\n  return sum * rate;\n}\n";
const stale =
  "@@\n function total(items) {\n   const rate = taxRate(2024);\n   let sum = 0;\n-  return sum * rate;\n+  return sum;\n }";

test("a kept line that has changed a little since is left as it is, where only one place comes near", () => {
  const after = changed.replace("sum * rate", "sum");
  assert.equal(applyEdits(new TextLines(changed), editsOf(changed, stale)), after);
  const many = `${"x();\n".repeat(5000)}${changed}${"y();\n".repeat(5000)}`;
  assert.equal(applyEdits(new TextLines(many), editsOf(many, stale)), many.replace(changed, after));
});

test("two places that come near, a removed line that differs, and too little that is the same are refused", () => {
  const refused: readonly [before: string, chunks: string][] = [
    [changed + changed.replace("2025", "2026"), stale],
    [changed.replace("sum * rate", "sum * rates"), stale],
    ["a = 1\nb = 2\n", "@@\n a = 2\n-b = 2\n+b = 3"],
    [changed, stale.replace("const rate = taxRate(2024)", "let us = completely.different")],
    [changed, `${stale.slice(0, -2)}\n*** End of File`.replace("+  return sum;\n", "+  return sum;")],
  ];
  for (const [before, chunks] of refused) {
    assert.equal(matchChunks("/ws/a.ts", new TextLines(before), chunksOf(chunks)).ok, false, before);
  }
});

test("what a chunk removes and adds again in its middle is no part of the edits", () => {
  const before = "a\nb\nc\nd\ne\n";
  assert.deepEqual(editsOf(before, "@@\n-a\n-b\n-c\n-d\n-e\n+A\n+b\n+c\n+D\n+x\n+e"), [
    { startLine: 0, deleteLines: 1, insertLines: ["A\n"] },
    { startLine: 3, deleteLines: 1, insertLines: ["D\n", "x\n"] },
  ]);
});

test("edits hold only the lines that differ", () => {
  const before = "a\nb\nc\nd\ne\nf\n";
  assert.deepEqual(editsOf(before, "@@\n-a\n-b\n-c\n+a\n+B\n+c\n d\n e\n+x\n f"), [
    { startLine: 1, deleteLines: 1, insertLines: ["B\n"] },
    { startLine: 5, deleteLines: 0, insertLines: ["x\n"] },
  ]);
});

test("edits that touch become one", () => {
  assert.deepEqual(editsOf("a\nb\n", "@@\n-a\n+A\n@@\n-b\n+B"), [
    { startLine: 0, deleteLines: 2, insertLines: ["A\n", "B\n"] },
  ]);
});

test("a patch that changes nothing in the file gives no edit", () => {
  assert.deepEqual(editsOf("a\nb\n", "@@\n-a\n+a\n b"), []);
});

const long = Array.from({ length: 30 }, (_, index) => `const value${index} = compute(${index});`);
const misses: readonly [name: string, before: string, chunks: string, message: string][] = [
  [
    "a miss in a short file shows the whole file",
    "hello\nworld\n",
    "@@\n-nonexistent line\n+x",
    "Failed to find expected lines in /ws/a.ts:\nnonexistent line\n\nChunk 1 of this file. Read the file and copy its lines exactly. The nearest lines are:\n1: hello\n2: world",
  ],
  [
    "a miss in a long file shows the lines that have most words in common",
    long.join("\n"),
    "@@\n-const value3 = compute(3);\n+x\n@@\n const value19 = compute(19);\n-const value20 = calculate(20);\n+y",
    'Failed to find expected lines in /ws/a.ts:\nconst value19 = compute(19);\nconst value20 = calculate(20);\n\nChunk 2 of this file. Read the file and copy its lines exactly. The nearest lines are:\n20: const value19 = compute(19);\n21: const value20 = compute(20);\nThe first that differs is line 21: the file has "const value20 = compute(20);", the patch has "const value20 = calculate(20);".',
  ],
  [
    "a miss without any likeness says so",
    long.join("\n"),
    "@@\n-SELECT * FROM users\n+x",
    "Failed to find expected lines in /ws/a.ts:\nSELECT * FROM users\n\nChunk 1 of this file. Read the file and copy its lines exactly. Nothing like them is in the file, which has 30 lines.",
  ],
  [
    "a miss in an empty file says so",
    "",
    "@@\n-a\n+b",
    "Failed to find expected lines in /ws/a.ts:\na\n\nChunk 1 of this file. Read the file and copy its lines exactly. The file is empty.",
  ],
  [
    "an inexact match in two places is refused with both",
    "\tx();\n\ty();\n  x();\n",
    "@@\n-x();\n+z();",
    "Failed to find expected lines in /ws/a.ts:\nx();\n\nChunk 1 of this file. Only without regard to white space and punctuation are they found, at lines 1, 3. Copy one place exactly.",
  ],
  [
    "a chunk above the one before is refused with its place",
    "a\nb\nc\n",
    "@@\n-c\n+C\n@@\n-a\n+A",
    'Failed to find expected lines in /ws/a.ts:\na\n\nChunk 2 of this file. They are at line 1, above where this chunk may start: order the chunks as the file does, each below its "@@" lines.',
  ],
  [
    "*** End of File in the wrong place is refused with the right one",
    "a\nb\nc\n",
    "@@\n-b\n+B\n*** End of File",
    'Failed to find expected lines in /ws/a.ts:\nb\n\nChunk 1 of this file. They are at line 2, not at the end of the file: leave out "*** End of File".',
  ],
  [
    "an @@ line that is not there is refused with the nearest line",
    long.join("\n"),
    "@@ const value7 = make(7);\n-a\n+b",
    'Failed to find context \'const value7 = make(7);\' in /ws/a.ts.\n\nChunk 1 of this file. The "@@" line must be one whole line of the file, above the lines of its chunk. The nearest lines are:\n8: const value7 = compute(7);\nThe first that differs is line 8: the file has "const value7 = compute(7);", the patch has "const value7 = make(7);".',
  ],
  [
    "an @@ line that fits two lines only inexactly is refused",
    classes,
    "@@ run() {\n-    return 1;\n+    return 2;",
    "Failed to find context 'run() {' in /ws/a.ts.\n\nChunk 1 of this file. The \"@@\" line must be one whole line of the file, above the lines of its chunk. Lines 2, 7 are like it, and none is clearly meant: copy one exactly, and order the chunks as the file does.",
  ],
  [
    "a difference of white space inside a line is spelled out",
    long.join("\n").replace("value5 =", "value5\t="),
    "@@\n const value4 = compute(4);\n-const value5 = compute(5);\n+x",
    'Failed to find expected lines in /ws/a.ts:\nconst value4 = compute(4);\nconst value5 = compute(5);\n\nChunk 1 of this file. Read the file and copy its lines exactly. The nearest lines are:\n5: const value4 = compute(4);\n6: const value5\t= compute(5);\nThe first that differs is line 6: the file has "const value5\\t= compute(5);", the patch has "const value5 = compute(5);".',
  ],
];
for (const [name, before, chunks, message] of misses) {
  test(name, () => {
    assert.deepEqual(matchChunks("/ws/a.ts", new TextLines(before), chunksOf(chunks)), { ok: false, message });
  });
}

test("a failure stays short for a long chunk and long lines", () => {
  const wanted = Array.from({ length: 5000 }, (_, index) => `-line ${index}`).join("\n");
  const before = Array.from({ length: 5000 }, (_, index) => `line ${index + 1} ${"x".repeat(1000)}\n`).join("");
  const result = matchChunks("/ws/a.ts", new TextLines(before), chunksOf(`@@\n${wanted}`));
  assert.ok(!result.ok && result.message.length < 5000 && result.message.includes("… and 4900 more"));
});

test("lines are split at LF and CRLF alone, and know their endings", () => {
  const lines = new TextLines("\uFEFFa\r\nb\rc\n\r\nd\u2028e");
  const all = Array.from({ length: lines.count }, (_, line) => [lines.text(line), lines.ending(line)]);
  assert.equal(lines.bom, "\uFEFF");
  assert.deepEqual(all, [
    ["a", "\r\n"],
    ["b\rc", "\n"],
    ["", "\r\n"],
    ["d\u2028e", ""],
  ]);
});

function editsOf(before: string, chunks: string): readonly LineEdit[] {
  const result = matchChunks("/ws/a.ts", new TextLines(before), chunksOf(chunks));
  assert.ok(result.ok, result.ok ? "" : result.message);
  return result.edits;
}

function chunksOf(text: string): readonly Chunk[] {
  const result = parsePatch(`*** Begin Patch\n*** Update File: a.ts\n${text}\n*** End Patch`);
  assert.ok(result.ok, result.ok ? "" : result.message);
  const [file] = result.patch;
  assert.ok(file?.kind === "update");
  return file.chunks;
}
