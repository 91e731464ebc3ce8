// From the text of a patch to the plan that is shown, approved and written.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { test } from "node:test";
import { parsePatch } from "../../../server/files/patch-parser.ts";
import {
  type FilePlan,
  type FileView,
  type PlanResult,
  planHash,
  planPatch,
} from "../../../server/files/patch-plan.ts";
import { applyEdits, type LineEdit, TextLines } from "../../../server/files/text-lines.ts";
import fc from "../../support/properties.ts";

const files = { "/ws/hello.txt": "hello\nworld\n", "/ws/gone.txt": "bye\n", "/ws/old.txt": "1\n2\n3\n" };

test("a plan says all that is shown, judged and written", async () => {
  const plan = await planned(
    "*** Update File: hello.txt\n@@\n hello\n-world\n+codex\n*** Add File: sub/new.txt\n+new\n" +
      "*** Delete File: gone.txt\n*** Update File: old.txt\n*** Move to: ../moved.txt\n@@\n-2",
  );
  assert.deepEqual(plan, [
    {
      path: "/ws/hello.txt",
      change: {
        kind: "update",
        before: "hello\nworld\n",
        after: "hello\ncodex\n",
        edits: [{ startLine: 1, deleteLines: 1, insertLines: ["codex\n"] }],
        movePath: null,
      },
      before: "hello\nworld\n",
      after: "hello\ncodex\n",
      encoding: "utf8",
      version: null,
      dirty: false,
      beforeHash: sha256("hello\nworld\n"),
      diff: "@@ -1,2 +1,2 @@\n hello\n-world\n+codex\n",
      added: 1,
      removed: 1,
    },
    {
      path: "/ws/sub/new.txt",
      change: { kind: "add", text: "new\n" },
      before: null,
      after: "new\n",
      encoding: "utf8",
      version: null,
      dirty: false,
      beforeHash: null,
      diff: "new\n",
      added: 1,
      removed: 0,
    },
    {
      path: "/ws/gone.txt",
      change: { kind: "delete", before: "bye\n" },
      before: "bye\n",
      after: null,
      encoding: "utf8",
      version: null,
      dirty: false,
      beforeHash: sha256("bye\n"),
      diff: "bye\n",
      added: 0,
      removed: 1,
    },
    {
      path: "/ws/old.txt",
      change: {
        kind: "update",
        before: "1\n2\n3\n",
        after: "1\n3\n",
        edits: [{ startLine: 1, deleteLines: 1, insertLines: [] }],
        movePath: "/moved.txt",
      },
      before: "1\n2\n3\n",
      after: "1\n3\n",
      encoding: "utf8",
      version: null,
      dirty: false,
      beforeHash: sha256("1\n2\n3\n"),
      diff: "@@ -1,3 +1,2 @@\n 1\n-2\n 3\n",
      added: 0,
      removed: 1,
    },
  ]);
});

test("adding a file that exists keeps the line ends it has, where they are all alike", async () => {
  const ends = async (text: string) => {
    const view: FileView = { kind: "text", text, encoding: "utf8", version: null, dirty: false };
    const result = await plan("*** Add File: hello.txt\n+a\n+b", () => view);
    return result.ok ? result.plan[0]?.after : result.message;
  };
  assert.deepEqual(await Promise.all(["1\r\n2\r\n", "\uFEFF1\r\n2", "1\r\n2\n", "1\n", "1", ""].map(ends)), [
    ...["a\r\nb\r\n", "\uFEFFa\r\nb\r\n", "a\nb\n", "a\nb\n", "a\nb\n", "a\nb\n"],
  ]);
});

test("adding a file that exists replaces it, and the plan knows what it replaces", async () => {
  const [file] = await planned("*** Add File: hello.txt\n+hello\n+you");
  assert.deepEqual(file && [file.change, file.before, file.diff, file.added, file.removed], [
    { kind: "add", text: "hello\nyou\n" },
    "hello\nworld\n",
    "@@ -1,2 +1,2 @@\n hello\n-world\n+you\n",
    1,
    1,
  ]);
});

test("what a second section for a file changes may be what the first one made, and the plan is one", async () => {
  const view: FileView = { kind: "text", text: "\uFEFFa\r\nb\r\nc", encoding: "utf8", version: null, dirty: false };
  const body = "*** Update File: a\n@@\n-c\n+d\n*** Update File: a\n@@\n-a\n+A\n b\n-d\n+e";
  const result = await plan(body, () => view);
  assert.deepEqual(result.ok && result.plan.map(({ change, added, removed }) => ({ change, added, removed })), [
    {
      change: {
        kind: "update",
        before: view.text,
        after: "\uFEFFA\r\nb\r\ne\r\n",
        edits: [
          { startLine: 0, deleteLines: 1, insertLines: ["A\r\n"] },
          { startLine: 2, deleteLines: 1, insertLines: ["e\r\n"] },
        ],
        movePath: null,
      },
      added: 2,
      removed: 2,
    },
  ]);
});

test("a file that is replaced keeps its encoding and its byte order mark", async () => {
  const view: FileView = { kind: "text", text: "\uFEFFold\n", encoding: "utf16be", version: null, dirty: false };
  const result = await plan("*** Add File: a\n+new", () => view);
  assert.deepEqual(result.ok && result.plan.map(({ after, encoding }) => ({ after, encoding })), [
    { after: "\uFEFFnew\n", encoding: "utf16be" },
  ]);
});

test("what its encoding cannot spell is refused before anything is shown", async () => {
  const bytes: FileView = { kind: "text", text: "caf\u00e9\nx", encoding: "bytes", version: null, dirty: false };
  const notAscii =
    "Cannot change /ws/a: it is not UTF-8, and what is not, takes only ASCII in added lines. Leave other characters out, or convert the file with a command first.";
  const noText =
    "Cannot change /ws/a: the new text has a NUL character or half a surrogate pair, which no text file holds. Leave it out.";
  const refusals: readonly [body: string, view: FileView, message: string][] = [
    ["*** Update File: a\n@@\n-x\n+\u00fc", bytes, notAscii],
    ["*** Add File: a\n+\u00fc", bytes, notAscii],
    ["*** Add File: a\n+a\0b", { kind: "missing" }, noText],
    ["*** Add File: a\n+a\ud800b", { kind: "missing" }, noText],
  ];
  for (const [body, view, message] of refusals) {
    assert.deepEqual(await plan(body, () => view), { ok: false, message });
  }
  // A line that is not ASCII and only gets an end below it is no added line.
  const ended: FileView = { ...bytes, text: "x\ncaf\u00e9" };
  const result = await plan("*** Update File: a\n@@\n caf\u00e9\n+y", () => ended);
  assert.equal(result.ok && result.plan[0]?.after, "x\ncaf\u00e9\ny\n");
});

test("the version and the unsaved state of an editor's buffer are carried over", async () => {
  const view: FileView = { kind: "text", text: "a\n", encoding: "utf8", version: 7, dirty: true };
  const result = await plan("*** Update File: a\n@@\n-a\n+b", () => view);
  assert.deepEqual(result.ok && result.plan.map(({ version, dirty }) => ({ version, dirty })), [
    { version: 7, dirty: true },
  ]);
});

test("a plan is frozen all the way down", async () => {
  const seen: unknown[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    seen.push(Object.isFrozen(value));
    Object.values(value).forEach(visit);
  };
  visit(await planned("*** Update File: hello.txt\n@@\n-world\n+codex"));
  assert.deepEqual(
    seen,
    seen.map(() => true),
  );
  assert.ok(seen.length >= 5);
});

const failures: readonly [name: string, body: string, message: string][] = [
  [
    "lines that are not there",
    "*** Add File: x\n+1\n*** Update File: hello.txt\n@@\n-nonexistent line\n+x",
    "Failed to find expected lines in /ws/hello.txt:\nnonexistent line\n\nChunk 1 of this file. Read the file and copy its lines exactly. The nearest lines are:\n1: hello\n2: world",
  ],
  [
    "an update of a missing file",
    "*** Update File: no\n@@\n-a\n+b",
    'Failed to read file to update /ws/no: no such file. Use "*** Add File:" to create it.',
  ],
  ["a deletion of a missing file", "*** Delete File: no", "Failed to delete /ws/no: no such file."],
  [
    "a file that cannot be edited",
    "*** Update File: image.png\n@@\n-a\n+b",
    "Cannot change /ws/image.png: it is a binary file. Use a command.",
  ],
  [
    "a path with a control character",
    "*** Add File: a\u0007b\n+1",
    'Cannot change a file: the path "a\\u{7}b" has control characters; spell it without them.',
  ],
  [
    "a move to a file that exists",
    "*** Update File: old.txt\n*** Move to: hello.txt",
    "Cannot move /ws/old.txt to /ws/hello.txt: there is a file already. Choose another name, or delete it in a patch before.",
  ],
  [
    "a move to a bad path",
    "*** Update File: old.txt\n*** Move to: a/",
    'Cannot move /ws/old.txt: the path "a/" names a directory; name a file.',
  ],
  [
    "one file under two spellings",
    "*** Update File: old.txt\n@@\n-1\n*** Delete File: /ws/old.txt",
    "/ws/old.txt is named twice: put all changes to a file in one section.",
  ],
  [
    "a move to a file under another spelling",
    "*** Add File: /ws/n\n+1\n*** Update File: old.txt\n*** Move to: n",
    "/ws/n is named twice: put all changes to a file in one section.",
  ],
];
for (const [name, body, message] of failures) {
  test(`${name} fails the whole plan`, async () => {
    assert.deepEqual(await plan(body), { ok: false, message });
  });
}

test("a name can change its case alone", async () => {
  const [file] = await planned("*** Update File: old.txt\n*** Move to: OLD.txt");
  assert.equal(file?.change.kind === "update" && file.change.movePath, "/ws/OLD.txt");
});

test("the hash of a plan changes with any of its facts, and not with the order of keys", async () => {
  const plan = await planned("*** Update File: hello.txt\n@@\n-world\n+codex");
  const [file] = plan;
  assert.ok(file);
  const shuffled = Object.fromEntries(Object.entries(file).toReversed()) as unknown as FilePlan;
  assert.equal(planHash([shuffled]), planHash(plan));
  const variants = [
    { path: "/ws/other" },
    { after: "x" },
    { version: 1 },
    { dirty: true },
    { beforeHash: "0" },
    { diff: "" },
  ];
  const hashes = variants.map((variant) => planHash([{ ...file, ...variant }]));
  assert.equal(new Set([...hashes, planHash(plan), planHash([...plan, file])]).size, variants.length + 2);
});

test("for any file and any edits of its lines, the plan gives exactly the intended text", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ before, intended, body }) => {
      const result = await plan(body, () => ({
        kind: "text",
        text: before,
        encoding: "utf8",
        version: null,
        dirty: false,
      }));
      assert.ok(result.ok, result.ok ? "" : result.message);
      assert.equal(result.plan[0]?.after, intended);
    }),
    { numRuns: 500 },
  );
});

test("the edits of any plan are minimal, lead to the new text, and their inverse restores every byte", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ before, body }) => {
      const result = await plan(body, () => ({
        kind: "text",
        text: before,
        encoding: "utf8",
        version: null,
        dirty: false,
      }));
      const change = result.ok ? result.plan[0]?.change : undefined;
      assert.ok(change?.kind === "update");
      assert.equal(applyEdits(new TextLines(before), change.edits), change.after);
      assert.equal(applyEdits(new TextLines(change.after), inverse(before, change.edits)), before);
      const lines = spelled(before);
      for (const { startLine, deleteLines, insertLines } of change.edits) {
        assert.ok(deleteLines > 0 || insertLines.length > 0);
        if (deleteLines === 0) continue;
        assert.notEqual(lines[startLine], insertLines[0]);
        assert.notEqual(lines[startLine + deleteLines - 1], insertLines.at(-1));
      }
    }),
    { numRuns: 500 },
  );
});

// What may happen at one line of a file: lines come in above it, and it is kept, dropped or replaced.
const happening = fc.record({
  text: fc.constantFrom(
    "",
    "x",
    "\tx",
    "  x  ",
    "}",
    "日本 “é”",
    "*** End Patch",
    "@@",
    "+",
    "-",
    "a\rb",
    "\u2028",
    "cafe\u0301",
  ),
  ending: fc.constantFrom("\n", "\r\n"),
  above: fc.array(fc.constantFrom("new", "", "\tnew", "“new”", "*** Begin Patch"), { maxLength: 2 }),
  fate: fc.constantFrom("keep", "keep", "keep", "drop", "replace"),
});

const scenario = fc
  .record({
    happenings: fc.array(happening, { maxLength: 12 }),
    isUnique: fc.boolean(),
    isEnded: fc.boolean(),
    endings: fc.constantFrom("\n", "\r\n", "mixed"),
    bom: fc.constantFrom("", "\uFEFF"),
    below: fc.array(fc.constant("appended"), { maxLength: 2 }),
  })
  .map(({ happenings, isUnique, isEnded, endings, bom, below }) => {
    // With equal lines, or a last line that must be ended, more than one text is right for mixed endings.
    const isMixed = endings === "mixed" && isUnique && isEnded;
    const uniform = endings === "mixed" ? "\n" : endings;
    const lines = happenings.map((line, index) => ({
      ...line,
      text: isUnique ? `${line.text}${index}` : line.text,
      ending: index === happenings.length - 1 && !isEnded ? "" : isMixed ? line.ending : uniform,
    }));
    if (!isEnded && lines.at(-1)?.text === "") lines.pop();
    const before = bom + lines.map((line) => line.text + line.ending).join("");
    const marked = [
      ...lines.flatMap(({ text, above, fate }) => [
        ...above.map((added) => `+${added}`),
        `${fate === "keep" ? " " : "-"}${text}`,
        ...(fate === "replace" ? [`+${text}!`] : []),
      ]),
      ...below.map((added) => `+${added}`),
    ];
    const chunks = isUnique ? windows(marked) : [marked];
    const body = `*** Update File: a\n${chunks.map((chunk) => `@@\n${chunk.join("\n")}`).join("\n")}`;
    return {
      before,
      body,
      intended: bom + intendedText(lines, below),
      changes: marked.some((line) => !line.startsWith(" ")),
    };
  })
  .filter(({ changes }) => changes);

interface Line {
  readonly text: string;
  readonly ending: string;
  readonly above: readonly string[];
  readonly fate: string;
}

// The rule of endings in its own words: a kept line keeps its own; in a stretch of changed lines the first new line
// takes that of the first old one, and so on; when these run out, that of the line above, or else of the line below.
function intendedText(lines: readonly Line[], below: readonly string[]): string {
  const result: { text: string; ending: string }[] = [];
  let olds: string[] = [];
  let news: string[] = [];
  const close = (following: string): void => {
    for (const [index, text] of news.entries()) {
      const ending = olds[index] || (result.at(-1)?.ending ?? "") || following || "\n";
      result.push({ text, ending });
    }
    olds = [];
    news = [];
  };
  for (const [index, { text, ending, above, fate }] of lines.entries()) {
    news.push(...above);
    const isPushedUp = index === lines.length - 1 && ending === "" && below.length > 0;
    if (fate === "keep" && !isPushedUp) {
      close(ending);
      result.push({ text, ending });
      continue;
    }
    olds.push(ending);
    if (fate === "replace") news.push(`${text}!`);
    if (fate === "keep") news.push(text);
  }
  news.push(...below);
  close("");
  return result.map((line) => line.text + line.ending).join("");
}

/** Cuts a whole-file chunk into chunks with two kept lines on either side, which may overlap. */
function windows(marked: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let at = 0; at < marked.length; ) {
    if (marked[at]?.startsWith(" ")) {
      at += 1;
      continue;
    }
    const end = marked.findIndex((line, index) => index > at && line.startsWith(" "));
    const stop = end === -1 ? marked.length : end;
    const keptBelow = marked
      .slice(stop, stop + 2)
      .filter((_, index, all) => all.slice(0, index + 1).every((kept) => kept.startsWith(" ")));
    const keptAbove = marked
      .slice(Math.max(0, at - 2), at)
      .filter((_, index, all) => all.slice(index).every((kept) => kept.startsWith(" ")));
    chunks.push([...keptAbove, ...marked.slice(at, stop), ...keptBelow]);
    at = stop;
  }
  return chunks;
}

function inverse(before: string, edits: readonly LineEdit[]): LineEdit[] {
  const lines = spelled(before);
  let shift = 0;
  return edits.map(({ startLine, deleteLines, insertLines }) => {
    const edit = {
      startLine: startLine + shift,
      deleteLines: insertLines.length,
      insertLines: lines.slice(startLine, startLine + deleteLines),
    };
    shift += insertLines.length - deleteLines;
    return edit;
  });
}

function spelled(text: string): string[] {
  const lines = new TextLines(text);
  return Array.from({ length: lines.count }, (_, line) => lines.spelled(line, line + 1));
}

async function plan(body: string, view?: (path: string) => FileView): Promise<PlanResult> {
  const parsed = parsePatch(`*** Begin Patch\n${body}\n*** End Patch`);
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  const known: Record<string, string> = files;
  const read = async (path: string): Promise<FileView> => {
    if (view) return view(path);
    if (path.endsWith(".png")) return { kind: "refused", reason: "it is a binary file. Use a command." };
    const text = known[path];
    return text === undefined
      ? { kind: "missing" }
      : { kind: "text", text, encoding: "utf8", version: null, dirty: false };
  };
  return planPatch(parsed.patch, { cwd: resolve("/ws"), read });
}

async function planned(body: string): Promise<readonly FilePlan[]> {
  const result = await plan(body);
  assert.ok(result.ok, result.ok ? "" : result.message);
  return result.plan;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
