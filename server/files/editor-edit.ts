// Translates a plan into one edit for the editor to apply. Pure. Edits are as small as the patch, so that cursors,
// folds and the undo history of an open buffer survive.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import type { ApplyEditParams, DocumentChange, Position } from "../protocol/apply-edit.ts";
import type { FilePlan } from "./patch-plan.ts";
import { type LineEdit, TextLines } from "./text-lines.ts";

type TextEdits = Extract<DocumentChange, { edits: unknown }>["edits"];

/** `realPaths`: by path, where each file that the plan names was approved to be. */
export function editorEdit(plan: readonly FilePlan[], realPaths: ReadonlyMap<string, string>): ApplyEditParams {
  const existing = plan.filter(({ before }) => before !== null);
  return {
    label: `Belay: ${plan.map(({ path }) => basename(path)).join(", ")}`,
    edit: { documentChanges: plan.flatMap(changesOf) },
    expected: Object.fromEntries(existing.map(({ path, before }) => [uriOf(path), editorHash(before ?? "")])),
    realPaths: Object.fromEntries([...realPaths].map(([path, realPath]) => [uriOf(path), realPath])),
  };
}

/** SHA-256 (hex) of a text as an editor holds it: no BOM, "\n" line ends. */
export function editorHash(text: string): string {
  return createHash("sha256")
    .update(text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"))
    .digest("hex");
}

function changesOf({ path, change, version, before }: FilePlan): DocumentChange[] {
  const uri = uriOf(path);
  switch (change.kind) {
    case "delete":
      return [{ kind: "delete", uri }];
    case "add": {
      const edits = [
        { range: before === null ? emptyRange : wholeRange(before), newText: change.text.replace(/^\uFEFF/, "") },
      ];
      const text: DocumentChange = { textDocument: { uri, version }, edits };
      return before === null ? [{ kind: "create", uri, options: { overwrite: false } }, text] : [text];
    }
    case "update": {
      const edit = { textDocument: { uri, version }, edits: textEdits(change.before, change.edits) };
      const edited: DocumentChange[] = change.edits.length > 0 ? [edit] : [];
      return change.movePath === null
        ? edited
        : [...edited, { kind: "rename", oldUri: uri, newUri: uriOf(change.movePath) }];
    }
    default:
      return change satisfies never;
  }
}

function textEdits(before: string, edits: readonly LineEdit[]): TextEdits {
  const lines = new TextLines(before);
  return edits.map(({ startLine, deleteLines, insertLines }) => ({
    range: { start: lineStart(lines, startLine), end: lineStart(lines, startLine + deleteLines) },
    newText: insertLines.join(""),
  }));
}

/** Behind the last line there is no line start when nothing ends that line: then it is the end of its text. */
function lineStart(lines: TextLines, index: number): Position {
  const last = lines.count - 1;
  if (index <= last || last < 0 || lines.ending(last) !== "") return { line: index, character: 0 };
  return { line: last, character: lines.text(last).length };
}

const emptyRange = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

function wholeRange(text: string): { start: Position; end: Position } {
  const lines = new TextLines(text);
  return { start: { line: 0, character: 0 }, end: lineStart(lines, lines.count) };
}

function uriOf(path: string): string {
  return pathToFileURL(path).href;
}
