// What a patch says so far, while its text still arrives in pieces. Pure, made of that text alone: linear in its length,
// bounded in what it keeps, and tolerant, since whether the patch is one is for the parser to say once it is whole.
import { begin, fileHeader, moveTo } from "./patch-parser.ts";

export interface PreviewedFile {
  /** As the patch spells it. */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
  /** As the patch spells it. */
  readonly movePath: string | null;
  /** The newest of it: content for `add`, empty for `delete`, else lines with their sign and `@@` between chunks. */
  readonly text: string;
  readonly added: number;
  readonly removed: number;
}

/** So much text is shown of all files together, the newest of it. */
const KEPT_CHARS = 32_000;
/** And of one that is not the newest. */
const KEPT_BEFORE_CHARS = 4000;
const MAX_LINE_CHARS = 2000;
/** Whatever comes behind them is not shown. */
const MAX_FILES = 1000;

interface Section {
  readonly path: string;
  readonly kind: PreviewedFile["kind"];
  movePath: string | null;
  /** Each with its line feed. */
  lines: string[];
  chars: number;
  added: number;
  removed: number;
  /** Behind the header of an update, a target may follow. */
  isFresh: boolean;
}

export class PatchPreview {
  /** The line that has not ended yet. */
  #rest = "";
  #hasBegun = false;
  #isOver = false;
  readonly #sections: Section[] = [];

  /** True when there is more to show than before. */
  push(piece: string): boolean {
    let hasMore = false;
    let start = 0;
    for (let feed = piece.indexOf("\n"); feed !== -1; feed = piece.indexOf("\n", start)) {
      if (this.#take(this.#rest + piece.slice(start, feed))) hasMore = true;
      this.#rest = "";
      start = feed + 1;
    }
    this.#rest += piece.slice(start);
    return hasMore;
  }

  /** The newest text first gets its share of what is kept. */
  files(): PreviewedFile[] {
    let left = KEPT_CHARS;
    return this.#sections
      .toReversed()
      .map(({ path, kind, movePath, lines, added, removed }) => {
        const text = newest(lines, left).join("");
        left -= text.length;
        return { path, kind, movePath, text, added, removed };
      })
      .toReversed();
  }

  #take(spelled: string): boolean {
    const line = spelled.endsWith("\r") ? spelled.slice(0, -1) : spelled;
    if (!this.#hasBegun) {
      this.#hasBegun = line.trim() === begin;
      return false;
    }
    if (this.#isOver) return false;
    const open = this.#sections.at(-1);
    // As the parser has it: among the lines of an update, one with a blank before it is a line that is kept.
    const [, verb, path = ""] = fileHeader.exec(open?.kind === "update" ? line : line.trim()) ?? [];
    if (verb !== undefined) return this.#open(verb, path.trim());
    return open !== undefined && addLine(open, line);
  }

  #open(verb: string, path: string): boolean {
    const before = this.#sections.at(-1);
    if (before !== undefined) trim(before, KEPT_BEFORE_CHARS);
    this.#isOver = path === "" || this.#sections.length >= MAX_FILES;
    if (this.#isOver) return false;
    const kind = verb === "Add" ? "add" : verb === "Delete" ? "delete" : "update";
    this.#sections.push({
      ...{ path, kind, movePath: null, lines: [], chars: 0, added: 0, removed: 0 },
      isFresh: kind === "update",
    });
    return true;
  }
}

function addLine(section: Section, line: string): boolean {
  if (section.isFresh && line.startsWith(moveTo)) {
    section.isFresh = false;
    section.movePath = line.slice(moveTo.length).trim() || null;
    return true;
  }
  section.isFresh = false;
  const text = shownLine(section.kind, line);
  if (text === null) return false;
  if (line.startsWith("+")) section.added += 1;
  else if (line.startsWith("-")) section.removed += 1;
  const cut = text.length > MAX_LINE_CHARS ? `${text.slice(0, MAX_LINE_CHARS)}…\n` : `${text}\n`;
  section.lines.push(cut);
  section.chars += cut.length;
  // Seldom, so that each line is moved a few times at most.
  if (section.chars > 4 * KEPT_CHARS) trim(section, KEPT_CHARS);
  return true;
}

/** Null for what is no line of the file's. */
function shownLine(kind: Section["kind"], line: string): string | null {
  if (kind === "delete") return null;
  if (kind === "add") return line.startsWith("+") ? line.slice(1) : null;
  if (line === "") return " ";
  return /^(?:[ +-]|@@)/.test(line) ? line : null;
}

function trim(section: Section, maxChars: number): void {
  if (section.chars <= maxChars) return;
  section.lines = newest(section.lines, maxChars);
  section.chars = section.lines.reduce((sum, line) => sum + line.length, 0);
}

/** From the end. */
function newest(lines: readonly string[], maxChars: number): string[] {
  let from = lines.length;
  for (let left = maxChars; from > 0; from -= 1) {
    left -= lines[from - 1]?.length ?? 0;
    if (left < 0) break;
  }
  return lines.slice(from);
}
