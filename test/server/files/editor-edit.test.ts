// A plan as an edit for the editor: applied to the editor's text it gives what was approved.
import assert from "node:assert/strict";
import { test } from "node:test";
import { editorEdit, editorHash } from "../../../server/files/editor-edit.ts";
import { parsePatch } from "../../../server/files/patch-parser.ts";
import { type FileView, planPatch } from "../../../server/files/patch-plan.ts";
import { TextLines } from "../../../server/files/text-lines.ts";
import type { ApplyEditParams } from "../../../server/protocol/apply-edit.ts";
import fc from "../../support/properties.ts";

type Position = { line: number; character: number };

test("any update applied by an editor gives the plan's text, whatever the line ends, BOM and last line", async () => {
  const line = fc.constantFrom("a", "b", "c", "", "  x", "😀");
  const texts = fc.record({
    bom: fc.constantFrom("", "\uFEFF"),
    ending: fc.constantFrom("\n", "\r\n"),
    lines: fc.array(line, { minLength: 1, maxLength: 12 }),
    isTerminated: fc.boolean(),
  });
  const edits = fc.array(fc.record({ at: fc.nat(20), remove: fc.nat(3), add: fc.array(line, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 3,
  });
  let applied = 0;
  await fc.assert(
    fc.asyncProperty(texts, edits, async ({ bom, ending, lines, isTerminated }, changes) => {
      const before = bom + lines.join(ending) + (isTerminated ? ending : "");
      const patch = patchFor(lines, changes);
      if (patch === null) return;
      const planned = await plan(patch, {
        a: { kind: "text", text: before, encoding: "utf8", version: 4, dirty: false },
      });
      if (!planned.ok) return;
      applied++;
      const [file] = planned.plan;
      const { edit, expected } = editorEdit(planned.plan, { realPaths: new Map() });
      const [change] = edit.documentChanges;
      const inEditor = before.replace(/^\uFEFF/, "");
      const result = change && "edits" in change ? applyTextEdits(inEditor, change.edits) : inEditor;
      assert.equal(result, (file?.after ?? "").replace(/^\uFEFF/, ""));
      assert.deepEqual(expected, { "file:///w/a": editorHash(before) });
    }),
    { numRuns: 300 },
  );
  assert.ok(applied > 100, `only ${applied} patches fitted`);
});

test("each kind of change is the editor's operation for it, and what must exist has its hash", async () => {
  const patch = [
    ...["*** Add File: new/x y.txt", "+1", "*** Add File: old.txt", "+2", "*** Delete File: gone.txt"],
    ...[
      "*** Update File: from.txt",
      "*** Move to: to.txt",
      "@@",
      "-a",
      "+b",
      "*** Update File: pure.txt",
      "*** Move to: moved.txt",
      "@@",
      " a",
    ],
  ];
  const text = (content: string, version: number | null): FileView => ({
    kind: "text",
    text: content,
    encoding: "utf8",
    version,
    dirty: false,
  });
  const files = {
    "old.txt": text("x\ny", 3),
    "gone.txt": text("bye\n", null),
    "from.txt": text("a\n", null),
    "pure.txt": text("a\n", 9),
  };
  const planned = await plan(patch, files);
  assert.ok(planned.ok, planned.ok ? "" : planned.message);
  const document = (name: string, version: number | null) => ({ uri: `file:///w/${name}`, version });
  const range = (line: number, character: number) => ({ start: { line: 0, character: 0 }, end: { line, character } });
  assert.deepEqual(editorEdit(planned.plan, { realPaths: new Map([["/w/new/x y.txt", "/real/x y.txt"]]) }), {
    label: "Belay: x y.txt, old.txt, gone.txt, from.txt, pure.txt",
    edit: {
      documentChanges: [
        { kind: "create", uri: "file:///w/new/x%20y.txt", options: { overwrite: false } },
        { textDocument: document("new/x%20y.txt", null), edits: [{ range: range(0, 0), newText: "1\n" }] },
        { textDocument: document("old.txt", 3), edits: [{ range: range(1, 1), newText: "2\n" }] },
        { kind: "delete", uri: "file:///w/gone.txt" },
        { textDocument: document("from.txt", null), edits: [{ range: range(0, 1), newText: "b" }] },
        { kind: "rename", oldUri: "file:///w/from.txt", newUri: "file:///w/to.txt" },
        { kind: "rename", oldUri: "file:///w/pure.txt", newUri: "file:///w/moved.txt" },
      ],
    },
    expected: Object.fromEntries(
      Object.entries(files).map(([name, view]) => [
        `file:///w/${name}`,
        editorHash(view.kind === "text" ? view.text : ""),
      ]),
    ),
    realPaths: { "file:///w/new/x%20y.txt": "/real/x y.txt" },
    after: {
      "file:///w/new/x%20y.txt": editorHash("1\n"),
      "file:///w/old.txt": editorHash("2\n"),
      "file:///w/to.txt": editorHash("b\n"),
      "file:///w/moved.txt": editorHash("a\n"),
    },
  } satisfies ApplyEditParams);
});

test("the hash of a text does not see what an editor does not show: BOM and kind of line end", () => {
  assert.equal(editorHash("\uFEFFa\r\nb"), editorHash("a\nb"));
  assert.notEqual(editorHash("a\nb"), editorHash("a\nb\n"));
  assert.notEqual(editorHash("a\rb"), editorHash("a\nb"));
});

function plan(lines: readonly string[], files: Record<string, FileView>) {
  const parsed = parsePatch(["*** Begin Patch", ...lines, "*** End Patch"].join("\n"));
  assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
  return planPatch(parsed.patch, {
    cwd: "/w",
    read: async (path) => files[path.replace("/w/", "")] ?? { kind: "missing" },
  });
}

/** One chunk that spells the whole file, with the changes in it; null when nothing changes. */
function patchFor(
  lines: readonly string[],
  changes: readonly { at: number; remove: number; add: string[] }[],
): string[] | null {
  const chunk: string[] = [];
  let hasChange = false;
  let removing = 0;
  for (const [at, line] of lines.entries()) {
    for (const { remove, add } of changes.filter((change) => change.at % lines.length === at)) {
      chunk.push(...add.map((text) => `+${text}`));
      removing = Math.max(removing, remove);
      hasChange ||= add.length > 0 || remove > 0;
    }
    chunk.push(`${removing > 0 ? "-" : " "}${line}`);
    removing--;
  }
  return hasChange ? ["*** Update File: a", "@@", ...chunk] : null;
}

/** As the Language Server Protocol has it: all ranges are of the text before. */
function applyTextEdits(
  text: string,
  edits: readonly { range: { start: Position; end: Position }; newText: string }[],
): string {
  const lines = new TextLines(text);
  const offset = ({ line, character }: Position) => lines.start(line) + character;
  return edits
    .toReversed()
    .reduce(
      (result, { range, newText }) => result.slice(0, offset(range.start)) + newText + result.slice(offset(range.end)),
      text,
    );
}
