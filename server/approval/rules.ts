// Which rules stand for a command. Pure; how they are written is rules-file.ts's business.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Rule } from "../protocol/command.ts";
import { isInside } from "../util/inside.ts";

/** A rule before it has a name and a place. */
export type NewRule = Pick<Rule, "pattern" | "exact" | "decision" | "workspace" | "outsideSandbox" | "justification">;

/** One of the words of a command. Null: the shell makes it, so it is not known. */
export type KnownWord = string | null;

/** The same for rules that say the same, wherever they stand. */
export function ruleId(rule: NewRule): string {
  const { pattern, exact, decision, workspace, outsideSandbox } = rule;
  const said = JSON.stringify([pattern, exact, decision, workspace, outsideSandbox]);
  return createHash("sha256").update(said).digest("hex").slice(0, 16);
}

export function toRule(rule: NewRule, source: string | null): Rule {
  const scope = source === null ? "thread" : rule.workspace === null ? "always" : "workspace";
  return { ...rule, id: ruleId(rule), scope, source };
}

export interface Matches {
  forbidden: Rule[];
  prompt: Rule[];
  allow: Rule[];
}

/** All that stand for this command, by what they decide. Rules of other workspaces do not. */
export function matchRules(
  argv: readonly KnownWord[],
  rules: readonly Rule[],
  { workspace }: { workspace: string },
): Matches {
  const found: Matches = { forbidden: [], prompt: [], allow: [] };
  for (const rule of rules) {
    if (rule.workspace !== null && !isInside(rule.workspace, workspace)) continue;
    const stands = rule.decision === "allow" ? matches(argv, rule) : resembles(argv, rule);
    if (stands) found[rule.decision].push(rule);
  }
  return found;
}

/** Word by word; a path names only itself. */
function matches(argv: readonly KnownWord[], { pattern, exact }: Rule): boolean {
  if (argv.length < pattern.length || (exact && argv.length !== pattern.length)) return false;
  return pattern.every((words, at) => takes(words, argv[at]));
}

/**
 * What forbids or asks is not dodged by spelling: `/bin/rm` is `rm`, and `git -C x push` is `git push`. Better one
 * question too many.
 */
function resembles(argv: readonly KnownWord[], rule: Rule): boolean {
  const [name, ...rest] = argv;
  if (name === undefined || name === null) return false;
  return [name, basename(name)].some(
    (spelling) =>
      matches([spelling, ...rest], rule) || (!rule.exact && matchesBehindOptions([spelling, ...rest], rule)),
  );
}

function matchesBehindOptions(argv: readonly KnownWord[], { pattern }: Rule): boolean {
  const [names, ...verbs] = pattern;
  if (names === undefined || verbs.length === 0 || !takes(names, argv[0])) return false;
  for (let at = 1; at < argv.length; at++) {
    if (verbs.every((words, index) => takes(words, argv[at + index]))) return true;
    // An option, or the value of one.
    const isSkipped = argv[at]?.startsWith("-") || (at > 1 && argv[at - 1]?.startsWith("-"));
    if (!isSkipped) return false;
  }
  return false;
}

/** Whether a word that is not known could make one of these rules stand. */
export function couldMatch(argv: readonly KnownWord[], rules: readonly Rule[]): boolean {
  return rules.some(({ pattern }) =>
    argv.slice(0, pattern.length).some((word, at) => {
      const before = pattern.slice(0, at).every((words, index) => {
        const known = argv[index];
        return known === null || takes(words, known) || (index === 0 && takes(words, basename(known ?? "")));
      });
      return word === null && before;
    }),
  );
}

function takes(words: readonly string[], word: KnownWord | undefined): boolean {
  return word !== null && word !== undefined && words.includes(word);
}
