// The question to a person about one action: what it is, where, confined by what, why it asks, and what may be answered.
import { explainApproval } from "../approval/explain.ts";
import { ruleOffers } from "../approval/offers.ts";
import type {
  ApprovalDecision,
  CommandApprovalDecision,
  CommandExecutionRequestApprovalParams,
} from "../protocol/approval.ts";
import type { Allowable } from "./decide.ts";
import type { ApprovalRequest, ToolDeps } from "./deps.ts";
import type { Action, Prepared } from "./tool.ts";

export function approvalRequest(
  { action, item }: Prepared,
  need: Allowable & { inContainer: boolean },
  { isRememberable }: { isRememberable: boolean },
  deps: ToolDeps,
): ApprovalRequest {
  const common = { threadId: deps.threadId, turnId: deps.turnId, itemId: item.id, startedAtMs: deps.now() };
  const inContainer = need.inContainer && deps.commandSandbox.type !== "dangerFullAccess";
  const decisions: ApprovalDecision[] = isRememberable
    ? ["accept", "acceptForSession", "decline", "cancel"]
    : ["accept", "decline", "cancel"];
  if (action.kind === "command" && item.type === "commandExecution") {
    const { command, cwd, commandActions } = item;
    const { isElsewhere, justification, script } = action;
    const explanation = explainApproval({
      ...{ cwd, isElsewhere, because: need.because },
      ...{ sandbox: need.policy, sandboxed: need.policy.type !== "dangerFullAccess", inContainer },
    });
    const params = {
      kind: "command" as const,
      ...common,
      ...(justification === null ? {} : { reason: justification }),
      environmentId: "local" as const,
      ...{ command, script, cwd, commandActions, explanation },
      ...answersToCommand(decisions, action, need, deps),
    };
    return { method: "item/commandExecution/requestApproval", params };
  }
  if (action.kind === "stdin" && item.type === "commandExecution") {
    const sandboxed = need.policy.type !== "dangerFullAccess";
    const { command, cwd } = item;
    const explanation = explainApproval({
      ...{ cwd, isElsewhere: false, because: need.because },
      ...{ sandbox: need.policy, sandboxed, inContainer },
    });
    const params = {
      ...{ kind: "writeStdin" as const, ...common, approvalId: deps.newId(), environmentId: "local" as const },
      ...{ command, script: action.chars, cwd, commandActions: [], availableDecisions: decisions, explanation },
    };
    return { method: "item/commandExecution/requestApproval", params };
  }
  const changes = item.type === "fileChange" ? item.changes : [];
  const explanation = explainApproval({
    ...{ cwd: deps.cwd, isElsewhere: false, because: need.because },
    ...{ sandbox: deps.sandbox, sandboxed: true },
  });
  const params = { ...common, availableDecisions: decisions, reason: null, grantRoot: null, changes, explanation };
  return { method: "item/fileChange/requestApproval", params };
}

type Answers = Pick<
  CommandExecutionRequestApprovalParams,
  | "availableDecisions"
  | "proposedExecpolicyAmendment"
  | "networkApprovalContext"
  | "proposedNetworkPolicyAmendments"
  | "ruleOffers"
>;

function answersToCommand(
  decisions: readonly ApprovalDecision[],
  { script }: Extract<Action, { kind: "command" }>,
  { hosts }: Allowable,
  deps: ToolDeps,
): Answers {
  const elsewhere: CommandApprovalDecision[] = deps.runInTerminal === null ? [] : ["runInTerminal"];
  if (hosts !== null) {
    const amendments = hosts.map((host) => ({ host, action: "allow" as const }));
    const [first] = hosts;
    const remember = amendments.map((amendment) => ({
      applyNetworkPolicyAmendment: { network_policy_amendment: amendment },
    }));
    return {
      availableDecisions: [...decisions, ...remember, ...elsewhere],
      ...(first === undefined ? {} : { networkApprovalContext: { host: first, protocol: "https" as const } }),
      proposedNetworkPolicyAmendments: amendments,
    };
  }
  const offers = ruleOffers(script);
  const [exact] = offers;
  if (exact === undefined) return { availableDecisions: [...decisions, ...elsewhere] };
  const withRule = { acceptWithExecpolicyAmendment: { execpolicy_amendment: exact.pattern } };
  return {
    availableDecisions: [...decisions, withRule, ...elsewhere],
    proposedExecpolicyAmendment: exact.pattern,
    ruleOffers: offers,
  };
}
