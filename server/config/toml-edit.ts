// Changes a TOML text so that it says other values. Every byte that need not change stays: comments, order, spacing.
import { parse } from "smol-toml";
import { replaceValue } from "./toml-array.ts";
import { type Header, type Pair, scanInlineTable, scanToml, type Span } from "./toml-scan.ts";
import { dottedKey, endOfLine, inline, removeListed, splice } from "./toml-text.ts";
import { isTable, sameValue, type Table } from "./values.ts";

/**
 * `text` must parse. Throws Error rather than return a text that does not parse to exactly `target` (but for tables
 * without contents, which may be left out).
 */
export function editToml(text: string, target: Table): string {
  const all = changes(parse(text), target, []);
  if (all.length > MAX_CHANGES) {
    throw new Error(`${all.length} places of the file would change; at most ${MAX_CHANGES} may at a time`);
  }
  const edited = all.reduce(
    (current, { path, value }) => (value === undefined ? remove(current, path) : put(current, path, value)),
    text,
  );
  const result = isWindows(text) ? edited.replace(/(?<!\r)\n/g, "\r\n") : edited;
  if (!sameValue(parse(result), target)) throw new Error("the edited file would not say what was asked for");
  return result;
}

/** The text is read again for each. */
const MAX_CHANGES = 1000;

/** Every line ends like that. Where both kinds stand, new lines get the other. */
function isWindows(text: string): boolean {
  return text.includes("\n") && !/(?<!\r)\n/.test(text);
}

interface Change {
  readonly path: readonly string[];
  /** Undefined: the key goes. */
  readonly value: unknown;
}

/** As deep inside as the difference lies. */
function changes(before: Table, after: Table, at: readonly string[]): Change[] {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const put = Object.entries(after).flatMap(([key, value]): Change[] => {
    const path = [...at, key];
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isTable(old) && isTable(value)) return changes(old, value, path);
    return old !== undefined && sameValue(old, value) ? [] : [{ path, value }];
  });
  return [...gone.map((key) => ({ path: [...at, key], value: undefined })), ...put];
}

function put(text: string, path: readonly string[], value: unknown): string {
  const statements = scanToml(text);
  const pairs = statements.filter((statement) => statement.kind === "pair");
  const same = pairs.find((pair) => isSame(pair.path, path));
  if (same !== undefined) return replaceValue(text, same.value, value);
  const around = pairs.find((pair) => pair.path.length < path.length && isUnder(path, pair.path));
  if (around !== undefined) return putInline(text, around.value, path.slice(around.path.length), value);
  // What is here under the same name is of another kind: sections that become a value.
  if (statements.some((statement) => isUnder(statement.path, path))) return put(remove(text, path), path, value);
  return insert(text, path, value);
}

/** Into the nearest table that is there. Every ancestor on the way is a table: the caller has made sure of it. */
function insert(text: string, path: readonly string[], value: unknown): string {
  const statements = scanToml(text);
  const key = path.slice(-1);
  for (let length = path.length - 1; length >= 0; length--) {
    const table = path.slice(0, length);
    const dotted = statements.findLast(
      (each): each is Pair => each.kind === "pair" && each.sectionLength < length && isUnder(each.path, table),
    );
    if (dotted !== undefined) {
      return insertLine(text, dotted, `${dottedKey(path.slice(dotted.sectionLength))} = ${inline(value)}`);
    }
    const isDirect = length === path.length - 1 && !isTable(value);
    const header = statements.find((each): each is Header => each.kind === "header" && isSame(each.path, table));
    if (header !== undefined && isDirect) {
      const last = pairsOf(header, statements).at(-1) ?? header;
      return insertLine(text, last, `${dottedKey(key)} = ${inline(value)}`);
    }
    if (statements.some((each) => each.kind === "header" && isUnder(each.path, table))) break;
  }
  if (path.length === 1 && !isTable(value)) return insertAtTop(text, `${dottedKey(key)} = ${inline(value)}`);
  return isTable(value)
    ? insertSection(text, path, Object.entries(value))
    : insertSection(text, path.slice(0, -1), [[path.at(-1) ?? "", value]]);
}

function pairsOf(header: Header, statements: readonly (Header | Pair)[]): Pair[] {
  const rest = statements.slice(statements.indexOf(header) + 1);
  const next = rest.findIndex(({ kind }) => kind === "header");
  return rest.slice(0, next === -1 ? undefined : next).filter((each) => each.kind === "pair");
}

/** On a line of its own behind a statement, as far in as that one. */
function insertLine(text: string, behind: Span, line: string): string {
  const at = endOfLine(text, behind.end);
  const lineStart = text.lastIndexOf("\n", behind.start - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart, behind.start))?.[0] ?? "";
  return splice(text, { start: at, end: at }, `${breakBefore(text, at)}${indent}${line}\n`);
}

/** Behind the last pair without a section, else before everything but the comment that heads the file. */
function insertAtTop(text: string, line: string): string {
  const statements = scanToml(text);
  const first = statements.findIndex(({ kind }) => kind === "header");
  const last = (first === -1 ? statements : statements.slice(0, first)).at(-1);
  if (last !== undefined) return insertLine(text, last, line);
  // A comment right above a section is about the section; one with an empty line behind it is about the file.
  const head = /^\uFEFF?(?:(?:[ \t]*#[^\n]*)?\r?\n)*?[ \t]*\r?\n(?![ \t]*\r?\n)/.exec(text);
  const at = first === -1 ? text.length : (head?.[0].length ?? (text.startsWith("\uFEFF") ? 1 : 0));
  const isLast = text.slice(at).trim() === "";
  return splice(text, { start: at, end: at }, `${breakBefore(text, at)}${line}\n${isLast ? "" : "\n"}`);
}

/** Behind the sections of the same family, else at the end. */
function insertSection(text: string, path: readonly string[], members: readonly [string, unknown][]): string {
  const statements = scanToml(text);
  const family = statements.findLastIndex(
    (each) => (each.kind === "header" || each.sectionLength > 0) && each.path[0] === path[0],
  );
  const isBetween = family !== -1 && family < statements.length - 1;
  const at = isBetween ? endOfLine(text, statements[family]?.end ?? 0) : text.length;
  const gap = text.slice(0, at).trim() === "" || /\n[ \t]*\r?\n$/.test(text.slice(0, at)) ? "" : "\n";
  const lines = [`[${dottedKey(path)}]`, ...members.map(([key, value]) => `${dottedKey([key])} = ${inline(value)}`)];
  return splice(text, { start: at, end: at }, `${breakBefore(text, at)}${gap}${lines.join("\n")}\n`);
}

function putInline(text: string, table: Span, path: readonly string[], value: unknown): string {
  const pairs = scanInlineTable(text, table);
  const same = pairs.find((pair) => isSame(pair.path, path));
  if (same !== undefined) return replaceValue(text, same.value, value);
  const around = pairs.find((pair) => pair.path.length < path.length && isUnder(path, pair.path));
  if (around !== undefined) return putInline(text, around.value, path.slice(around.path.length), value);
  const inside = pairs.find((pair) => isUnder(pair.path, path));
  if (inside !== undefined) {
    const { text: without, table: rest } = removeInline(text, table, path);
    return putInline(without, rest, path, value);
  }
  const member = `${dottedKey(path)} = ${inline(value)}`;
  const last = pairs.at(-1);
  if (last !== undefined) return splice(text, { start: last.end, end: last.end }, `, ${member}`);
  const isEmpty = text.slice(table.start + 1, table.end - 1).trim() === "";
  return splice(text, { start: table.start + 1, end: isEmpty ? table.end - 1 : table.start + 1 }, ` ${member} `);
}

function remove(text: string, path: readonly string[]): string {
  const statements = scanToml(text);
  const around = statements.find(
    (each): each is Pair => each.kind === "pair" && each.path.length < path.length && isUnder(path, each.path),
  );
  if (around !== undefined) return removeInline(text, around.value, path.slice(around.path.length)).text;
  return statements
    .filter((each) => isUnder(each.path, path))
    .reduceRight((current, statement) => splice(current, wholeLines(current, statement), ""), text);
}

function removeInline(text: string, table: Span, path: readonly string[]): { text: string; table: Span } {
  const pairs = scanInlineTable(text, table);
  const around = pairs.find((pair) => pair.path.length < path.length && isUnder(path, pair.path));
  const edited =
    around === undefined
      ? pairs.reduceRight(
          (current, pair, index) => (isUnder(pair.path, path) ? removeListed(current, pairs, index) : current),
          text,
        )
      : removeInline(text, around.value, path.slice(around.path.length)).text;
  return { text: edited, table: { start: table.start, end: table.end + edited.length - text.length } };
}

/** With the comment behind it and the line break; comments on lines of their own stay. */
function wholeLines(text: string, { start, end }: Span): Span {
  return { start: text.lastIndexOf("\n", start - 1) + 1, end: endOfLine(text, end) };
}

function breakBefore(text: string, at: number): string {
  const before = text[at - 1];
  return before === undefined || before === "\n" || before === "\uFEFF" ? "" : "\n";
}

function isUnder(path: readonly string[], ancestor: readonly string[]): boolean {
  return ancestor.every((key, index) => path[index] === key);
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && isUnder(a, b);
}
