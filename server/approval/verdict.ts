// What would happen to a command, in the words that a person is told. Pure.
import type { PolicyVerdict } from "../protocol/command.ts";
import type { Judgement } from "./judge.ts";
import type { Requirement } from "./policy.ts";

export interface Verdict {
  verdict: PolicyVerdict;
  /** The rule that decided it: where it stands, or the name of ours. Null: none did. */
  rule: string | null;
  reason: string;
}

export function verdictOf(judgement: Judgement, need: Requirement): Verdict {
  const rule = ruleOf(judgement);
  switch (need.kind) {
    case "skip":
      return { verdict: "run", rule, reason: whyItRuns(judgement) };
    case "ask":
      return { verdict: "ask", rule, reason: need.because };
    case "forbid":
      return { verdict: "forbid", rule, reason: need.message };
    default:
      return need satisfies never;
  }
}

function ruleOf(judgement: Judgement): string | null {
  switch (judgement.kind) {
    case "allowed":
      return judgement.rules.map(({ source, id }) => source ?? id).join(", ");
    case "prompt":
    case "forbidden":
      return judgement.rule.source ?? judgement.rule.id;
    case "safe":
      return "safe-commands";
    case "unknown":
      return null;
    default:
      return judgement satisfies never;
  }
}

function whyItRuns(judgement: Judgement): string {
  if (judgement.kind === "safe") return judgement.because;
  return judgement.kind === "allowed" ? "rules allow it" : "the sandbox is all that this policy asks for";
}
