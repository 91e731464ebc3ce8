// Reads the text of a patch into one frozen value. Pure: knows no file, no disk and no editor.
// Every refusal says the line, what was found and what was expected, so that a model can repair its patch.
import { posix } from "node:path";

/** Always frozen, all the way down: what was previewed and approved is what is written. */
export type Patch = readonly FilePatch[];

export type FilePatch =
  | { readonly kind: "add"; readonly path: string /** Empty for an empty file. */; readonly lines: readonly string[] }
  | { readonly kind: "delete"; readonly path: string }
  | {
      readonly kind: "update";
      readonly path: string;
      readonly movePath: string | null;
      /** Empty only together with a `movePath`: a pure rename. */
      readonly chunks: readonly Chunk[];
    };

export interface Chunk {
  /** The lines after `@@`, outermost first. Each is to be found below the one before it. */
  readonly contexts: readonly string[];
  readonly lines: readonly ChunkLine[];
  /** The kept and removed lines must be the last lines of the file. */
  readonly atEndOfFile: boolean;
  /** The first of another section for the same file: it is looked for from the top of what those before it made. */
  readonly startsOver?: true;
}

export interface ChunkLine {
  readonly op: " " | "-" | "+";
  readonly text: string;
}

export type ParseResult =
  | { readonly ok: true; readonly patch: Patch }
  | { readonly ok: false; readonly message: string };

export function parsePatch(text: string): ParseResult {
  const body = unwrap(text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)));
  if (!body.ok) return body;
  const sections = readSections(body.value);
  if (!sections.ok) return sections;
  return { ok: true, patch: deepFreeze(sections.value) };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

export const begin = "*** Begin Patch";
const end = "*** End Patch";
const endOfFile = "*** End of File";
export const moveTo = "*** Move to:";
export const fileHeader = /^\*\*\* (Add|Delete|Update) File:(.*)$/;
const expectedSection = '"*** Add File: <path>", "*** Update File: <path>" or "*** Delete File: <path>"';
const expectedChunkLine = 'a line starting with " " (kept), "-" (removed) or "+" (added)';

type Step<T> = { readonly ok: true; readonly value: T } | Refusal;
type Refusal = { readonly ok: false; readonly message: string };

/** `at` is the index of the next unread line; `stop` is the index of `*** End Patch`. */
interface Reader {
  readonly lines: readonly string[];
  readonly stop: number;
  at: number;
}

function unwrap(lines: readonly string[]): Step<Reader> {
  let first = lines.findIndex((line) => line.trim() !== "");
  let last = lines.findLastIndex((line) => line.trim() !== "");
  if (first === -1) return { ok: false, message: `invalid patch: it is empty, expected "${begin}"` };
  const heredoc = /^(?:apply_patch\s+)?<<-?\s*(['"]?)(\w+)\1$/.exec(line(lines, first).trim());
  if (heredoc !== null && line(lines, last).trim() === heredoc[2]) {
    first += 1;
    last -= 1;
  }
  if (line(lines, first).trim() !== begin) return refuse(lines, first, `"${begin}"`);
  const earlier = lines.findIndex((text, at) => at < last && text.trimEnd() === end);
  if (earlier !== -1) {
    const next = lines.findIndex((text, at) => at > earlier && text.trim() !== "");
    return refuse(lines, next, `nothing after "${end}"`);
  }
  if (line(lines, last).trim() !== end) return refuse(lines.slice(0, last + 1), last + 1, `"${end}" as the last line`);
  return { ok: true, value: { lines, stop: last, at: first + 1 } };
}

function readSections(reader: Reader): Step<FilePatch[]> {
  const files: FilePatch[] = [];
  /** By name: the line of its header, and where it is among the files. */
  const seen = new Map<string, { line: number; at: number }>();
  for (;;) {
    while (reader.at < reader.stop && line(reader.lines, reader.at).trim() === "") reader.at += 1;
    if (reader.at >= reader.stop) break;
    const header = reader.at;
    const file = readSection(reader);
    if (!file.ok) return file;
    if (joins(file.value, files, seen.get(posix.normalize(file.value.path))?.at)) continue;
    const paths = file.value.kind === "update" && file.value.movePath !== null ? [file.value.movePath] : [];
    for (const [index, path] of [file.value.path, ...paths].entries()) {
      const before = seen.get(posix.normalize(path));
      if (before !== undefined) return namedTwice(reader, header + index, path, before.line);
      seen.set(posix.normalize(path), { line: header + index, at: files.length });
    }
    files.push(file.value);
  }
  if (files.length === 0) return refuse(reader.lines, reader.stop, `at least one of ${expectedSection}`);
  return { ok: true, value: files };
}

/** More about the file of that name before it: chunks of an update, or the text that replaces what is deleted. */
function joins(file: FilePatch, files: FilePatch[], at: number | undefined): boolean {
  const earlier = at === undefined ? undefined : files[at];
  if (at === undefined || earlier === undefined) return false;
  if (isPlainUpdate(earlier) && isPlainUpdate(file)) {
    earlier.chunks.push(
      ...file.chunks.map((chunk, index) => (index === 0 ? { ...chunk, startsOver: true as const } : chunk)),
    );
    return true;
  }
  if (earlier.kind !== "delete" || file.kind !== "add") return false;
  // What is added over a file replaces it.
  files[at] = file;
  return true;
}

/** As long as it is read, more sections for the same file may add to it. */
type PlainUpdate = Extract<FilePatch, { kind: "update" }> & { movePath: null; chunks: Chunk[] };

function isPlainUpdate(file: FilePatch): file is PlainUpdate {
  return file.kind === "update" && file.movePath === null;
}

function readSection(reader: Reader): Step<FilePatch> {
  const header = fileHeader.exec(line(reader.lines, reader.at).trim());
  if (header === null) return refuse(reader.lines, reader.at, `${expectedSection}, or "${end}" as the last line`);
  const path = (header[2] ?? "").trim();
  if (path === "") return refuse(reader.lines, reader.at, "a path after the colon");
  reader.at += 1;
  if (header[1] === "Add") return readAdd(reader, path);
  if (header[1] === "Update") return readUpdate(reader, path);
  return { ok: true, value: { kind: "delete", path } };
}

function readAdd(reader: Reader, path: string): Step<FilePatch> {
  const lines: string[] = [];
  let blank = 0;
  for (; reader.at < reader.stop; reader.at += 1) {
    const text = line(reader.lines, reader.at);
    if (fileHeader.test(text.trim())) break;
    if (text.trim() === "") {
      blank += 1;
    } else if (text.startsWith("+")) {
      // A bare blank line between two added lines can only be an empty line; one before the next section is spacing.
      for (; blank > 0; blank -= 1) lines.push("");
      lines.push(text.slice(1));
    } else {
      return refuse(reader.lines, reader.at, `a line of the new file starting with "+", ${expectedSection}`);
    }
  }
  return { ok: true, value: { kind: "add", path, lines } };
}

function readUpdate(reader: Reader, path: string): Step<FilePatch> {
  const header = reader.at - 1;
  let movePath: string | null = null;
  if (reader.at < reader.stop && line(reader.lines, reader.at).startsWith(moveTo)) {
    movePath = line(reader.lines, reader.at).slice(moveTo.length).trim();
    if (movePath === "") return refuse(reader.lines, reader.at, "a path after the colon");
    if (posix.normalize(movePath) === posix.normalize(path)) movePath = null;
    reader.at += 1;
  }
  const chunks: Chunk[] = [];
  while (reader.at < reader.stop && !startsSection(reader)) {
    if (chunks.length > 0 && line(reader.lines, reader.at).trim() === "") {
      reader.at += 1;
      continue;
    }
    const chunk = readChunk(reader, { isFirst: chunks.length === 0 });
    if (!chunk.ok) return chunk;
    if (chunk.value !== null) chunks.push(chunk.value);
  }
  const changes = chunks.some((chunk) => chunk.lines.some(({ op }) => op !== " "));
  if (!changes && movePath === null) {
    return refuse(reader.lines, header, 'at least one line starting with "-" or "+" in its chunks');
  }
  return { ok: true, value: { kind: "update", path, movePath, chunks } };
}

/** Null for blank lines alone, as before the next section of a pure rename. */
function readChunk(reader: Reader, { isFirst }: { isFirst: boolean }): Step<Chunk | null> {
  const contexts: string[] = [];
  const start = reader.at;
  for (; reader.at < reader.stop && line(reader.lines, reader.at).startsWith("@@"); reader.at += 1) {
    const context = readContext(line(reader.lines, reader.at));
    if (context !== "") contexts.push(context);
  }
  const hasHeader = reader.at > start;
  if (!hasHeader && !isFirst)
    return refuse(reader.lines, reader.at, `"@@" to start the next chunk, ${expectedSection}`);
  const lines: ChunkLine[] = [];
  let bareBlanks = 0;
  for (; reader.at < reader.stop; reader.at += 1) {
    const text = line(reader.lines, reader.at);
    if (text.startsWith("@@") || text.trimEnd() === endOfFile || startsSection(reader)) break;
    const op = text === "" ? " " : text.charAt(0);
    if (op !== " " && op !== "-" && op !== "+") return refuse(reader.lines, reader.at, expectedChunkLine);
    bareBlanks = text === "" ? bareBlanks + 1 : 0;
    lines.push({ op, text: text.slice(1) });
  }
  lines.length -= bareBlanks;
  const atEndOfFile = reader.at < reader.stop && line(reader.lines, reader.at).trimEnd() === endOfFile;
  if (lines.length === 0 && (hasHeader || atEndOfFile)) return refuse(reader.lines, reader.at, expectedChunkLine);
  if (atEndOfFile) reader.at += 1;
  return { ok: true, value: lines.length === 0 ? null : { contexts, lines, atEndOfFile } };
}

// Line numbers as in a unified diff ("@@ -1,3 +1,4 @@") are dropped: models guess them, and the lines decide.
function readContext(text: string): string {
  if (/^@@ -\d+(,\d+)? \+\d+(,\d+)? @@/.test(text)) return "";
  const context = text.slice(text.startsWith("@@ ") ? 3 : 2);
  return context.trim() === "" ? "" : context;
}

function startsSection(reader: Reader): boolean {
  return fileHeader.test(line(reader.lines, reader.at));
}

function namedTwice(reader: Reader, at: number, path: string, before: number): Refusal {
  return refuse(
    reader.lines,
    at,
    `each file once, but "${path}" is already named in line ${before + 1}: put all changes to a file in one section`,
  );
}

function refuse(lines: readonly string[], at: number, expected: string): Refusal {
  const text = lines[at];
  const found =
    text === undefined ? "the end of the patch" : `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`;
  return { ok: false, message: `invalid patch at line ${at + 1}: found ${found}, expected ${expected}` };
}

function line(lines: readonly string[], at: number): string {
  return lines[at] ?? "";
}
