// Which answers a question offers, in the order they are shown, and under which names.
import type { ApprovalDecision, CommandApprovalDecision, RuleOffer } from "../../server/protocol/approval.ts";
import type { ApprovalRequest } from "../state/state.ts";

export type DecisionRequest = Exclude<ApprovalRequest, { kind: "questions" }>;

export interface Answer {
  decision: CommandApprovalDecision;
  label: string;
}

interface Answers {
  /** The first is the primary one. */
  yes: readonly Answer[];
  no: readonly Answer[];
  /** Another way to go about it. */
  aside: readonly Answer[];
}

const labels = {
  accept: "Approve",
  acceptForSession: "Approve for this thread",
  decline: "Decline",
  cancel: "Decline and stop",
} as const satisfies Record<ApprovalDecision, string>;

/** For the thread means: whatever is typed into this command. */
const allTyping = "Approve all it types there";

export function answersOf(request: DecisionRequest): Answers {
  const isTyping = request.kind === "command" && request.params.kind === "writeStdin";
  const available: readonly CommandApprovalDecision[] = request.params.availableDecisions;
  const among = (...wanted: ApprovalDecision[]): Answer[] =>
    wanted
      .filter((decision) => available.includes(decision))
      .map((decision) => ({
        decision,
        label: isTyping && decision === "acceptForSession" ? allTyping : labels[decision],
      }));
  const host = hostAnswer(request);
  return {
    // To remember the host says more exactly what is allowed than to remember the command.
    yes: host === null ? among("accept", "acceptForSession") : [...among("accept"), host],
    no: among("decline", "cancel"),
    aside: available.includes("runInTerminal") ? [{ decision: "runInTerminal", label: "Run in my terminal" }] : [],
  };
}

/** What `Always allow…` can be about; empty: there is no such answer. */
export function ruleOffersOf({ kind, params }: DecisionRequest): readonly RuleOffer[] {
  return kind === "command"
    ? (params.ruleOffers ?? []).filter(({ pattern, scopes }) => pattern.length > 0 && scopes.length > 0)
    : [];
}

function hostAnswer({ kind, params }: DecisionRequest): Answer | null {
  if (kind !== "command" || !params.networkApprovalContext) return null;
  const amendment = params.proposedNetworkPolicyAmendments?.find(({ action }) => action === "allow");
  if (!amendment) return null;
  return {
    decision: { applyNetworkPolicyAmendment: { network_policy_amendment: amendment } },
    label: `Allow ${amendment.host} for this thread`,
  };
}
