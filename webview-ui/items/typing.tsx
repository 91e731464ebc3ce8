// What the model wants to type into a running command: the question while it waits, afterwards one quiet line.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import { typingApprovals } from "../approvals/use-approval.ts";
import { memo } from "../shell/memo.ts";
import { useSelected } from "../shell/panel-context.ts";
import type { Approval, PanelState } from "../state/state.ts";
import { decisionWords, typedText } from "../text/approval-words.ts";
import { ExactText } from "../text/exact-text.tsx";
import type { Place } from "./item-props.ts";
import { QuietRow } from "./quiet-row.tsx";

interface TypingProps {
  item: ThreadItemOf<"commandExecution">;
  place: Place;
}

const pickApprovals = ({ approvals }: PanelState) => approvals;

export function Typing({ item, place }: TypingProps) {
  const asked = typingApprovals(useSelected(pickApprovals), item.id);
  return (
    <>
      {asked.map((approval) => (
        <Typed key={approval.key} approval={approval} place={place} />
      ))}
    </>
  );
}

const Typed = memo(({ approval, place }: { approval: Approval; place: Place }) => {
  const { outcome, request } = approval;
  if (outcome.kind === "waiting") {
    // A later turn asks at its own end, where the reader is.
    return request.params.turnId === place.turnId ? <ApprovalCard approval={approval} base={place.base} /> : null;
  }
  if (outcome.kind !== "answered" || request.kind !== "command") return null;
  const said = decisionWords(outcome.decision);
  return (
    <QuietRow
      icon="edit"
      text={
        <>
          {said === null ? "You did not let it type " : "You let it type "}
          <code>
            <ExactText text={typedText(request.params.script).replaceAll("\n", "")} />
          </code>
        </>
      }
    />
  );
});
