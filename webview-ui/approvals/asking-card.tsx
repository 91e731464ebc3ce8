// The frame of whatever waits for a person: named for screen readers, found by its key, watched for being in sight.
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type Approval, currentApproval } from "../state/state.ts";
import { focusNext, useReadiness } from "./use-answer.ts";

interface AskingCardProps {
  approval: Approval;
  card: RefObject<HTMLDivElement | null>;
  label: string;
  /** The id of the element that says what it is about. */
  describedBy: string;
  children: ComponentChildren;
}

export function AskingCard({ approval, card, label, describedBy, children }: AskingCardProps) {
  const isCurrent = useSelected(currentApproval)?.key === approval.key;
  useReadiness(card, approval.key);
  useReturnOfFocus(card);
  return (
    <div
      ref={card}
      class={`approval ${isCurrent ? "current" : ""}`}
      role="group"
      tabIndex={0}
      data-approval={approval.key}
      aria-label={label}
      aria-describedby={describedBy}
    >
      {children}
    </div>
  );
}

// A question that was settled elsewhere while it had the focus: the person goes on, not at the top of the page.
function useReturnOfFocus(card: RefObject<HTMLDivElement | null>): void {
  const panel = usePanel();
  useLayoutEffect(() => {
    const element = card.current;
    return () => {
      if (element?.contains(document.activeElement)) focusNext(panel);
    };
  }, [card, panel]);
}
