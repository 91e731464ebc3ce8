// Where in config.toml something is wrong, as editors count.
import { TomlError } from "smol-toml";
import { scanToml } from "./toml-scan.ts";

/** 1-based, the end included; columns count characters. */
export interface TextRange {
  start: { line: number; column: number };
  end: { line: number; column: number };
}

/** `place` is one line: the path, the position where there is one, and the reason. */
export function placeOfError(path: string, text: string, error: Error): { place: string; range: TextRange | null } {
  const reason = (error.message.split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
  if (!(error instanceof TomlError)) return { place: `${path}: ${reason}`, range: null };
  const lineStart = text.split("\n", error.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const at = positionAt(text, lineStart + error.column - 1);
  return { place: `${path}:${at.line}:${at.column}: ${reason}`, range: { start: at, end: at } };
}

/** Of the value at a path, or of what it stands in. Null: it is not in the text. */
export function valueRange(text: string, path: readonly string[]): TextRange | null {
  const around = scanToml(text)
    .filter((each) => each.path.length > 0 && each.path.every((key, index) => path[index] === key))
    .toSorted((a, b) => b.path.length - a.path.length)[0];
  if (around === undefined) return null;
  const { start, end } = around.kind === "pair" ? around.value : around;
  return { start: positionAt(text, start), end: positionAt(text, Math.max(start, end - 1)) };
}

function positionAt(text: string, at: number): TextRange["start"] {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(lineStart)].length + 1 };
}
