// Asks a person about an action where it must be asked for, and keeps what they allow for later.
import { commandKey, fileKey } from "../approval/approvals.ts";
import { Grant, type SealedCommand } from "../approval/grant.ts";
import { isOrdinary } from "../approval/policy.ts";
import { toRule } from "../approval/rules.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { approvalRequest } from "./approval-request.ts";
import type { Allowable } from "./decide.ts";
import type { ToolDeps } from "./deps.ts";
import { ruleToAdd } from "./rule-to-add.ts";
import type { Action, Prepared } from "./tool.ts";

export type Answered =
  /** `grant`: for the one start of a command. */
  | { readonly kind: "granted"; readonly grant: Grant | null }
  /** The person wants to run it in a shell of their own. */
  | { readonly kind: "elsewhere" }
  | {
      readonly kind: "refused";
      readonly why: string;
      readonly status: "declined" | "failed";
      readonly stopsTurn: boolean;
    };

/** Whoever waits here for a person holds nothing. */
export async function askIfNeeded(prepared: Prepared, need: Allowable, deps: ToolDeps): Promise<Answered> {
  const { action } = prepared;
  const granted: Answered = { kind: "granted", grant: grantFor(action, need.policy) };
  const keys = approvalKeys(action, need.policy);
  if (need.kind !== "ask" || deps.approvals.cover(keys)) return granted;
  const inContainer = await deps.containerIsSandbox();
  const request = approvalRequest(prepared, { ...need, inContainer }, { isRememberable: keys.length > 0 }, deps);
  const answer = await deps.ask(request);
  if (typeof answer === "object") return keepAnswer(answer, { action, need, granted }, deps);
  switch (answer) {
    case "accept":
      return granted;
    case "acceptForSession":
      deps.approvals.remember(keys);
      return granted;
    case "runInTerminal":
      return action.kind === "command" && deps.runInTerminal !== null ? { kind: "elsewhere" } : notAnswered;
    case "decline":
      return { kind: "refused", why: "rejected by user", status: "declined", stopsTurn: false };
    case "cancel":
      return { kind: "refused", why: "rejected by user", status: "declined", stopsTurn: true };
    case "failed":
      return notAnswered;
    default:
      return answer satisfies never;
  }
}

export const notAnswered: Extract<Answered, { kind: "refused" }> = {
  kind: "refused",
  why: "approval request failed",
  status: "failed",
  stopsTurn: false,
};

type Kept = Exclude<Awaited<ReturnType<ToolDeps["ask"]>>, string>;

/** An answer that is to stand for later. A rule that cannot be kept is a yes for once, and the person is told why. */
async function keepAnswer(
  answer: Kept,
  { action, need, granted }: { action: Action; need: Allowable; granted: Answered },
  deps: ToolDeps,
): Promise<Answered> {
  if (action.kind !== "command") return notAnswered;
  if ("applyNetworkPolicyAmendment" in answer) {
    const { host, action: decided } = answer.applyNetworkPolicyAmendment.network_policy_amendment;
    if (need.hosts === null) return notAnswered;
    deps.approvals.decideHost(host, decided);
    if (decided === "allow") return granted;
    const why = `the user denied network access to ${host}`;
    return { kind: "refused", why, status: "declined", stopsTurn: false };
  }
  const { execpolicy_amendment: pattern, scope = "always", exact } = answer.acceptWithExecpolicyAmendment;
  try {
    const rule = ruleToAdd({ pattern, scope, exact }, { action, policy: need.policy, workspace: deps.cwd });
    if (scope === "thread") deps.approvals.addRule(toRule(rule, null));
    else await deps.addRule(rule);
  } catch (error) {
    const message = `The command runs this once, but the rule was not kept: ${messageOf(error)}`;
    deps.emit({ method: "warning", params: { threadId: deps.threadId, message } });
  }
  return granted;
}

function grantFor(action: Action, policy: SandboxPolicy): Grant | null {
  return action.kind === "command" ? new Grant(sealed(action, policy)) : null;
}

/** Nothing is added to the environment of the agent's commands. */
export function sealed(command: { argv: readonly string[]; cwd: string }, policy: SandboxPolicy): SealedCommand {
  return { argv: command.argv, cwd: command.cwd, env: {}, policy };
}

/** Empty: it is asked for each time. */
function approvalKeys(action: Action, policy: SandboxPolicy): string[] {
  switch (action.kind) {
    case "read":
    case "client":
      return [];
    case "stdin":
      return [`stdin:${action.processId}`];
    case "command":
      return [commandKey({ argv: action.argv, cwd: action.cwd, sandbox: policy })];
    case "fileChange":
      return action.targets.every(isOrdinary)
        ? action.targets.map(({ realPath, effect }) => fileKey(realPath, effect))
        : [];
    default:
      return action satisfies never;
  }
}
