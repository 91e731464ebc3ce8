// Rules of what may run unasked, in words for lists and questions. Pure.
import type { PolicyVerdict, Rule, RuleDecision, RuleScope } from "../../server/protocol/command.ts";
import type { Folder } from "../../server/protocol/panel.ts";

const decisions: Record<RuleDecision, string> = {
  allow: "runs without asking",
  prompt: "always asks",
  forbidden: "is refused",
};

const verdicts: Record<PolicyVerdict, string> = {
  run: "It runs without asking.",
  ask: "It asks first.",
  forbid: "It is refused.",
};

/** In the order in which they are listed: the nearest first. */
export const scopes: readonly RuleScope[] = ["thread", "workspace", "always"];

/** `here`: the folder that is open, if one is. */
export function scopeTitle(scope: RuleScope, workspace: string | null, here: readonly Folder[]): string {
  switch (scope) {
    case "thread":
      return "This thread";
    case "workspace":
      return workspaceTitle(workspace, here);
    case "always":
      return "Always";
    default:
      return scope satisfies never;
  }
}

/** A rule counts for the threads of one folder, so in a window of several its name is said. */
function workspaceTitle(workspace: string | null, here: readonly Folder[]): string {
  const folder = here.find(({ cwd }) => cwd === workspace);
  if (folder === undefined) return `In ${workspace ?? "one workspace"}`;
  return here.length === 1 ? "This workspace" : `Threads in ${folder.name}`;
}

/** "npm test …": three dots stand for whatever follows. */
export function patternWords({ pattern, exact }: Pick<Rule, "pattern" | "exact">): string {
  const words = pattern.map((alternatives) =>
    alternatives.length === 1 ? quoted(alternatives[0] ?? "") : `(${alternatives.map(quoted).join(" | ")})`,
  );
  return [...words, ...(exact ? [] : ["…"])].join(" ");
}

/** "runs without asking, also outside the sandbox". */
export function decisionWords({ decision, outsideSandbox }: Pick<Rule, "decision" | "outsideSandbox">): string {
  return outsideSandbox ? `${decisions[decision]}, also outside the sandbox` : decisions[decision];
}

/** Where it stands, and why in the words of whoever wrote it. */
export function sourceWords({ source, justification }: Pick<Rule, "source" | "justification">): string {
  const place = source ?? "until the thread ends";
  return justification === null ? place : `${place}: ${justification}`;
}

/** What is asked before a rule is removed that keeps something from running. Null: removing it only asks more often. */
export function removalQuestion(rule: Rule): string | null {
  return rule.decision === "allow"
    ? null
    : `Remove the rule by which \`${patternWords(rule)}\` ${decisions[rule.decision]}?`;
}

export function verdictWords({
  verdict,
  rule,
  reason,
}: {
  verdict: PolicyVerdict;
  rule: string | null;
  reason: string;
}): string {
  return [verdicts[verdict], sentence(reason), rule === null ? "No rule decided it." : `Rule: ${rule}`]
    .filter((part) => part !== "")
    .join(" ");
}

/** The server's words may be half a sentence. */
function sentence(words: string): string {
  if (words === "") return "";
  const begun = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
