// Changes an array where it differs, so that comments between its values stay.
import { parse } from "smol-toml";
import { commaEnd, scanArray, type Span } from "./toml-scan.ts";
import { endOfLine, inline, removeListed, splice } from "./toml-text.ts";
import { sameValue } from "./values.ts";

/** Puts `value` in the place of the one at `span`. */
export function replaceValue(text: string, span: Span, value: unknown): string {
  const { old } = parse(`old = ${text.slice(span.start, span.end)}`);
  if (!Array.isArray(old) || !Array.isArray(value)) return splice(text, span, inline(value));
  const isSame = (a: number, b: number) => sameValue(old[a], value[b]);
  const shorter = Math.min(old.length, value.length);
  let first = 0;
  while (first < shorter && isSame(first, first)) first++;
  let last = 0;
  while (last < shorter - first && isSame(old.length - 1 - last, value.length - 1 - last)) last++;
  return replaceRange(text, span, { start: first, end: old.length - last }, value.slice(first, value.length - last));
}

/** `range` counts values, and so does the difference in length. */
function replaceRange(text: string, array: Span, range: Span, values: readonly unknown[]): string {
  const all = scanArray(text, array);
  const replaced = Math.min(range.end - range.start, values.length);
  let edited = text;
  // From the end, so that the places before stay where they are.
  for (let index = range.end - 1; index >= range.start + replaced; index--) {
    edited = removeListed(edited, all, index);
  }
  const more = values.slice(replaced);
  if (more.length > 0) edited = insertBehind(edited, array, all, range.start + replaced, more);
  for (let index = range.start + replaced - 1; index >= range.start; index--) {
    edited = splice(edited, all[index] as Span, inline(values[index - range.start]));
  }
  return edited;
}

/** `count` values stay before the new ones. */
function insertBehind(
  text: string,
  array: Span,
  all: readonly Span[],
  count: number,
  values: readonly unknown[],
): string {
  const list = values.map(inline);
  const before = all[count - 1];
  const next = all[count]?.start ?? array.end;
  if (before === undefined) {
    const isEmpty = text.slice(array.start + 1, array.end - 1).trim() === "";
    const end = isEmpty ? array.end - 1 : array.start + 1;
    return splice(text, { start: array.start + 1, end }, `${list.join(", ")}${isEmpty ? "" : ", "}`);
  }
  if (!text.slice(before.end, next).includes("\n")) {
    return splice(text, { start: before.end, end: before.end }, `, ${list.join(", ")}`);
  }
  const comma = commaEnd(text, before.end);
  const lineStart = text.lastIndexOf("\n", before.start - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart, before.start))?.[0] ?? "";
  const at = endOfLine(text, comma ?? before.end);
  const lines = list.map((each) => `${indent}${each},\n`).join("");
  const inserted = splice(text, { start: at, end: at }, lines);
  return comma === null ? splice(inserted, { start: before.end, end: before.end }, ",") : inserted;
}
