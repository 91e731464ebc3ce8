// Judges a command line: provably harmless, covered by rules, or neither. Deny beats ask beats allow.
import { resolve } from "node:path";
import type { Rule } from "../protocol/command.ts";
import { isInside } from "../util/inside.ts";
import { programName, reachesFurther } from "./allow-limits.ts";
import { lex, type Word } from "./lexer.ts";
import { couldMatch, matchRules } from "./rules.ts";
import { type Place, reasonToAsk } from "./safe-commands.ts";
import { secretPlace } from "./secret-places.ts";
import { shellStructure } from "./shell-structure.ts";

export type Judgement =
  /** Every part of it provably only looks. `because` ends "runs because …". */
  | { kind: "safe"; because: string }
  /** Rules cover every part that is not safe. `outsideSandbox`: they also let it leave the sandbox. */
  | { kind: "allowed"; rules: Rule[]; outsideSandbox: boolean }
  | { kind: "prompt"; rule: Rule }
  | { kind: "forbidden"; rule: Rule }
  /**
   * `because` ends "asks because …". `mayHide`: it could hide something that a rule asks for or forbids, or there may be
   * such rules that could not be read. Then it asks also where the sandbox is all that is needed otherwise.
   */
  | { kind: "unknown"; because: string; mayHide: boolean };

export interface JudgeContext {
  rules: readonly Rule[];
  /** A rules file could not be read in part: why, as the end of "asks because …". */
  unreadRules?: string | null;
  /** The thread's folder. Absolute. */
  workspace: string;
  /** Where it would run. Absolute. */
  cwd: string;
}

export async function judgeCommand(script: string, context: JudgeContext): Promise<Judgement> {
  const { rules, unreadRules = null } = context;
  const severe = await severeJudgement(script, rules, context);
  if (severe?.kind === "prompt" || severe?.kind === "forbidden") return severe;
  if (unreadRules !== null) return { kind: "unknown", because: unreadRules, mayHide: true };
  return severe ?? weigh(script, context);
}

/** What forbids or asks, wherever in the line its command stands. Null: nothing does. */
async function severeJudgement(
  script: string,
  rules: readonly Rule[],
  { workspace }: JudgeContext,
): Promise<Exclude<Judgement, { kind: "safe" | "allowed" }> | null> {
  const severe = rules.filter(
    ({ decision, workspace: where }) => decision !== "allow" && (where === null || isInside(where, workspace)),
  );
  if (severe.length === 0) return null;
  const { commands, opaque } = await structureOf(script);
  const found = commands.map((argv) => matchRules(argv, severe, { workspace }));
  const forbidding = found.flatMap(({ forbidden }) => forbidden)[0];
  if (forbidding !== undefined) return { kind: "forbidden", rule: forbidding };
  const asking = found.flatMap(({ prompt }) => prompt)[0];
  if (asking !== undefined) return { kind: "prompt", rule: asking };
  if (opaque !== null) return { kind: "unknown", because: opaque, mayHide: true };
  const hides = commands.some((argv) => couldMatch(argv, severe));
  return hides ? { kind: "unknown", because: "a word of it is only known when it runs", mayHide: true } : null;
}

async function structureOf(script: string) {
  const lexed = lex(script);
  const plain = lexed.kind === "commands" ? lexed.commands.map((words) => words.map(({ text }) => text)) : [];
  try {
    const { commands, opaque } = await shellStructure(script);
    return { commands: [...plain, ...commands], opaque };
  } catch {
    // Without the parser nobody knows what the line does; that is said to whoever is asked.
    return { commands: plain, opaque: "the parser of shell lines could not be loaded" };
  }
}

function weigh(script: string, { rules, workspace, cwd }: JudgeContext): Judgement {
  const lexed = lex(script);
  if (lexed.kind === "notLexable") return { kind: "unknown", because: lexed.because, mayHide: false };
  const used: Rule[] = [];
  const place: Place = { cwds: [cwd], workspace };
  let hasMoved = cwd !== workspace;
  for (const words of lexed.commands) {
    const entered = words[0]?.text === "cd" ? enter(words, place) : null;
    if (entered !== null && entered.kind === "entered") {
      place.cwds = entered.cwds;
      hasMoved = true;
      continue;
    }
    const because = entered?.because ?? reasonToAsk(words, place);
    if (because === null) continue;
    const rule = allowing(words, rules, place);
    // A repository that was not there when the rule was made brings its own programs for git.
    const isForeign = hasMoved && programName(words[0]?.text ?? "") === "git";
    if (rule === null || isForeign) return { kind: "unknown", because, mayHide: false };
    used.push(rule);
  }
  if (used.length === 0) return { kind: "safe", because: "it only looks" };
  const outsideSandbox = used.every((rule) => rule.outsideSandbox);
  return { kind: "allowed", rules: [...new Set(used)], outsideSandbox };
}

/** Of several rules one that also allows to leave the sandbox. */
function allowing(words: readonly Word[], rules: readonly Rule[], { workspace, cwds }: Place): Rule | null {
  const argv = words.map(({ text, glob }) => (glob ? null : text));
  const { allow } = matchRules(argv, rules, { workspace });
  const standing = allow.filter((rule) => {
    // A rule of a workspace says nothing about a command that runs elsewhere.
    if (rule.workspace !== null && !cwds.every((cwd) => isInside(workspace, cwd))) return false;
    return rule.exact ? !argv.includes(null) : !argv.some((word) => word !== null && reachesFurther(word));
  });
  return standing.find(({ outsideSandbox }) => outsideSandbox) ?? standing[0] ?? null;
}

const MAX_PLACES = 8;

type Entered = { kind: "entered"; cwds: string[] } | { kind: "not"; because: string };

/** A `cd` within the workspace. It may fail, so the folders from before it count as well. */
function enter(words: readonly Word[], { cwds, workspace }: Place): Entered {
  const [name, target, ...more] = words;
  if (name?.quoted || target === undefined || more.length > 0 || target.glob || /^[-+]|^$/.test(target.text)) {
    return { kind: "not", because: "it is not plain where cd goes" };
  }
  const reached = cwds.map((cwd) => resolve(cwd, target.text));
  const stray = reached.some((path) => !isInside(workspace, path)) || secretPlace(target.text, cwds) !== null;
  if (stray) return { kind: "not", because: `cd leaves the workspace for ${target.text}` };
  const all = [...new Set([...cwds, ...reached])];
  return all.length > MAX_PLACES
    ? { kind: "not", because: "the line changes its folder too often" }
    : { kind: "entered", cwds: all };
}
