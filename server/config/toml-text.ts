// Pieces of TOML text: how a key and a value are written, and cutting.
import { commaEnd, type Span } from "./toml-scan.ts";
import { isTable } from "./values.ts";

export function splice(text: string, { start, end }: Span, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Behind the line break. */
export function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at === -1 ? text.length : at + 1;
}

/**
 * Without one of a list, its comma, and its line if nothing else is on it. Those behind it may be gone already; those
 * before it are not.
 */
export function removeListed(text: string, list: readonly Span[], index: number): string {
  const { start, end } = list[index] as Span;
  const comma = commaEnd(text, end);
  if (comma !== null) {
    // Between the value and its comma there may be comments.
    const isNext = text.slice(end, comma - 1).trim() === "";
    const spaces = /^[ \t]*/.exec(text.slice(comma))?.[0].length ?? 0;
    if (isNext) return cut(text, { start, end: comma + spaces });
    return cut(splice(text, { start: comma - 1, end: comma }, ""), { start, end });
  }
  const before = list[index - 1];
  const between = before === undefined ? "#" : text.slice(before.end, start);
  // Where a comment stands between them, the comma before it closes the list.
  return between.includes("#") ? cut(text, { start, end }) : splice(text, { start: before?.end ?? start, end }, "");
}

/** With the line, if there is nothing else on it. */
function cut(text: string, { start, end }: Span): string {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = endOfLine(text, end);
  const isAlone = (text.slice(lineStart, start) + text.slice(end, lineEnd)).trim() === "";
  return splice(text, isAlone ? { start: lineStart, end: lineEnd } : { start, end }, "");
}

export function dottedKey(path: readonly string[]): string {
  return path.map((key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : quoted(key))).join(".");
}

/** One line, whatever it is. */
export function inline(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return Object.is(value, -0) ? "-0.0" : String(value);
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (value instanceof Date) return value.toISOString();
  if (!isTable(value)) return String(value);
  const members = Object.entries(value).map(([key, each]) => `${dottedKey([key])} = ${inline(each)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** JSON's escapes are TOML's, but for DEL, which TOML wants escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\u007F", "\\u007F");
}
