// The grammar of a patch: what is read, what is forgiven, and the exact words of every refusal.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Chunk, type Patch, parsePatch } from "../../../server/files/patch-parser.ts";

test("a patch with every kind of section is read into one value", () => {
  const patch = parsed(`*** Begin Patch
*** Add File: src/new.ts
+export const a = 1;
+
+export const b = 2;
*** Delete File: src/old.ts
*** Update File: src/app.ts
*** Move to: src/main.ts
@@ class App {
@@   run() {
     const a = 1;
-    return a;
+    return a + 1;
   }
@@
-last
+LAST
*** End of File
*** End Patch`);
  assert.deepEqual(patch, [
    { kind: "add", path: "src/new.ts", lines: ["export const a = 1;", "", "export const b = 2;"] },
    { kind: "delete", path: "src/old.ts" },
    {
      kind: "update",
      path: "src/app.ts",
      movePath: "src/main.ts",
      chunks: [
        {
          contexts: ["class App {", "  run() {"],
          lines: lines("     const a = 1;", "-    return a;", "+    return a + 1;", "   }"),
          atEndOfFile: false,
        },
        { contexts: [], lines: lines("-last", "+LAST"), atEndOfFile: true },
      ],
    },
  ]);
});

test("a file that is deleted and added again is replaced", () => {
  const patch = parsed("*** Begin Patch\n*** Delete File: a\n*** Delete File: b\n*** Add File: ./a\n+1\n*** End Patch");
  assert.deepEqual(patch, [
    { kind: "add", path: "./a", lines: ["1"] },
    { kind: "delete", path: "b" },
  ]);
});

test("a file that is changed and moved to its own name stays there", () => {
  const patch = parsed("*** Begin Patch\n*** Update File: a\n*** Move to: ./a\n-1\n+2\n*** End Patch");
  assert.deepEqual(patch, [
    {
      kind: "update",
      path: "a",
      movePath: null,
      chunks: [{ contexts: [], lines: lines("-1", "+2"), atEndOfFile: false }],
    },
  ]);
});

test("the parsed patch is frozen all the way down", () => {
  const patch = parsed("*** Begin Patch\n*** Update File: a\n@@ x\n-b\n+c\n*** End Patch");
  const [file] = patch;
  assert.ok(file?.kind === "update");
  const values: unknown[] = [
    patch,
    file,
    file.chunks,
    file.chunks[0],
    file.chunks[0]?.lines,
    file.chunks[0]?.lines[0],
    file.chunks[0]?.contexts,
  ];
  assert.deepEqual(
    values.map(Object.isFrozen),
    values.map(() => true),
  );
});

const plain = "*** Begin Patch\n*** Update File: a.txt\n@@\n one\n\n-two\n+TWO\n*** End Patch";
const forgiven: Record<string, string> = {
  "white space around the patch": `\n\n  ${plain}\n\n  `,
  "a heredoc with quotes": `<<'EOF'\n${plain}\nEOF`,
  "a heredoc without quotes": `<<EOF\n${plain}\nEOF\n`,
  "a heredoc with the command": `apply_patch <<"PATCH"\n${plain}\nPATCH`,
  "a missing first @@": plain.replace("@@\n", ""),
  "the line numbers of a unified diff after @@": plain.replace("@@\n", "@@ -1,3 +1,3 @@ void main\n"),
  CRLF: plain.replaceAll("\n", "\r\n"),
  "a space on an empty kept line": plain.replace("\n\n", "\n \n"),
  "blank lines before the next section": plain.replace("*** End", "\n\n*** End"),
  "white space around the path": plain.replace("File: a.txt", "File:   a.txt  "),
};
for (const [name, text] of Object.entries(forgiven)) {
  test(`${name} does not change what a patch means`, () => {
    assert.deepEqual(parsed(text), parsed(plain));
  });
}

test("an empty file can be added", () => {
  assert.deepEqual(parsed("*** Begin Patch\n*** Add File: __init__.py\n*** End Patch"), [
    { kind: "add", path: "__init__.py", lines: [] },
  ]);
});

test("a bare blank line between added lines is an empty line, before the next section it is spacing", () => {
  assert.deepEqual(parsed("*** Begin Patch\n*** Add File: a\n+1\n\n+2\n\n*** Delete File: b\n*** End Patch"), [
    { kind: "add", path: "a", lines: ["1", "", "2"] },
    { kind: "delete", path: "b" },
  ]);
});

test("more sections that update a file are one, each from the top of what those before it made", () => {
  const [file, ...others] = parsed(
    "*** Begin Patch\n*** Update File: a\n@@\n-x\n+y\n*** Delete File: b\n*** Update File: ./a\n@@ z\n-y\n+w\n@@\n-v\n*** End Patch",
  );
  assert.deepEqual(others, [{ kind: "delete", path: "b" }]);
  assert.deepEqual(file?.kind === "update" && file.chunks, [
    { contexts: [], lines: lines("-x", "+y"), atEndOfFile: false },
    { contexts: ["z"], lines: lines("-y", "+w"), atEndOfFile: false, startsOver: true },
    { contexts: [], lines: lines("-v"), atEndOfFile: false },
  ]);
});

test("a file can be renamed without any chunk", () => {
  assert.deepEqual(parsed("*** Begin Patch\n*** Update File: a\n*** Move to: b\n\n*** Delete File: c\n*** End Patch"), [
    { kind: "update", path: "a", movePath: "b", chunks: [] },
    { kind: "delete", path: "c" },
  ]);
});

test("a header that is indented inside a chunk is a kept line", () => {
  const [file] = parsed("*** Begin Patch\n*** Update File: a\n *** Delete File: b\n-x\n*** End Patch");
  assert.deepEqual(file?.kind === "update" && file.chunks[0]?.lines, lines(" *** Delete File: b", "-x"));
});

const refusals: readonly [name: string, text: string, message: string][] = [
  ["nothing", " \n", 'invalid patch: it is empty, expected "*** Begin Patch"'],
  [
    "no first line",
    "*** Update File: a",
    'invalid patch at line 1: found "*** Update File: a", expected "*** Begin Patch"',
  ],
  [
    "no last line",
    "*** Begin Patch\n*** Delete File: a\n",
    'invalid patch at line 3: found the end of the patch, expected "*** End Patch" as the last line',
  ],
  [
    "text after the end",
    "*** Begin Patch\n*** Delete File: a\n*** End Patch\n\nDone!",
    'invalid patch at line 5: found "Done!", expected nothing after "*** End Patch"',
  ],
  [
    "two patches",
    "*** Begin Patch\n*** Delete File: a\n*** End Patch\n*** Begin Patch\n*** Delete File: b\n*** End Patch",
    'invalid patch at line 4: found "*** Begin Patch", expected nothing after "*** End Patch"',
  ],
  [
    "no section",
    "*** Begin Patch\n*** End Patch",
    'invalid patch at line 2: found "*** End Patch", expected at least one of "*** Add File: <path>", "*** Update File: <path>" or "*** Delete File: <path>"',
  ],
  [
    "an unknown section",
    "*** Begin Patch\n*** Rename File: a\n*** End Patch",
    'invalid patch at line 2: found "*** Rename File: a", expected "*** Add File: <path>", "*** Update File: <path>" or "*** Delete File: <path>", or "*** End Patch" as the last line',
  ],
  [
    "no path",
    "*** Begin Patch\n*** Delete File:\n*** End Patch",
    'invalid patch at line 2: found "*** Delete File:", expected a path after the colon',
  ],
  [
    "no path to move to",
    "*** Begin Patch\n*** Update File: a\n*** Move to: \n-a\n*** End Patch",
    'invalid patch at line 3: found "*** Move to: ", expected a path after the colon',
  ],
  [
    "an added line without a plus",
    "*** Begin Patch\n*** Add File: a\n+1\nconst b = 2;\n*** End Patch",
    'invalid patch at line 4: found "const b = 2;", expected a line of the new file starting with "+", "*** Add File: <path>", "*** Update File: <path>" or "*** Delete File: <path>"',
  ],
  [
    "a chunk line without a mark",
    "*** Begin Patch\n*** Update File: a\n@@\n-1\nconst b = 2;\n*** End Patch",
    'invalid patch at line 5: found "const b = 2;", expected a line starting with " " (kept), "-" (removed) or "+" (added)',
  ],
  [
    "a chunk without lines",
    "*** Begin Patch\n*** Update File: a\n@@ f\n*** Delete File: b\n*** End Patch",
    'invalid patch at line 4: found "*** Delete File: b", expected a line starting with " " (kept), "-" (removed) or "+" (added)',
  ],
  [
    "an update that changes nothing",
    "*** Begin Patch\n*** Update File: a\n@@\n kept\n*** End Patch",
    'invalid patch at line 2: found "*** Update File: a", expected at least one line starting with "-" or "+" in its chunks',
  ],
  [
    "a chunk after the end of the file without @@",
    "*** Begin Patch\n*** Update File: a\n-1\n*** End of File\n-2\n*** End Patch",
    'invalid patch at line 5: found "-2", expected "@@" to start the next chunk, "*** Add File: <path>", "*** Update File: <path>" or "*** Delete File: <path>"',
  ],
  [
    "a file named twice",
    "*** Begin Patch\n*** Update File: a\n-1\n*** Delete File: ./a\n*** End Patch",
    'invalid patch at line 4: found "*** Delete File: ./a", expected each file once, but "./a" is already named in line 2: put all changes to a file in one section',
  ],
  [
    "a move onto a file that is named",
    "*** Begin Patch\n*** Add File: x//b\n+1\n*** Update File: a\n*** Move to: x/b\n*** End Patch",
    'invalid patch at line 5: found "*** Move to: x/b", expected each file once, but "x/b" is already named in line 2: put all changes to a file in one section',
  ],
  [
    "a move onto itself without another change",
    "*** Begin Patch\n*** Update File: a\n*** Move to: ./a\n*** End Patch",
    'invalid patch at line 2: found "*** Update File: a", expected at least one line starting with "-" or "+" in its chunks',
  ],
  [
    "a file that is deleted twice and added between",
    "*** Begin Patch\n*** Delete File: a\n*** Add File: a\n+1\n*** Delete File: a\n*** End Patch",
    'invalid patch at line 5: found "*** Delete File: a", expected each file once, but "a" is already named in line 2: put all changes to a file in one section',
  ],
];
for (const [name, text, message] of refusals) {
  test(`${name} is refused with the line, what was found and what was expected`, () => {
    assert.deepEqual(parsePatch(text), { ok: false, message });
  });
}

test("a very long line is shown shortened in a refusal", () => {
  const result = parsePatch(`*** Begin Patch\n*** Update File: a\n${"x".repeat(10_000)}\n*** End Patch`);
  assert.ok(!result.ok && result.message.length < 400);
});

function parsed(text: string): Patch {
  const result = parsePatch(text);
  assert.ok(result.ok, result.ok ? "" : result.message);
  return result.patch;
}

function lines(...spelled: string[]): Chunk["lines"] {
  return spelled.map((line) => ({ op: line.charAt(0) as " " | "-" | "+", text: line.slice(1) }));
}
