// A file change as lines to draw, and its two numbers.
import type { FileUpdateChange } from "../../server/protocol/item.ts";

export type DiffLine = { kind: "same" | "added" | "removed"; text: string } | { kind: "gap" };

export interface LineCounts {
  added: number;
  removed: number;
}

/** `add` and `delete` carry the bare content; `update` carries unified hunks without a file header. */
export function diffLines({ kind, diff }: FileUpdateChange): DiffLine[] {
  if (kind.type !== "update") {
    const side = kind.type === "add" ? "added" : "removed";
    return linesOf(diff).map((text) => ({ kind: side, text }));
  }
  const lines: DiffLine[] = [];
  for (const line of linesOf(diff)) {
    if (line.startsWith("@@")) {
      if (lines.length > 0) lines.push({ kind: "gap" });
    } else if (line.startsWith("+")) lines.push({ kind: "added", text: line.slice(1) });
    else if (line.startsWith("-")) lines.push({ kind: "removed", text: line.slice(1) });
    // "\ No newline at end of file" is about the file, not a line of it.
    else if (!line.startsWith("\\")) lines.push({ kind: "same", text: line.slice(1) });
  }
  return lines;
}

export function lineCounts(changes: readonly FileUpdateChange[]): LineCounts {
  const counts = { added: 0, removed: 0 };
  for (const line of changes.flatMap(diffLines)) {
    if (line.kind === "added") counts.added += 1;
    if (line.kind === "removed") counts.removed += 1;
  }
  return counts;
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
