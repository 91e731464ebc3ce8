// The rule that a person's answer to a question asks for: it must be about the very command they were asked about.
import { ruleOffers } from "../approval/offers.ts";
import type { NewRule } from "../approval/rules.ts";
import type { RuleScope } from "../protocol/command.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { Action } from "./tool.ts";

/** Throws a sentence for a rule that was not offered: a client must not be able to allow more than was shown. */
export function ruleToAdd(
  wish: { pattern: readonly string[]; scope: RuleScope; exact: boolean | undefined },
  facts: { action: Extract<Action, { kind: "command" }>; policy: SandboxPolicy; workspace: string },
): NewRule {
  const { action, policy, workspace } = facts;
  const { pattern: words, scope, exact } = wish;
  // Who does not say which is meant gets the narrower: it comes first.
  const offer = ruleOffers(action.script).find(
    (each) => JSON.stringify(each.pattern) === JSON.stringify(words) && (exact ?? each.exact) === each.exact,
  );
  if (offer === undefined) throw new Error(`${JSON.stringify(words)} is none of the rules that were offered.`);
  return {
    pattern: offer.pattern.map((word) => [word]),
    exact: offer.exact,
    decision: "allow",
    workspace: scope === "workspace" ? workspace : null,
    // What was allowed without a sandbox must not ask for it again; what was allowed in one must not leave it.
    outsideSandbox: policy.type === "dangerFullAccess",
    justification: null,
  };
}
