// Translates a plan into one edit for the editor to apply. Pure. Edits are as small as the patch, so that cursors,
// folds and the undo history of an open buffer survive.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import type { ApplyEditParams, DocumentChange, Position, Range } from "../protocol/apply-edit.ts";
import type { FilePlan } from "./patch-plan.ts";
import { type LineEdit, TextLines } from "./text-lines.ts";
import { lineEdits } from "./unified-diff.ts";

type TextEdits = Extract<DocumentChange, { edits: unknown }>["edits"];

interface Places {
  /** By path, where each file that the plan names was approved to be. */
  readonly realPaths: ReadonlyMap<string, string>;
  /** By path, how the editor spells it, where that is not the same. */
  readonly spelled?: ReadonlyMap<string, string>;
}

export function editorEdit(plan: readonly FilePlan[], { realPaths, spelled }: Places): ApplyEditParams {
  const uri = (path: string) => uriOf(spelled?.get(path) ?? path);
  const existing = plan.filter(({ before }) => before !== null);
  const named = plan.flatMap((file) => [file.path, placeOf(file)]);
  const approved = [...new Set(named)].flatMap((path) => {
    const realPath = realPaths.get(path);
    return realPath === undefined ? [] : [[uri(path), realPath] as const];
  });
  const left = plan.flatMap((file) =>
    file.after === null ? [] : [[uri(placeOf(file)), editorHash(file.after)] as const],
  );
  return {
    label: `Belay: ${plan.map(({ path }) => basename(path)).join(", ")}`,
    edit: { documentChanges: plan.flatMap((file) => changesOf(file, uri)) },
    expected: Object.fromEntries(existing.map(({ path, before }) => [uri(path), editorHash(before ?? "")])),
    realPaths: Object.fromEntries(approved),
    after: Object.fromEntries(left),
  };
}

/** Where the file is behind the plan, or was when it is deleted. */
export function placeOf({ path, change }: FilePlan): string {
  return change.kind === "update" ? (change.movePath ?? path) : path;
}

/** SHA-256 (hex) of a text as an editor holds it: no BOM, "\n" line ends. */
export function editorHash(text: string): string {
  return createHash("sha256")
    .update(text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"))
    .digest("hex");
}

function changesOf({ path, change, version, before }: FilePlan, uriTo: (path: string) => string): DocumentChange[] {
  const uri = uriTo(path);
  const edited = (edits: TextEdits): DocumentChange[] => {
    return edits.length > 0 ? [{ textDocument: { uri, version }, edits }] : [];
  };
  switch (change.kind) {
    case "delete":
      return [{ kind: "delete", uri }];
    case "add": {
      if (before !== null) return edited(textEdits(before, lineEdits(before, change.text)));
      const whole = [{ range: { start: origin, end: origin }, newText: change.text }];
      return [{ kind: "create", uri, options: { overwrite: false } }, ...edited(whole)];
    }
    case "update": {
      const edits = edited(textEdits(change.before, change.edits));
      if (change.movePath === null) return edits;
      return [...edits, { kind: "rename", oldUri: uri, newUri: uriTo(change.movePath) }];
    }
    default:
      return change satisfies never;
  }
}

const origin: Position = { line: 0, character: 0 };

/** Only the characters that differ: a cursor in what stays of a line stays where it is. */
function textEdits(before: string, edits: readonly LineEdit[]): TextEdits {
  const lines = new TextLines(before);
  const narrow = edits.flatMap((edit) => perLine(edit).map((each) => narrowed(lines, each)));
  return narrow.filter(({ range, newText }) => newText !== "" || !isEmpty(range));
}

/** As many lines as before: each is the new form of an old one. */
function perLine(edit: LineEdit): LineEdit[] {
  const { startLine, deleteLines, insertLines } = edit;
  if (insertLines.length !== deleteLines) return [edit];
  return insertLines.map((line, index) => ({ startLine: startLine + index, deleteLines: 1, insertLines: [line] }));
}

function narrowed(lines: TextLines, { startLine, deleteLines, insertLines }: LineEdit): TextEdits[number] {
  const old = lines.spelled(startLine, startLine + deleteLines);
  const now = insertLines.join("");
  const head = commonHead(old, now);
  const tail = commonTail(old, now, head);
  const start = lines.start(startLine);
  return {
    range: { start: positionAt(lines, start + head), end: positionAt(lines, start + old.length - tail) },
    newText: now.slice(head, now.length - tail),
  };
}

function isEmpty({ start, end }: Range): boolean {
  return start.line === end.line && start.character === end.character;
}

function commonHead(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  return isInsideOne(a, head) || isInsideOne(b, head) ? head - 1 : head;
}

function commonTail(a: string, b: string, head: number): number {
  const most = Math.min(a.length, b.length) - head;
  let tail = 0;
  while (tail < most && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return isInsideOne(a, a.length - tail) || isInsideOne(b, b.length - tail) ? tail - 1 : tail;
}

/** Between two code units that are one character, or one line end. */
function isInsideOne(text: string, at: number): boolean {
  return at > 0 && /^(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|\r\n)$/.test(text.slice(at - 1, at + 1));
}

/** Behind the last line there is no line start when nothing ends that line: then it is the end of its text. */
function positionAt(lines: TextLines, offset: number): Position {
  const last = lines.count - 1;
  if (last < 0) return origin;
  if (offset >= lines.source.length && lines.ending(last) !== "") return { line: lines.count, character: 0 };
  const line = lines.lineAt(offset);
  return { line, character: offset - lines.start(line) };
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}
