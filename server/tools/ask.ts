// Whether a prepared action may run: what the policy says, and what a person says where the policy asks.
import { commandKey, fileKey } from "../approval/approvals.ts";
import { explainApproval } from "../approval/explain.ts";
import { judgeCommand } from "../approval/judge.ts";
import { type ActionFacts, isOrdinary, type Requirement, requirement } from "../approval/policy.ts";
import type { ApprovalDecision } from "../protocol/approval.ts";
import { plainPolicy } from "../protocol/plain-policy.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { ApprovalRequest, ToolDeps } from "./deps.ts";
import type { Action, Prepared } from "./tool.ts";

export type Answered =
  | { readonly kind: "granted" }
  | {
      readonly kind: "refused";
      readonly why: string;
      readonly status: "declined" | "failed";
      readonly stopsTurn: boolean;
    };

export async function decide(action: Action, deps: ToolDeps): Promise<Requirement> {
  return requirement(await factsOf(action, deps), {
    cwd: deps.cwd,
    approvalPolicy: plainPolicy(deps.approvalPolicy),
    sandbox: deps.sandbox,
    sandboxUnavailable: action.kind === "command" ? await deps.sandboxUnavailable() : null,
  });
}

/** Whoever waits here for a person holds nothing. */
export async function askIfNeeded(
  prepared: Prepared,
  need: Exclude<Requirement, { kind: "forbid" }>,
  deps: ToolDeps,
): Promise<Answered> {
  const keys = approvalKeys(prepared.action, need.sandboxed ? deps.sandbox : null);
  if (need.kind !== "ask" || deps.approvals.cover(keys)) return { kind: "granted" };
  const decisions: ApprovalDecision[] =
    keys.length > 0 ? ["accept", "acceptForSession", "decline", "cancel"] : ["accept", "decline", "cancel"];
  const inContainer = await deps.containerIsSandbox();
  const decision = await deps.ask(approvalRequest(prepared, { ...need, inContainer }, decisions, deps));
  switch (decision) {
    case "accept":
      return { kind: "granted" };
    case "acceptForSession":
      deps.approvals.remember(keys);
      return { kind: "granted" };
    case "decline":
      return { kind: "refused", why: "rejected by user", status: "declined", stopsTurn: false };
    case "cancel":
      return { kind: "refused", why: "rejected by user", status: "declined", stopsTurn: true };
    case "failed":
      return { kind: "refused", why: "approval request failed", status: "failed", stopsTurn: false };
    default:
      // An answer that was not offered.
      return { kind: "refused", why: "approval request failed", status: "failed", stopsTurn: false };
  }
}

async function factsOf(action: Action, deps: ToolDeps): Promise<ActionFacts> {
  if (action.kind !== "command") return action;
  const { script, cwd, escalated } = action;
  return { kind: "command", escalated, judgement: await judgeCommand(script, { rules: [], workspace: deps.cwd, cwd }) };
}

/** `sandbox` is what confines the action; null: nothing does. Empty: it is asked for each time. */
function approvalKeys(action: Action, sandbox: SandboxPolicy | null): string[] {
  switch (action.kind) {
    case "read":
    case "client":
      return [];
    case "command":
      return [commandKey({ argv: action.argv, cwd: action.cwd, sandbox })];
    case "fileChange":
      return action.targets.every(isOrdinary)
        ? action.targets.map(({ realPath, effect }) => fileKey(realPath, effect))
        : [];
    default:
      return action satisfies never;
  }
}

function approvalRequest(
  prepared: Prepared,
  need: Extract<Requirement, { kind: "ask" }> & { inContainer: boolean },
  availableDecisions: ApprovalDecision[],
  deps: ToolDeps,
): ApprovalRequest {
  const { action, item } = prepared;
  const common = {
    threadId: deps.threadId,
    turnId: deps.turnId,
    itemId: item.id,
    startedAtMs: deps.now(),
    availableDecisions,
  };
  const because = need.because;
  if (action.kind === "command" && item.type === "commandExecution") {
    const { command, cwd, commandActions } = item;
    const { isElsewhere } = action;
    const explanation = explainApproval({
      ...{ cwd, isElsewhere, because },
      ...{ sandbox: deps.sandbox, sandboxed: need.sandboxed, inContainer: need.inContainer },
    });
    const { justification } = action;
    const params = {
      kind: "command" as const,
      ...common,
      ...(justification === null ? {} : { reason: justification }),
      environmentId: "local" as const,
      command,
      script: action.script,
      cwd,
      commandActions,
      explanation,
    };
    return { method: "item/commandExecution/requestApproval", params };
  }
  const changes = item.type === "fileChange" ? item.changes : [];
  const explanation = explainApproval({
    ...{ cwd: deps.cwd, isElsewhere: false, because },
    ...{ sandbox: deps.sandbox, sandboxed: true },
  });
  return {
    method: "item/fileChange/requestApproval",
    params: { ...common, reason: null, grantRoot: null, changes, explanation },
  };
}
