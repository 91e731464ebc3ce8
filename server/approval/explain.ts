// Says in a few plain words where an action happens, what confines it and why it asks. Shown as they are.
import { basename } from "node:path";
import type { ApprovalExplanation } from "../protocol/approval.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";

export function explainApproval(facts: {
  cwd: string;
  /** Not the thread's own folder: then its name alone does not say where it is. */
  isElsewhere: boolean;
  sandbox: SandboxPolicy;
  sandboxed: boolean;
  /** A container is all that confines commands here, as the user has chosen. */
  inContainer?: boolean;
  because: string;
}): ApprovalExplanation {
  const inContainer = facts.inContainer ?? false;
  const confinement = facts.sandboxed ? describeSandbox(facts.sandbox) : "no sandbox: it can do whatever you can";
  return {
    location: facts.isElsewhere ? facts.cwd : basename(facts.cwd) || facts.cwd,
    sandbox: inContainer ? "this container is the sandbox: it can do whatever you can in it" : confinement,
    isConfined: facts.sandboxed && facts.sandbox.type !== "dangerFullAccess",
    because: facts.because,
  };
}

export function describeSandbox(policy: SandboxPolicy): string {
  const network = (allowed: boolean) => (allowed ? "network allowed" : "no network");
  switch (policy.type) {
    case "readOnly":
      return `reads only, ${network(policy.networkAccess)}`;
    case "workspaceWrite":
      return `may write the workspace, ${network(policy.networkAccess)}`;
    case "externalSandbox":
      return `confined from outside, ${network(policy.networkAccess === "enabled")}`;
    case "dangerFullAccess":
      return "no sandbox: it can do whatever you can";
    default:
      policy satisfies never;
      return "a sandbox that this version of Belay does not know";
  }
}
