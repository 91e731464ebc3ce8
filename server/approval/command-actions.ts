// What a command does as far as it can be told in a word: reads a file, lists files, searches. For showing only. Pure.
import { basename, resolve } from "node:path";
import type { CommandAction } from "../protocol/item.ts";
import { shellQuote } from "../util/shell-quote.ts";
import { lex, type Word } from "./lexer.ts";
import { readOptions } from "./options.ts";

/** One action a command that says something; a single `unknown` when one of them cannot be told. */
export function commandActions(script: string, cwd: string): CommandAction[] {
  const unknown: CommandAction[] = [{ type: "unknown", command: script }];
  const lexed = lex(script);
  if (lexed.kind === "notLexable") return unknown;
  const actions: CommandAction[] = [];
  let folder = cwd;
  for (const [at, words] of lexed.commands.entries()) {
    const argv = words.map(({ text }) => text);
    const isPiped = at > 0 && lexed.operators[at - 1] === "|";
    if (isPiped && isFormatter(argv)) continue;
    if (argv[0] === "cd" && argv.length === 2 && lexed.operators[at] === "&&") {
      folder = resolve(folder, argv[1] ?? "");
      continue;
    }
    const action = actionOf(words, folder);
    if (action === null) return unknown;
    actions.push(action);
  }
  return actions.length === 0 ? unknown : actions;
}

/** Shapes what another command says, and reads no file of its own. */
function isFormatter([name = "", ...rest]: readonly string[]): boolean {
  const operands = rest.filter((word) => !/^[-+]|^\d+$/.test(word));
  const allowed = { head: 0, tail: 0, wc: 0, sort: 0, uniq: 0, nl: 0, cut: 0, tr: 2, sed: 1 }[name];
  return allowed !== undefined && operands.length <= allowed && (name !== "sed" || rest[0] === "-n");
}

function actionOf(words: readonly Word[], cwd: string): CommandAction | null {
  const [name = "", ...rest] = words.map(({ text }) => text);
  if (words[0]?.quoted) return null;
  const command = shellQuote([name, ...rest]);
  switch (name) {
    case "nl":
      return reading(command, only(operands(rest, { flags: "p", valued: "bdfhilnsvw" })), cwd);
    case "cat":
      return reading(command, only(operands(rest, { flags: "nbAEsTtuv" })), cwd);
    case "head":
    case "tail":
      return reading(command, only(operands(rest, { flags: "qvf0123456789", valued: "nc", longValued: "lines" })), cwd);
    case "sed":
      return rest[0] === "-n" && /^[\d,$]+p$/.test(rest[1] ?? "") ? reading(command, only(rest.slice(2)), cwd) : null;
    case "ls":
      return listing(
        command,
        operands(rest, { flags: "aAlhtrRS1FGdispnogkmx", long: "all almost-all recursive color" }),
      );
    case "find":
      return finding(command, rest);
    case "rg":
      return searching(command, rest, { isGrep: false });
    case "grep":
      return searching(command, rest, { isGrep: true });
    default:
      return null;
  }
}

function operands(words: readonly string[], spec: Parameters<typeof readOptions>[1]): string[] | null {
  const read = readOptions(words, spec);
  return read.kind === "read" ? read.operands : null;
}

function only(paths: readonly string[] | null): string | null {
  return paths?.length === 1 ? (paths[0] ?? null) : null;
}

function reading(command: string, path: string | null, cwd: string): CommandAction | null {
  if (path === null || path === "-" || /[*?[]/.test(path)) return null;
  return { type: "read", command, name: basename(path), path: resolve(cwd, path) };
}

function listing(command: string, paths: readonly string[] | null): CommandAction | null {
  if (paths === null || paths.length > 1) return null;
  return { type: "listFiles", command, path: paths[0] ?? null };
}

function finding(command: string, words: readonly string[]): CommandAction | null {
  if (words.some((word) => /^-(?:exec|ok|delete|fprint|fls)/.test(word))) return null;
  const path = words[0] !== undefined && !/^[-(!]/.test(words[0]) ? words[0] : null;
  const named = words.findIndex((word) => /^-i?(?:name|path|regex)$/.test(word));
  if (named < 0) return { type: "listFiles", command, path };
  return { type: "search", command, query: words[named + 1] ?? null, path };
}

const searchOptions = {
  flags: "EFGPiyvwxcLlqsHhnoaIrRSuU.p",
  valued: "emABCtTgjM",
  long: "files hidden no-ignore ignore-case line-number files-with-matches fixed-strings word-regexp count color recursive",
  longValued: "regexp glob type type-not max-count context after-context before-context include exclude exclude-dir",
};

function searching(command: string, words: readonly string[], { isGrep }: { isGrep: boolean }): CommandAction | null {
  const read = readOptions(words, searchOptions);
  if (read.kind !== "read") return null;
  const has = (...names: string[]) => read.options.find(({ name }) => names.includes(name));
  if (!isGrep && has("files")) return listing(command, read.operands);
  // In rg, -r takes a value; one that is used so cannot be told from a pattern here.
  if (!isGrep && has("r", "R")) return null;
  const given = has("e", "regexp")?.value ?? null;
  const [query = null, ...paths] = given === null ? read.operands : [given, ...read.operands];
  if (query === null || paths.length > 1) return null;
  return { type: "search", command, query, path: paths[0] ?? null };
}
