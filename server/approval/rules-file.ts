// Reads and changes the text of default.rules: calls of prefix_rule(…), in a small part of Starlark. Pure; a call that is
// removed or added touches no other byte.
import { isAbsolute } from "node:path";
import type { Rule } from "../protocol/command.ts";
import { allowProblem } from "./allow-limits.ts";
import { lex } from "./lexer.ts";
import { matchRules, type NewRule, ruleId, toRule } from "./rules.ts";
import { type Call, type Value, readCalls } from "./starlark.ts";

export interface RulesFile {
  /** Those that count. Where a part could not be read, no rule that allows does. */
  rules: Rule[];
  /** What is wrong, a sentence each, with its line. */
  problems: string[];
  /** False: there may be rules that nobody knows of, so everything has to ask. */
  isReadable: boolean;
}

/** `name` is how the file is called in sentences and sources. */
export function readRules(text: string, name = "default.rules"): RulesFile {
  const { calls, problems: broken } = readCalls(text);
  const at = (line: number, problem: string) => `${name}:${line}: ${problem}`;
  const unread = broken.map(({ line, problem }) => at(line, problem));
  const remarks: string[] = [];
  const rules: Rule[] = [];
  for (const call of calls) {
    if (call.name !== "prefix_rule") {
      const known = call.name === "host_executable" || call.name === "network_rule";
      const sentence = `${call.name}(…) has no effect in Belay.`;
      if (known) remarks.push(at(call.line, sentence));
      else unread.push(at(call.line, `there is no ${call.name}(…); rules are written as prefix_rule(…).`));
      continue;
    }
    const read = readRule(call);
    if (typeof read === "string") {
      unread.push(at(call.line, read));
      continue;
    }
    const rule = toRule(read.rule, `${name}:${call.line}`);
    const wrong = [...exampleProblems(read, rule)];
    unread.push(...wrong.map((problem) => at(call.line, problem)));
    const refused = rule.decision === "allow" ? allowProblem(rule.pattern, rule) : null;
    if (refused !== null) remarks.push(at(call.line, `${refused}. The rule has no effect.`));
    else if (rules.some(({ id }) => id === rule.id)) remarks.push(at(call.line, "the same rule stands above."));
    else rules.push(rule);
  }
  const isReadable = unread.length === 0;
  return {
    rules: isReadable ? rules : rules.filter(({ decision }) => decision !== "allow"),
    problems: [...unread, ...remarks],
    isReadable,
  };
}

/** Ends the sentence "asks because …". Null: all that is written down could be read. */
export function unreadRules({ isReadable, problems }: Pick<RulesFile, "isReadable" | "problems">): string | null {
  return isReadable ? null : `the rules cannot all be read (${problems[0] ?? "no reason is known"})`;
}

/** The text with the rule behind all others. The same text when such a rule stands there. */
export function addRule(text: string, rule: NewRule): string {
  if (entries(text).some(({ id }) => id === ruleId(rule))) return text;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const joint = text === "" || text.endsWith("\n") ? "" : newline;
  return `${text}${joint}${formatRule(rule)}${newline}`;
}

/** The text without the rules of this id; the same text when there is none. */
export function removeRule(text: string, id: string): string {
  return entries(text)
    .filter((entry) => entry.id === id)
    .toReversed()
    .reduce((left, { start, end }) => {
      const [from, to] = wholeLines(left, start, end);
      return left.slice(0, from) + left.slice(to);
    }, text);
}

export function formatRule(rule: NewRule): string {
  const pattern = rule.pattern.map((words) => (words.length === 1 ? quote(words[0] ?? "") : list(words)));
  const parts = [
    `pattern=[${pattern.join(", ")}]`,
    `decision=${quote(rule.decision)}`,
    rule.exact ? "exact=True" : null,
    rule.workspace === null ? null : `workspace=${quote(rule.workspace)}`,
    rule.outsideSandbox ? "outside_sandbox=True" : null,
    rule.justification === null ? null : `justification=${quote(rule.justification)}`,
  ];
  return `prefix_rule(${parts.filter((part) => part !== null).join(", ")})`;
}

function list(words: readonly string[]): string {
  return `[${words.map(quote).join(", ")}]`;
}

function quote(text: string): string {
  const plain = text.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
  return `"${plain}"`;
}

/** A call that has its lines for itself goes with them. */
function wholeLines(text: string, start: number, end: number): [number, number] {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", end);
  const to = lineEnd < 0 ? text.length : lineEnd + 1;
  const isAlone = text.slice(from, start).trim() === "" && text.slice(end, to).trim() === "";
  return isAlone ? [from, to] : [start, end];
}

function entries(text: string): { id: string; start: number; end: number }[] {
  return readCalls(text).calls.flatMap((call) => {
    const read = call.name === "prefix_rule" ? readRule(call) : "another call";
    return typeof read === "string" ? [] : [{ id: ruleId(read.rule), start: call.start, end: call.end }];
  });
}

interface ReadRule {
  rule: NewRule;
  match: string[][];
  notMatch: string[][];
}

const known = new Set([
  ...["pattern", "decision", "match", "not_match", "justification"],
  ...["exact", "workspace", "outside_sandbox"],
]);

/** A sentence when it is no rule. */
function readRule({ args }: Call): ReadRule | string {
  const stranger = [...args.keys()].find((key) => !known.has(key));
  if (stranger !== undefined) return `prefix_rule(…) has no argument ${stranger}.`;
  const pattern = readPattern(args.get("pattern"));
  if (pattern === null)
    return 'pattern must be a list of words, such as ["npm", "test"]; a word may be a list of words.';
  const decision = args.get("decision") ?? "allow";
  if (decision !== "allow" && decision !== "prompt" && decision !== "forbidden")
    return 'decision must be "allow", "prompt" or "forbidden".';
  const exact = args.get("exact") ?? false;
  const outsideSandbox = args.get("outside_sandbox") ?? false;
  if (typeof exact !== "boolean" || typeof outsideSandbox !== "boolean")
    return "exact and outside_sandbox must be True or False.";
  const workspace = args.get("workspace") ?? null;
  if (workspace !== null && (typeof workspace !== "string" || !isAbsolute(workspace)))
    return "workspace must be the absolute path of a folder.";
  const justification = args.get("justification") ?? null;
  if (justification !== null && typeof justification !== "string") return "justification must be a text.";
  const match = readExamples(args.get("match"));
  const notMatch = readExamples(args.get("not_match"));
  if (match === null || notMatch === null) return "match and not_match must be lists of plain commands.";
  return { rule: { pattern, exact, decision, workspace, outsideSandbox, justification }, match, notMatch };
}

function readPattern(value: Value | undefined): string[][] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const pattern = value.map((entry) => (typeof entry === "string" ? [entry] : texts(entry)));
  const isWhole = pattern.every((words) => words !== null && words.length > 0);
  return isWhole && pattern[0]?.every((word) => word !== "") ? (pattern as string[][]) : null;
}

function readExamples(value: Value | undefined): string[][] | null {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return null;
  const examples = value.map((entry) => (typeof entry === "string" ? wordsOf(entry) : texts(entry)));
  return examples.every((words) => words !== null) ? examples : null;
}

function wordsOf(line: string): string[] | null {
  const lexed = lex(line);
  const [command] = lexed.kind === "commands" && lexed.commands.length === 1 ? lexed.commands : [];
  return command?.map(({ text }) => text) ?? null;
}

function texts(value: Value): string[] | null {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string") ? value : null;
}

function exampleProblems({ match, notMatch }: ReadRule, rule: Rule): string[] {
  const hits = (argv: string[]) =>
    Object.values(matchRules(argv, [{ ...rule, workspace: null }], { workspace: "/" })).flat().length > 0;
  return [
    ...match.filter((argv) => !hits(argv)).map((argv) => `the example ${argv.join(" ")} does not match its rule.`),
    ...notMatch.filter(hits).map((argv) => `the example ${argv.join(" ")} must not match its rule, but does.`),
  ];
}
