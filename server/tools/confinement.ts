// What confines one action: the thread's policy, that policy with the network switched on, or nothing. Pure.
import type { SandboxPolicy } from "../protocol/sandbox.ts";

export function hasNetwork(policy: SandboxPolicy): boolean {
  if (policy.type === "dangerFullAccess") return true;
  return policy.type === "externalSandbox" ? policy.networkAccess === "enabled" : policy.networkAccess;
}

/** The policy of a thread as one action gets it. */
export function confinement(
  policy: SandboxPolicy,
  { sandboxed, network }: { sandboxed: boolean; network: boolean },
): SandboxPolicy {
  if (!sandboxed && policy.type !== "externalSandbox") return { type: "dangerFullAccess" };
  if (!network || policy.type === "dangerFullAccess") return policy;
  return policy.type === "externalSandbox"
    ? { ...policy, networkAccess: "enabled" }
    : { ...policy, networkAccess: true };
}
