// Reads config.toml and lays the editor's settings and `-c` over it. Never throws: what cannot be used is left out
// and reported, so that a broken file stops nobody from working. Nor does it lift a restriction: see strictest.ts.
import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import type * as z from "zod";
import type { ConfigLayer } from "../protocol/config.ts";
import type { CatalogModel } from "./catalog.ts";
import { layerOf } from "./layers.ts";
import { misspelledKeys } from "./misspelled.ts";
import { Config } from "./schema.ts";
import { inWords, type Setting, strictestAt, strictestOfFile } from "./strictest.ts";
import { placeOfError, type TextRange, valueRange } from "./text-range.ts";
import { setAt, type Table } from "./values.ts";

export interface ConfigWarning {
  summary: string;
  details: string | null;
  path: string | null;
  range?: TextRange;
}
export interface LoadedConfig {
  config: Config;
  warnings: ConfigWarning[];
  /** What `model_catalog_json` lists. */
  catalog: CatalogModel[];
  /** What all layers say together, unknown keys included, without what could not be used. */
  values: Table;
  /** Highest first. */
  layers: ConfigLayer[];
}
/** Dotted keys, as `-c key=value` and the editor give them. */
export type Overrides = Readonly<Record<string, unknown>>;

export function configPath(home: string): string {
  return join(home, "config.toml");
}

/** Later overrides win. */
export async function loadConfig(home: string, overrides: readonly Overrides[]): Promise<LoadedConfig> {
  const path = configPath(home);
  const file = await readConfigFile(path);
  const warnings: ConfigWarning[] = [];
  if (file.trouble !== null) warnings.push(unreadable(path, file.trouble));
  let values = structuredClone(file.values);
  if (file.trouble !== null) hold(values, strictestOfFile);
  for (const { key, meant } of misspelledKeys(Object.keys(values), Object.keys(Config.shape))) {
    const details = `Did you mean ${meant}? Correct it in ${path} and restart the server.`;
    warnings.push({ summary: `There is no configuration key ${key}.`, details, path });
  }
  hold(values, keepValid(values, { name: path, text: file.text ?? "" }, warnings).instead);
  const flags: Table = {};
  for (const [key, value] of overrides.flatMap((layer) => Object.entries(layer))) {
    const before = structuredClone(values);
    setAt(values, key.split("."), structuredClone(value));
    const { dropped, instead } = keepValid(values, { name: "the editor's settings or -c", text: "" }, warnings);
    if (dropped === 0) {
      setAt(flags, key.split("."), structuredClone(value));
      continue;
    }
    // What the layers below say stands, unless it may be less strict than what was meant.
    values = before;
    for (const layer of [values, flags]) hold(layer, instead);
  }
  const user = layerOf({ type: "user", file: path, profile: null }, file.values, file.trouble?.place ?? null);
  const session = Object.keys(flags).length === 0 ? [] : [layerOf({ type: "sessionFlags" }, flags)];
  const config = Config.parse(values, once);
  const catalog = await catalogOf(home, config, warnings);
  return { config, warnings, catalog, values, layers: [...session, user] };
}

/** To make code for a schema takes longer than the few values it is asked about. */
const once = { jitless: true };

async function catalogOf(home: string, config: Config, warnings: ConfigWarning[]): Promise<CatalogModel[]> {
  if (config.model_catalog_json === undefined) return [];
  const { readCatalog } = await import("./catalog.ts");
  const path = resolve(home, config.model_catalog_json);
  const { models, trouble } = await readCatalog(path);
  if (trouble !== null) {
    const details = `${trouble}. Correct it, or take the key out.`;
    warnings.push({ summary: "The configuration key model_catalog_json is not used.", details, path });
  }
  return models;
}

interface ConfigFile {
  /** Null: there is none, or it cannot be read. */
  text: string | null;
  values: Table;
  /** Why it says nothing; `place` says where, too, in one line. */
  trouble: { place: string; error: Error; range: TextRange | null } | null;
}

/** A file that is not there says nothing, and that is no trouble. Never throws. */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  let text: string | null = null;
  try {
    text = await readFile(path, "utf8");
    return { text, values: parse(text), trouble: null };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { text, values: {}, trouble: null };
    return { text, values: {}, trouble: { error: error as Error, ...placeOfError(path, text ?? "", error as Error) } };
  }
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

function unreadable(path: string, { error, range }: { error: Error; range: TextRange | null }): ConfigWarning {
  const where = error instanceof TomlError ? ` at line ${error.line}, column ${error.column}` : "";
  const firstLine = error.message.split("\n")[0];
  return {
    summary: "Invalid configuration; using defaults.",
    details: `${path} could not be read${where}: ${firstLine}. Correct the file and restart the server. Until then ${inWords(strictestOfFile)}, unless the editor's settings or -c say otherwise.`,
    path,
    ...(range === null ? {} : { range }),
  };
}

function hold(values: Table, settings: readonly Setting[]): void {
  for (const { key, value } of settings) setAt(values, key.split("."), value);
}

/** Drops each value that does not fit its key, says so, and keeps the rest. `instead`: what must hold for it. */
function keepValid(
  values: Table,
  origin: { name: string; text: string },
  warnings: ConfigWarning[],
): { dropped: number; instead: Setting[] } {
  const instead: Setting[] = [];
  for (let dropped = 0; ; dropped++) {
    const parsed = Config.safeParse(values, once);
    if (parsed.success) return { dropped, instead };
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    const range = valueRange(origin.text, issue.path.map(String));
    const strict = strictestAt(issue.path.map(String));
    instead.push(...strict);
    const until = strict.length === 0 ? "" : ` Until then ${inWords(strict)}.`;
    warnings.push({
      summary: `The configuration key ${issue.path.join(".")} is not used.`,
      details: `${issue.message}. Correct it in ${origin.name} and restart the server.${until}`,
      path: isAbsolute(origin.name) ? origin.name : null,
      ...(range === null ? {} : { range }),
    });
    removeAt(values, issue.path.map(String));
  }
}

function removeAt(target: Record<string, unknown>, path: readonly string[]): void {
  const parent = path.slice(0, -1).reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], target);
  const key = path.at(-1);
  if (key !== undefined && Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (key !== undefined && typeof parent === "object" && parent !== null) {
    delete (parent as Record<string, unknown>)[key];
  }
}
