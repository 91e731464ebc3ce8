// Finds the commands inside a shell line, wherever they stand: so that a rule which forbids or asks cannot be dodged by
// writing around it. What it finds never makes a line safe.
import type { Node } from "web-tree-sitter";
import { isRunner, programName } from "./allow-limits.ts";
import { withTree } from "./bash-grammar.ts";
import type { KnownWord } from "./rules.ts";

export interface Structure {
  /** Commands as far as their words are known, also those that other commands are told to run. */
  commands: KnownWord[][];
  /** Null: the whole line was understood. Else what was not, as the end of "asks because …". */
  opaque: string | null;
}

/** In characters. */
const MAX_SCRIPT = 20_000;
const MAX_COMMANDS = 2_000;
const MAX_DEPTH = 5;

const shells = new Set(["bash", "sh", "dash", "zsh", "ksh", "mksh", "ash", "rbash", "fish"]);

export async function shellStructure(script: string): Promise<Structure> {
  const found: Structure = { commands: [], opaque: null };
  await collect(script, found, 0);
  return found;
}

async function collect(script: string, found: Structure, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) return unclear(found, "shells are nested too deeply in the line");
  if (script.length > MAX_SCRIPT) return unclear(found, `the line is longer than ${MAX_SCRIPT} characters`);
  const inner = await withTree(script, (root) => {
    if (root.hasError) unclear(found, "the line cannot be read as bash");
    const scripts: string[] = [];
    for (const node of descendants(root)) scripts.push(...read(node, found));
    return scripts;
  });
  for (const nested of inner) {
    if (found.commands.length > MAX_COMMANDS) return unclear(found, "the line has too many commands");
    await collect(nested, found, depth + 1);
  }
}

function unclear(found: Structure, why: string): void {
  found.opaque ??= why;
}

function* descendants(root: Node): Generator<Node> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    open.push(...node.namedChildren.filter((child) => child !== null).toReversed());
  }
}

/** Notes the command that stands here, if one does. The scripts that it is told to run. */
function read(node: Node, found: Structure): string[] {
  const argv = argvOf(node);
  if (argv === null) return [];
  if (argv[0] === null) unclear(found, "the line makes up the name of a command as it runs");
  const readings = unwrapped(argv);
  found.commands.push(...readings);
  return readings.flatMap((reading) => scriptsIn(reading, node, found));
}

function argvOf(node: Node): KnownWord[] | null {
  if (node.type === "declaration_command" || node.type === "unset_command") {
    return node.text.split(/\s+/).map((word) => (/^[\w=./-]+$/.test(word) ? word : null));
  }
  if (node.type !== "command") return null;
  const name = node.childForFieldName("name");
  // Only assignments.
  if (name === null) return null;
  const [word] = name.namedChildren;
  const args = node.childrenForFieldName("argument").filter((argument) => argument !== null);
  return [word == null ? null : wordOf(word), ...args.map(wordOf)];
}

/** A runner's arguments are a command somewhere: each tail is taken for one, since its options are not known. */
function unwrapped(argv: KnownWord[]): KnownWord[][] {
  const [name] = argv;
  if (name == null) return [argv];
  const starts = argv.slice(1, 200).map((_, at) => at + 1);
  if (fills.has(programName(name))) {
    const runsIt = argv.slice(1).some((word) => word !== null && isRunner(word));
    const commands = starts.map((at) => filled(argv, at)).filter(([word], at) => word !== null || !isNamed(argv, at));
    return [argv, ...commands, ...(runsIt ? [[null]] : [])];
  }
  const tails = starts.map((at) => argv.slice(at));
  if (isRunner(name)) return [argv, ...tails];
  const runsAtTimes = ["find", "npm", "pnpm", "yarn", "docker", "uv", "poetry", "bundle"].includes(programName(name));
  return runsAtTimes ? [argv, ...tails.filter(([word]) => word !== null)] : [argv];
}

/** They put what they read behind the command that they run, or in the place of a mark in it. */
const fills = new Set(["xargs", "parallel"]);

/** Whether what follows so many words behind the filler is the mark itself, or an argument of a program named before. */
function isNamed(argv: readonly KnownWord[], count: number): boolean {
  if (/^-[A-Za-z0-9]*I$/.test(argv[count] ?? "")) return true;
  return argv.slice(1, count + 1).some((word, at) => {
    const isValue = /^-[A-Za-z]$/.test(argv[at] ?? "");
    return word !== null && /^[A-Za-z./]/.test(word) && !isValue && !isRunner(word);
  });
}

function filled(argv: KnownWord[], from: number): KnownWord[] {
  const marks = argv.slice(0, from).flatMap((word, at) => {
    if (word === null) return [];
    const attached = /^(?:-[A-Za-z0-9]*[Ii]|--replace=)(.+)$/.exec(word)?.[1];
    const next = /^-[A-Za-z0-9]*I$/.test(word) ? argv[at + 1] : undefined;
    return [attached, next].filter((mark) => mark != null);
  });
  const isFilled = (word: string) => /\{.*\}/.test(word) || marks.some((mark) => word.includes(mark));
  return [...argv.slice(from).map((word) => (word !== null && isFilled(word) ? null : word)), null];
}

function scriptsIn(argv: KnownWord[], node: Node, found: Structure): string[] {
  const [name, ...rest] = argv;
  if (name == null) return [];
  const program = programName(name);
  if (shells.has(program)) return shellScripts(rest, node, found);
  if (program === "eval") return [joined(rest, found)];
  if (["trap", "alias", "ssh", "su", "watch", "script", "parallel", "env", "flock"].includes(program)) {
    return rest.filter((word) => word !== null && /\s/.test(word)).map((word) => (word ?? "").replace(/^\w+=/, ""));
  }
  return [];
}

/** `-c` is followed by options at times: every word behind it is taken for the script. */
function shellScripts(args: KnownWord[], node: Node, found: Structure): string[] {
  const option = args.findIndex((word) => word !== null && /^-[A-Za-z]*c[A-Za-z]*$/.test(word));
  if (option >= 0) {
    const scripts = args.slice(option + 1);
    if (scripts.includes(null)) unclear(found, "a shell is told to run what the line makes up as it runs");
    return scripts.filter((word) => word !== null);
  }
  if (args.some((word) => word === null || !word.startsWith("-"))) return [];
  const typed = inputOf(node);
  if (typed === null) unclear(found, "a shell is told to run what comes from elsewhere");
  return typed === null ? [] : [typed];
}

/** A text in the line that the command reads. Null: there is none, or it is made up as the line runs. */
function inputOf(node: Node): string | null {
  const around = node.parent?.type === "redirected_statement" ? node.parent : null;
  const inputs = [node, around]
    .flatMap((place) => place?.namedChildren ?? [])
    .filter((child) => child?.type === "herestring_redirect" || child?.type === "heredoc_redirect");
  const [input] = inputs;
  if (input == null) return null;
  if (input.type === "herestring_redirect") {
    const [word] = input.namedChildren;
    return word == null ? null : wordOf(word);
  }
  const body = input.namedChildren.find((child) => child?.type === "heredoc_body");
  const isPlain = body?.namedChildren.every((child) => child?.type === "heredoc_content") ?? false;
  return isPlain ? (body?.text ?? null) : null;
}

function joined(words: KnownWord[], found: Structure): string {
  if (words.includes(null)) unclear(found, "eval runs what the line makes up as it runs");
  return words.map((word) => word ?? "").join(" ");
}

/** The word as the program gets it. Null: expansions and names of files decide it. */
function wordOf(node: Node): KnownWord {
  switch (node.type) {
    case "number":
      return node.text;
    case "word":
      return plainWord(node.text);
    case "raw_string":
      return node.text.slice(1, -1);
    case "ansi_c_string":
      return ansiString(node.text.slice(2, -1));
    case "string":
      return quotedString(node);
    case "concatenation": {
      // Braces make several words of one.
      if (node.text.includes("{")) return null;
      const parts = node.namedChildren.map((part) => (part === null ? null : wordOf(part)));
      return parts.includes(null) ? null : parts.join("");
    }
    default:
      return null;
  }
}

function plainWord(text: string): KnownWord {
  const bare = text.replace(/\\[^]/g, "");
  if (/[*?[{~$`]/.test(bare)) return null;
  return text.replace(/\\\n/g, "").replace(/\\([^])/g, "$1");
}

function quotedString(node: Node): KnownWord {
  if (node.namedChildren.some((child) => child?.type !== "string_content")) return null;
  const text = node.text.replace(/^\$?"/, "").slice(0, -1);
  return text.replace(/\\\n/g, "").replace(/\\([$`"\\])/g, "$1");
}

const ansiEscapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"', "?": "?" };

function ansiString(text: string): KnownWord {
  let isKnown = true;
  const word = text.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{1,4}|[^])/g, (_, escape: string) => {
    if (/^[xu]./.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8) & 0xff);
    const plain = ansiEscapes[escape];
    if (plain === undefined) isKnown = false;
    return plain ?? "";
  });
  return isKnown ? word : null;
}
