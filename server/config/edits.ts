// What a change of the configuration means: key paths, and what they do to plain values. Pure.
import type { ConfigEdit } from "../protocol/config.ts";
import { issueSentence } from "../protocol/rpc/dispatch.ts";
import { configWriteRefused } from "../protocol/rpc/errors.ts";
import { Config } from "./schema.ts";
import { isTable, member, type Table } from "./values.ts";

/** Deeper than any configuration, and far from where reading it again would run out of stack. */
const MAX_DEPTH = 32;

const refused = (message: string) => configWriteRefused("configValidationError", message);

/** The values with all edits made. Throws RpcError for an edit that cannot be made, and for one we could not use. */
export function applyEdits(values: Table, edits: readonly ConfigEdit[]): Table {
  const paths = edits.map(({ keyPath }) => parseKeyPath(keyPath));
  const target = edits.reduce((table, edit, index) => {
    checkValue(edit.value, paths[index]?.length ?? 0);
    return setAt(table, paths[index] ?? [], edit);
  }, values);
  checkFits(target, paths);
  return target;
}

/** Parts are separated by dots; one in double quotes may hold dots itself. */
export function parseKeyPath(keyPath: string): string[] {
  if (keyPath === "") throw refused("keyPath must not be empty");
  const parts: string[] = [];
  for (let rest: string | null = keyPath; rest !== null; ) {
    const part = rest.startsWith('"') ? quotedPart(rest) : (/^[^."]*/.exec(rest)?.[0] ?? "");
    const after = rest.slice(part.length);
    if (part === "") throw refused("keyPath segments must not be empty");
    if (after !== "" && !after.startsWith(".")) throw refused("invalid quoted keyPath segment");
    parts.push(part.startsWith('"') ? unquoted(part) : part);
    rest = after === "" ? null : after.slice(1);
    if (parts.length > MAX_DEPTH) throw refused(`keyPath has more than ${MAX_DEPTH} segments`);
  }
  return parts;
}

function quotedPart(text: string): string {
  const part = /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0];
  if (part === undefined) throw refused("unterminated quoted keyPath segment");
  return part;
}

function unquoted(part: string): string {
  try {
    return JSON.parse(part) as string;
  } catch {
    throw refused("invalid quoted keyPath segment");
  }
}

/** Copies what it changes. */
function setAt(table: Table, path: readonly string[], edit: ConfigEdit): Table {
  const [key = "", ...rest] = path;
  const old = member(table, key);
  if (rest.length > 0) {
    if (edit.value === null && !isTable(old)) return table;
    if (old !== undefined && !isTable(old)) throw refused("cannot set value on non-table parent");
    return { ...table, [key]: setAt(old ?? {}, rest, edit) };
  }
  if (edit.value === null) {
    const { [key]: _, ...others } = table;
    return others;
  }
  return { ...table, [key]: edit.mergeStrategy === "upsert" ? merged(old, edit.value) : edit.value };
}

function merged(old: unknown, value: unknown): unknown {
  if (!isTable(old) || !isTable(value)) return value;
  const members = Object.entries(value).map(([key, each]) => [key, merged(member(old, key), each)]);
  return { ...old, ...Object.fromEntries(members) };
}

/** TOML has no null; alone it takes the key out. */
function checkValue(value: unknown, depth: number, isInside = false): void {
  if (value === null && isInside) throw refused("invalid value: invalid type: null, expected any valid TOML value");
  if (depth > MAX_DEPTH) throw refused(`invalid value: nested more than ${MAX_DEPTH} deep`);
  if (typeof value !== "object" || value === null) return;
  for (const each of Object.values(value)) checkValue(each, depth + 1, true);
}

/** What somebody else has spoilt elsewhere in the file is not a reason to refuse a change. */
function checkFits(values: Table, paths: readonly (readonly string[])[]): void {
  for (const issue of Config.safeParse(values).error?.issues ?? []) {
    const { sentence, path } = issueSentence(issue, values);
    const isEdited = paths.some((edited) =>
      path.every((key, index) => index >= edited.length || edited[index] === key),
    );
    if (isEdited) throw refused(`Invalid configuration: ${sentence}\nin \`${path.join(".")}\`\n`);
  }
}
