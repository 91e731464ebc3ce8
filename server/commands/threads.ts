// `belay threads`: the threads on disk, from the command line. Reading needs no lock: servers may run meanwhile.
import { parseArgs } from "node:util";
import { exportThread } from "./threads/export.ts";
import { importThreads } from "./threads/import.ts";
import { listThreads } from "./threads/list.ts";
import { Refusal, type ThreadsIo } from "./threads/io.ts";
import { searchThreads } from "./threads/search.ts";
import { showThread } from "./threads/show.ts";

const usage =
  "Usage: belay threads list [--cwd DIR] [--archived] [--limit N] [--json]\n" +
  "       belay threads show ID [--json]\n" +
  "       belay threads search TEXT [--archived] [--limit N] [--json]\n" +
  "       belay threads export ID [--format md|json]\n" +
  "       belay threads import FILE… [--json]\n" +
  "ID is the id of a thread, or as much of its beginning as no other has. import takes rollouts of the Codex CLI and of\n" +
  "its App Server, and what export --format json wrote.\n" +
  "Exit code: 0 it is done; 1 nothing is found, or it cannot be done; 2 for a mistake in the call.\n";

const usageError = 2;

/** `argv` is what follows `threads`. Resolves with the exit code. */
export async function runThreadsCommand(argv: readonly string[], io: ThreadsIo): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb === "--help" || verb === "-h") return help(io);
  try {
    const { values, positionals } = readOptions(verb ?? "", rest);
    if (values.help) return help(io);
    return await act(verb ?? "", positionals, values, io);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.stderr.write(`belay threads: ${error.message}\n${error.isMistake ? usage : ""}`);
    return error.isMistake ? usageError : 1;
  }
}

function help(io: ThreadsIo): number {
  io.stdout.write(usage);
  return 0;
}

type Values = ReturnType<typeof readOptions>["values"];

function act(verb: string, words: readonly string[], values: Values, io: ThreadsIo): Promise<number> {
  const { json = false, archived = false } = values;
  const limit = limitOf(values.limit);
  const [first] = words;
  switch (verb) {
    case "list":
      expectWords(words, 0, "list takes no words; `search` looks for a text.");
      return listThreads({ json, archived, limit, cwd: values.cwd ?? null }, io);
    case "show":
      expectWords(words, 1, "say which thread to show, by its id.");
      return showThread(first ?? "", { json }, io);
    case "search":
      expectWords(words, 1, "give the text to look for, in quotes if it is more than a word.");
      return searchThreads(first ?? "", { json, archived, limit }, io);
    case "export":
      expectWords(words, 1, "say which thread to export, by its id.");
      return exportThread(first ?? "", { format: formatOf(values.format) }, io);
    default:
      if (words.length === 0) throw new Refusal("name the files to import.", { isMistake: true });
      return importThreads(words, { json }, io);
  }
}

const options = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  archived: { type: "boolean" },
  limit: { type: "string" },
  cwd: { type: "string" },
  format: { type: "string" },
} as const;

const optionsOf: Readonly<Record<string, readonly (keyof typeof options)[]>> = {
  list: ["json", "archived", "limit", "cwd"],
  show: ["json"],
  search: ["json", "archived", "limit"],
  export: ["format"],
  import: ["json"],
};

function readOptions(verb: string, args: readonly string[]) {
  const known = Object.hasOwn(optionsOf, verb) ? optionsOf[verb] : undefined;
  if (known === undefined) {
    const what = verb === "" ? "say what to do." : `there is no ${JSON.stringify(verb)}.`;
    throw new Refusal(what, { isMistake: true });
  }
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true });
    const strange = Object.keys(parsed.values).find((name) => name !== "help" && !known.includes(name as "json"));
    if (strange === undefined) return parsed;
    throw new Error(`${verb} has no option --${strange}.`);
  } catch (error) {
    throw new Refusal((error as Error).message, { isMistake: true });
  }
}

function expectWords(words: readonly string[], count: number, otherwise: string): void {
  if (words.length !== count) throw new Refusal(otherwise, { isMistake: true });
}

/** Null: all. */
function limitOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Refusal(`--limit must be a number above 0, not ${JSON.stringify(text)}.`, { isMistake: true });
}

function formatOf(text: string | undefined): "md" | "json" {
  if (text === undefined || text === "md" || text === "json") return text ?? "md";
  throw new Refusal(`--format must be md or json, not ${JSON.stringify(text)}.`, { isMistake: true });
}
