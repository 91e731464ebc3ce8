// The ways to answer a question about a command or a change.
import type { RefObject } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { CommandApprovalDecision } from "../../server/protocol/approval.ts";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type Approval, currentApproval } from "../state/state.ts";
import { ExactText } from "../text/exact-text.tsx";
import { AlwaysAllow } from "./always-allow.tsx";
import { type Answer, answersOf, type DecisionRequest, ruleOffersOf } from "./answers.ts";
import { answer } from "./use-answer.ts";

interface AnswerButtonsProps {
  approval: Approval;
  request: DecisionRequest;
  card: RefObject<HTMLDivElement | null>;
}

export function AnswerButtons({ approval, request, card }: AnswerButtonsProps) {
  const panel = usePanel();
  const [hasKey, menuId] = [useSelected(currentApproval)?.key === approval.key, useId()];
  const modifierKey = useSelected(({ host }) => host?.modifierKey ?? "Ctrl");
  const opener = useRef<HTMLButtonElement>(null);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const offers = ruleOffersOf(request);
  const { yes, no, aside } = answersOf(request);
  const give = (decision: CommandApprovalDecision, event: Event) => {
    if (card.current) answer(panel, card.current, event, (key) => panel.actions.answer(key, decision));
  };
  const button = ({ decision, label }: Answer, look: string) => (
    <button key={label} type="button" class={look} onClick={(event) => give(decision, event)}>
      <span>
        <ExactText text={label} />
      </span>
      {hasKey && decision === "accept" && <kbd aria-hidden="true">{`${modifierKey}⏎`}</kbd>}
    </button>
  );
  return (
    <>
      <div class="approval-buttons">
        {yes.map((one, index) => button(one, index === 0 ? "button primary" : "button"))}
        {offers.length > 0 && (
          <button
            ref={opener}
            type="button"
            class="button"
            aria-expanded={isMenuOpen}
            aria-controls={menuId}
            onClick={() => setMenuOpen(!isMenuOpen)}
          >
            Always allow…
          </button>
        )}
        {no.map((one) => button(one, "button"))}
        {aside.map((one) => button(one, "text-button"))}
      </div>
      {isMenuOpen && (
        <AlwaysAllow
          id={menuId}
          offers={offers}
          onAllow={give}
          onClose={() => {
            setMenuOpen(false);
            opener.current?.focus();
          }}
        />
      )}
    </>
  );
}
