// Does this action run, ask, or not happen? Pure: facts in, verdict out. The sandbox is the boundary; this only
// decides who is asked before it is used, or left.
import type { ApprovalPolicy } from "../protocol/approval.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";

/** An action as far as the policy needs to know it. */
export type ActionFacts =
  | { kind: "read" }
  /** `escalated`: the model asked to run it outside the sandbox. */
  | { kind: "command"; escalated: boolean }
  | { kind: "fileChange"; targets: readonly TargetFacts[] };

export interface TargetFacts {
  path: string;
  /** Its real place is inside a root that the sandbox policy lets a command write. */
  isWritable: boolean;
  /** Its real place is one that turns into code or configuration outside the sandbox. */
  isProtected: boolean;
}

export interface Situation {
  approvalPolicy: ApprovalPolicy;
  sandbox: SandboxPolicy;
  /** Null: the sandbox works here. Else why not, as a sentence. */
  sandboxUnavailable: string | null;
}

export type Requirement =
  | { kind: "skip"; sandboxed: boolean }
  /** `because` ends the sentence "asks because …". */
  | { kind: "ask"; because: string; sandboxed: boolean }
  /** For the model. */
  | { kind: "forbid"; message: string };

export function requirement(action: ActionFacts, situation: Situation): Requirement {
  switch (action.kind) {
    case "read":
      return { kind: "skip", sandboxed: true };
    case "command":
      return commandRequirement(action.escalated, situation);
    case "fileChange":
      return fileRequirement(action.targets, situation);
    default:
      return action satisfies never;
  }
}

function commandRequirement(escalated: boolean, situation: Situation): Requirement {
  const { approvalPolicy, sandbox, sandboxUnavailable } = situation;
  const confines = sandbox.type === "readOnly" || sandbox.type === "workspaceWrite";
  const sandboxed = confines && !escalated;
  if (confines && escalated) {
    return askOrForbid(situation, "it wants to run outside the sandbox", { sandboxed: false });
  }
  if (sandboxed && sandboxUnavailable !== null) {
    return askOrForbid(situation, `no sandbox works here (${withoutStop(sandboxUnavailable)})`, { sandboxed: false });
  }
  if (approvalPolicy === "untrusted") {
    return { kind: "ask", because: "every command asks first", sandboxed };
  }
  return { kind: "skip", sandboxed };
}

function fileRequirement(targets: readonly TargetFacts[], situation: Situation): Requirement {
  const { approvalPolicy, sandbox } = situation;
  const guarded = targets.find((target) => target.isProtected);
  const outside = targets.find((target) => !target.isWritable);
  if (sandbox.type === "dangerFullAccess" && approvalPolicy !== "untrusted") return { kind: "skip", sandboxed: false };
  if (guarded !== undefined) {
    return askOrForbid(situation, `${guarded.path} can change what programs run`, { sandboxed: false });
  }
  if (sandbox.type === "readOnly") {
    if (approvalPolicy === "never") {
      const message = "patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings";
      return { kind: "forbid", message };
    }
    return { kind: "ask", because: "every change asks first", sandboxed: true };
  }
  if (outside !== undefined && sandbox.type === "workspaceWrite") {
    return askOrForbid(situation, `${outside.path} is outside the workspace`, { sandboxed: false });
  }
  if (approvalPolicy === "untrusted") return { kind: "ask", because: "every change asks first", sandboxed: true };
  return { kind: "skip", sandboxed: true };
}

function askOrForbid(situation: Situation, because: string, { sandboxed }: { sandboxed: boolean }): Requirement {
  if (situation.approvalPolicy !== "never") return { kind: "ask", because, sandboxed };
  return { kind: "forbid", message: `rejected: ${because}, and the approval policy is never to ask` };
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.\s*$/, "");
}
