// What became of a question, in the header line of the card that took its place.
import type { ItemStatus } from "../../server/protocol/item.ts";
import { Icon } from "../shell/icon.tsx";
import type { Approval, VoidReason } from "../state/state.ts";
import { decisionWords } from "../text/approval-words.ts";
import { visibleText } from "../text/hidden-characters.ts";
import { statusWord } from "../text/words.ts";

/** Nothing for what was declined: the card's status says that already. */
export function Decision({ approval }: { approval: Approval | null }) {
  if (approval === null || approval.outcome.kind === "waiting") return null;
  if (approval.outcome.kind === "void") {
    const { words, title } = voidWords[approval.outcome.why];
    return (
      <span class="number decision" title={title}>
        {words}
      </span>
    );
  }
  if (approval.outcome.kind === "replied") return null;
  const said = decisionWords(approval.outcome.decision);
  if (said === null) return null;
  return (
    <span class="number decision" title={visibleText(said.title)}>
      <Icon name="check" />
      <span class="decision-words">
        {said.words}
        {said.more !== "" && <span class="decision-more">{visibleText(said.more)}</span>}
      </span>
    </span>
  );
}

const voidWords = {
  elsewhere: { words: "answered in another window", title: "Somebody who sees the same thread answered first" },
  serverEnded: { words: "unanswered", title: "Belay's server ended before you answered" },
  takenBack: { words: "unanswered", title: "Settled without your answer" },
} as const satisfies Record<VoidReason, { words: string; title: string }>;

/** The item's status as a person knows it: a decision made here holds before the server has said so. */
export function statusWith(approval: Approval | null, status: ItemStatus, options: { isCut: boolean }): string {
  const outcome = approval?.outcome;
  if (outcome?.kind === "waiting") return "waiting for approval";
  const isDeclined = outcome?.kind === "answered" && decisionWords(outcome.decision) === null;
  return statusWord(isDeclined && status === "inProgress" ? "declined" : status, options);
}
