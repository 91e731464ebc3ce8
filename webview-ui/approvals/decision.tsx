// What became of a question, in the header line of the card that took its place.
import type { ApprovalDecision } from "../../server/protocol/approval.ts";
import type { ItemStatus } from "../../server/protocol/item.ts";
import { Icon } from "../shell/icon.tsx";
import type { Approval } from "../state/state.ts";
import { statusWord } from "../text/words.ts";

const declines: readonly ApprovalDecision[] = ["decline", "cancel"];

/** Nothing for what was declined: the card's status says that already. */
export function Decision({ approval }: { approval: Approval | null }) {
  if (approval === null || approval.outcome.kind === "waiting") return null;
  if (approval.outcome.kind === "void") {
    return (
      <span class="number decision" title="Settled without your answer">
        unanswered
      </span>
    );
  }
  if (approval.outcome.kind === "replied") return null;
  const { decision } = approval.outcome;
  if (declines.includes(decision)) return null;
  const isForThread = decision === "acceptForSession";
  return (
    <span class="number decision" title={isForThread ? "You approved this for the thread" : "You approved this"}>
      <Icon name="check" />
      approved
      {isForThread && <span class="decision-more"> for thread</span>}
    </span>
  );
}

/** The item's status as a person knows it: a decision made here holds before the server has said so. */
export function statusWith(approval: Approval | null, status: ItemStatus, options: { isCut: boolean }): string {
  if (approval?.outcome.kind === "waiting") return "waiting for approval";
  const isDeclined = approval?.outcome.kind === "answered" && declines.includes(approval.outcome.decision);
  return statusWord(isDeclined && status === "inProgress" ? "declined" : status, options);
}
