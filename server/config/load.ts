// Reads config.toml and lays the editor's settings and `-c` over it. Never throws: what cannot be used is left out
// and reported, so that a broken file stops nobody from working.
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { parse, TomlError } from "smol-toml";
import type * as z from "zod";
import { misspelledKeys } from "./misspelled.ts";
import { Config } from "./schema.ts";

export interface ConfigWarning {
  summary: string;
  details: string | null;
  path: string | null;
}
export interface LoadedConfig {
  config: Config;
  warnings: ConfigWarning[];
}
/** Dotted keys, as `-c key=value` and the editor give them. */
export type Overrides = Readonly<Record<string, unknown>>;

/** Later overrides win. */
export async function loadConfig(home: string, overrides: readonly Overrides[]): Promise<LoadedConfig> {
  const path = join(home, "config.toml");
  const warnings: ConfigWarning[] = [];
  let values: Record<string, unknown> = {};
  try {
    values = structuredClone(parse(await readFile(path, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") warnings.push(unreadable(path, error));
  }
  for (const { key, meant } of misspelledKeys(Object.keys(values), Object.keys(Config.shape))) {
    const details = `Did you mean ${meant}? Correct it in ${path} and restart the server.`;
    warnings.push({ summary: `There is no configuration key ${key}.`, details, path });
  }
  keepValid(values, path, warnings);
  for (const [key, value] of overrides.flatMap((layer) => Object.entries(layer))) {
    const before = structuredClone(values);
    setAt(values, key.split("."), value);
    // What the layers below say stands when this one cannot be used: a typing error must not lift a restriction.
    if (keepValid(values, "the editor's settings or -c", warnings) > 0) values = before;
  }
  return { config: Config.parse(values), warnings };
}

/** With dotted or nested overrides laid over it. What does not fit its key leaves that key as it was. */
export function overlaid(config: Config, overrides: Overrides): Config {
  let values: Record<string, unknown> = structuredClone(config);
  for (const [key, value] of Object.entries(overrides)) {
    const before = structuredClone(values);
    setAt(values, key.split("."), value);
    if (!Config.safeParse(values).success) values = before;
  }
  return Config.parse(values);
}

/** `key=value` of the command line; the value is TOML where it parses as TOML, else the text itself. */
export function parseOverride(text: string): Overrides {
  const at = text.indexOf("=");
  if (at <= 0) throw new Error(`-c needs key=value, got ${JSON.stringify(text)}`);
  const key = text.slice(0, at).trim();
  const raw = text.slice(at + 1).trim();
  try {
    return { [key]: parse(`value = ${raw}`)["value"] };
  } catch {
    // Not TOML: a bare word, as people type it (`-c model=gpt-5.5`).
    return { [key]: raw };
  }
}

function unreadable(path: string, error: unknown): ConfigWarning {
  const where = error instanceof TomlError ? ` at line ${error.line}, column ${error.column}` : "";
  const firstLine = (error as Error).message.split("\n")[0];
  return {
    summary: "Invalid configuration; using defaults.",
    details: `${path} could not be read${where}: ${firstLine}. Correct the file and restart the server.`,
    path,
  };
}

/** Drops each value that does not fit its key, says so, and keeps the rest. Returns how many it dropped. */
function keepValid(values: Record<string, unknown>, origin: string, warnings: ConfigWarning[]): number {
  for (let dropped = 0; ; dropped++) {
    const parsed = Config.safeParse(values);
    if (parsed.success) return dropped;
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    warnings.push({
      summary: `The configuration key ${issue.path.join(".")} is not used.`,
      details: `${issue.message}. Correct it in ${origin} and restart the server.`,
      path: isAbsolute(origin) ? origin : null,
    });
    removeAt(values, issue.path.map(String));
  }
}

function setAt(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined || key === "__proto__") return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const next = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
  target[key] = next;
  setAt(next, rest, value);
}

function removeAt(target: Record<string, unknown>, path: readonly string[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], target);
  const key = path.at(-1);
  if (key !== undefined && Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (key !== undefined && typeof parent === "object" && parent !== null) {
    delete (parent as Record<string, unknown>)[key];
  }
}
