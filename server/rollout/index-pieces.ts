// The part of the index file that was written in one go. Its rows stand in pieces, one for each folder, which are taken
// apart when somebody asks for what is in them: a list shows a page, not thousands.
import { isAscii } from "node:buffer";
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { isRolloutPlace } from "./files.ts";
import { FileRow, type IndexRow, parseJson, parseRow, rowLine } from "./index-rows.ts";

/** The rows of a folder's rollouts. */
export interface Piece {
  /** Relative to the home. */
  readonly folder: string;
  readonly count: number;
  /** When the youngest of them was created, in Unix seconds. */
  readonly youngest: number;
  readonly bytes: Buffer;
}

export interface Unsealed {
  pieces: Piece[];
  /** What does not lie in a piece. */
  rows: IndexRow[];
  /** How much of the file this is. */
  length: number;
}

/** To stand at the beginning of a file. */
export function sealed(rows: readonly IndexRow[]): Buffer {
  const folders = new Map<string, { lines: string[]; youngest: number }>();
  const others: string[] = [];
  for (const row of rows) {
    const line = `${rowLine(row)}\n`;
    if (!(row instanceof FileRow) || !mayLieInPiece(row, line)) others.push(line);
    else {
      const folder = folders.get(posix.dirname(row.path)) ?? { lines: [], youngest: 0 };
      folders.set(posix.dirname(row.path), folder);
      folder.lines.push(line);
      folder.youngest = Math.max(folder.youngest, row.createdAt);
    }
  }
  const parts = [...folders].flatMap(([folder, { lines, youngest }]) => {
    const bytes = Buffer.from(lines.join(""));
    const head = { piece: folder, files: lines.length, youngest, bytes: bytes.length };
    return [Buffer.from(`${JSON.stringify(head)}\n`), bytes];
  });
  const bytes = Buffer.concat([...parts, Buffer.from(others.join(""))]);
  return Buffer.concat([Buffer.from(`${JSON.stringify({ sealed: bytes.length, sum: sumOf(bytes) })}\n`), bytes]);
}

/** What cannot be read back must not be counted on, and a file that is no rollout yet is looked at at each list. */
function mayLieInPiece(row: FileRow, line: string): boolean {
  return row.id !== "" && row.isSound && parseRow(line.trimEnd()) !== null;
}

/** Null when the file does not begin so, or not as it was written: then it is read row by row. */
export function unsealed(file: Buffer): Unsealed | null {
  const start = file.indexOf(0x0a) + 1;
  const seal = parseJson(file.toString("latin1", 0, start)) as { sealed?: unknown; sum?: unknown } | null | undefined;
  if (typeof seal?.sealed !== "number") return null;
  const bytes = file.subarray(start, start + seal.sealed);
  if (bytes.length !== seal.sealed || sumOf(bytes) !== seal.sum) return null;
  const found: Unsealed = { pieces: [], rows: [], length: start + bytes.length };
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at) + 1;
    const line = bytes.toString("utf8", at, end - 1);
    const piece = pieceAt(line, bytes.subarray(end));
    const row = piece === null ? parseRow(line) : null;
    if (piece !== null) found.pieces.push(piece);
    if (row !== null) found.rows.push(row);
    at = end + (piece?.bytes.length ?? 0);
  }
  return found;
}

export function rowsOf({ folder, bytes }: Piece): FileRow[] {
  const [start, rows] = [`${folder}/`, [] as FileRow[]];
  for (const line of linesOf(bytes)) {
    const row = FileRow.parse(line, { isSound: true });
    // As in parseRow, and asked of thousands: none that lies elsewhere.
    if (row?.path.startsWith(start) && !row.path.includes("/", start.length) && row.path.endsWith(".jsonl")) {
      rows.push(row);
    }
  }
  return rows;
}

export function linesOf(bytes: Buffer): string[] {
  // The same, and much faster.
  return bytes.toString(isAscii(bytes) ? "latin1" : "utf8").split("\n");
}

function pieceAt(line: string, rest: Buffer): Piece | null {
  if (!line.startsWith('{"piece":')) return null;
  const { piece, files, youngest, bytes } = (parseJson(line) ?? {}) as Record<string, unknown>;
  if (typeof piece !== "string" || !isRolloutPlace(piece)) return null;
  if (typeof files !== "number" || typeof youngest !== "number" || typeof bytes !== "number") return null;
  return { folder: piece, count: files, youngest, bytes: rest.subarray(0, bytes) };
}

function sumOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("base64");
}
