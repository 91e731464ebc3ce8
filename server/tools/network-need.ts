// A command that asks for the network: who is asked, and about which hosts. Pure but for what was remembered.
import type { SessionApprovals } from "../approval/approvals.ts";
import type { Judgement } from "../approval/judge.ts";
import { hostsOfScript } from "../approval/network-needs.ts";
import { askOrForbid, type Requirement } from "../approval/policy.ts";
import { reachedHosts } from "../approval/reached-hosts.ts";
import type { PlainApprovalPolicy } from "../protocol/approval.ts";

/** `need` is what would hold without the network; `hosts` are all it is known to want, none when that is not known. */
export function networkNeed(
  need: Exclude<Requirement, { kind: "forbid" }>,
  command: { script: string; judgement: Judgement; approvalPolicy: PlainApprovalPolicy },
  approvals: SessionApprovals,
): { need: Requirement; hosts: readonly string[] } {
  const { script, judgement, approvalPolicy } = command;
  const hosts = [...new Set([...approvals.wantedBy(script), ...hostsOfScript(script)])];
  const denied = hosts.find((host) => approvals.host(host) === "deny");
  if (denied !== undefined) {
    const message = `rejected: the user denied network access to ${denied} in this thread`;
    return { need: { kind: "forbid", message }, hosts };
  }
  // Not by `hosts`: a line can hide others, and what a command says of its failure is the command's to choose.
  const reached = reachedHosts(script);
  const isKnown =
    reached !== null && hosts.length > 0 && [...hosts, ...reached].every((host) => approvals.host(host) === "allow");
  const isRuled = judgement.kind === "allowed" && judgement.outsideSandbox;
  if (isKnown || isRuled) return { need, hosts };
  const wish = hosts.length === 0 ? "it wants to use the network" : `it wants to reach ${hosts.join(", ")}`;
  const because = need.kind === "ask" ? `${wish}, and ${need.because}` : wish;
  return {
    need: askOrForbid({ approvalPolicy }, because, { sandboxed: true, forModel: "it wants the network" }),
    hosts,
  };
}
