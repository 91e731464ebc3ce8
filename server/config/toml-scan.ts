// Where the statements of a TOML text stand. Expects text that parses: it looks for places, it does not judge.
import { parse } from "smol-toml";

/** Half open, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `[a.b]` or `[[a.b]]`; the statement ends before its comment. */
export interface Header extends Span {
  readonly kind: "header";
  readonly path: readonly string[];
  readonly isArray: boolean;
}

/** `key = value`, at the top, in a section or in an inline table; it ends with its value. */
export interface Pair extends Span {
  readonly kind: "pair";
  /** From the root, or from the inline table it stands in. */
  readonly path: readonly string[];
  /** How much of the path the section's header has said. */
  readonly sectionLength: number;
  readonly value: Span;
}

export type Statement = Header | Pair;

/** Headers and pairs in order. What stands under `[[a]]` has a path that begins with `a`, for all its elements. */
export function scanToml(text: string): Statement[] {
  const statements: Statement[] = [];
  let section: readonly string[] = [];
  for (let at = skipBlank(text, text.startsWith("\uFEFF") ? 1 : 0); at < text.length; at = skipBlank(text, at)) {
    const statement = text[at] === "[" ? readHeader(text, at) : readPair(text, at, section);
    if (statement.kind === "header") section = statement.path;
    statements.push(statement);
    at = statement.end;
  }
  return statements;
}

/** The pairs of the inline table that stands at `table`. */
export function scanInlineTable(text: string, table: Span): Pair[] {
  return scanElements(text, table, (at) => readPair(text, at, []));
}

/** The values of the array that stands at `array`. */
export function scanArray(text: string, array: Span): Span[] {
  return scanElements(text, array, (at) => readValue(text, at));
}

/** What stands between two brackets and commas. */
function scanElements<T extends { end: number }>(text: string, outer: Span, read: (at: number) => T): T[] {
  const elements: T[] = [];
  for (let at = skipBlank(text, outer.start + 1); at < outer.end - 1; at = skipBlank(text, at)) {
    if (text[at] === ",") {
      at++;
      continue;
    }
    const element = read(at);
    elements.push(element);
    at = element.end;
  }
  return elements;
}

/** Behind the comma that follows; where there is none, null. */
export function commaEnd(text: string, from: number): number | null {
  const at = skipBlank(text, from);
  return text[at] === "," ? at + 1 : null;
}

function readHeader(text: string, start: number): Header {
  const isArray = text.startsWith("[[", start);
  const width = isArray ? 2 : 1;
  const keyEnd = skipUntil(text, start + width, "]");
  return { kind: "header", path: keysOf(text.slice(start + width, keyEnd)), isArray, start, end: keyEnd + width };
}

function readPair(text: string, start: number, section: readonly string[]): Pair {
  const equals = skipUntil(text, start, "=");
  const path = [...section, ...keysOf(text.slice(start, equals))];
  const value = readValue(text, equals + 1);
  return { kind: "pair", path, sectionLength: section.length, start, end: value.end, value };
}

function readValue(text: string, from: number): Span {
  let start = from;
  while (text[start] === " " || text[start] === "\t") start++;
  const first = text[start] ?? "";
  if (first === '"' || first === "'") return { start, end: skipString(text, start) };
  if (first === "[" || first === "{") return { start, end: skipBrackets(text, start) };
  let end = start;
  while (end < text.length && !",]}#\r\n".includes(text[end] ?? "")) end++;
  return { start, end: start + text.slice(start, end).trimEnd().length };
}

/** Past the bracket that closes the one at `start`. */
function skipBrackets(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (char === '"' || char === "'") at = skipString(text, at);
    else if (char === "#") at = lineEnd(text, at);
    else {
      if (char === "[" || char === "{") depth++;
      if (char === "]" || char === "}") depth--;
      at++;
      if (depth === 0) break;
    }
  }
  return at;
}

function skipString(text: string, start: number): number {
  const quote = text[start] ?? "";
  const isLong = text.startsWith(quote.repeat(3), start);
  const closing = isLong ? quote.repeat(3) : quote;
  let at = start + closing.length;
  while (at < text.length && !text.startsWith(closing, at)) at += quote === '"' && text[at] === "\\" ? 2 : 1;
  at += closing.length;
  // A long string may end in one or two quotes of its own.
  const more = isLong ? /^(?:""?|''?)/.exec(text.slice(at, at + 2))?.[0] : undefined;
  return more?.startsWith(quote) ? at + more.length : at;
}

/** The next `stop` outside of quotes. */
function skipUntil(text: string, from: number, stop: string): number {
  let at = from;
  while (at < text.length && text[at] !== stop) {
    at = text[at] === '"' || text[at] === "'" ? skipString(text, at) : at + 1;
  }
  return at;
}

/** Past white space, line breaks and comments. */
function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (text[at] !== "#") return at;
    at = lineEnd(text, at);
  }
}

/** Before the line break. */
function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at === -1 ? text.length : at;
}

/** A dotted key; one with quotes is decoded by the parser itself. */
function keysOf(dotted: string): string[] {
  const bare = dotted.trim();
  if (/^[\w-]+(?:\.[\w-]+)*$/.test(bare)) return bare.split(".");
  const keys: string[] = [];
  let value: unknown = parse(`${bare} = 0`);
  while (typeof value === "object" && value !== null) {
    const [key = ""] = Object.keys(value);
    keys.push(key);
    value = (value as Record<string, unknown>)[key];
  }
  return keys;
}
