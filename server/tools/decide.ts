// Whether an action may run, must ask or must not, and what would confine it: what the rules and the policy say.
import { judgeCommand } from "../approval/judge.ts";
import { type Requirement, requirement } from "../approval/policy.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { confinement, hasNetwork } from "./confinement.ts";
import type { ToolDeps } from "./deps.ts";
import { networkNeed } from "./network-need.ts";
import type { Action } from "./tool.ts";

export type Decision =
  | { readonly kind: "forbid"; readonly message: string }
  | {
      readonly kind: "skip" | "ask";
      /** Ends the sentence "asks because …". */
      readonly because: string;
      /** What confines the action if it runs. */
      readonly policy: SandboxPolicy;
      /** What it wants to reach, where it asks for the network. Null: it does not. */
      readonly hosts: readonly string[] | null;
    };

/** One that may run, asked for or not. */
export type Allowable = Exclude<Decision, { kind: "forbid" }>;

export async function decide(action: Action, deps: ToolDeps): Promise<Decision> {
  const situation = {
    cwd: deps.cwd,
    approvalPolicy: plainPolicy(deps.approvalPolicy),
    sandbox: deps.sandbox,
    sandboxUnavailable: action.kind === "command" ? await deps.sandboxUnavailable() : null,
  };
  if (action.kind !== "command") return decision(requirement(action, situation), deps, null);
  const { script, cwd, escalated } = action;
  const written = await deps.rules();
  const judgement = await judgeCommand(script, {
    rules: [...written.rules, ...deps.approvals.rules],
    unreadRules: written.isReadable ? null : `the rules cannot all be read (${written.problems[0] ?? "no reason is known"})`,
    workspace: deps.cwd,
    cwd,
  });
  const need = requirement({ kind: "command", escalated, judgement }, situation);
  const wantsNetwork = action.network && !escalated && !hasNetwork(deps.sandbox);
  if (!wantsNetwork || need.kind === "forbid" || !need.sandboxed) return decision(need, deps, null);
  const withNetwork = networkNeed(need, { script, judgement, approvalPolicy: situation.approvalPolicy }, deps.approvals);
  return decision(withNetwork.need, deps, withNetwork.hosts);
}

function decision(need: Requirement, deps: ToolDeps, hosts: readonly string[] | null): Decision {
  if (need.kind === "forbid") return need;
  return {
    kind: need.kind,
    because: need.kind === "ask" ? need.because : "",
    policy: confinement(deps.sandbox, { sandboxed: need.sandboxed, network: hosts !== null }),
    hosts,
  };
}

