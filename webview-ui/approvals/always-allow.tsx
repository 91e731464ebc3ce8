// What `Always allow…` opens: which command may run unasked from now on, and where.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { CommandApprovalDecision, RuleOffer } from "../../server/protocol/approval.ts";
import type { RuleScope } from "../../server/protocol/command.ts";
import { TextButton } from "../items/card.tsx";
import { usePanel } from "../shell/panel-context.ts";
import { allowLabels, patternText, scopeLabels } from "../text/approval-words.ts";
import { ExactText } from "../text/exact-text.tsx";

interface AlwaysAllowProps {
  id: string;
  offers: readonly RuleOffer[];
  onAllow: (decision: CommandApprovalDecision, event: Event) => void;
  onClose: () => void;
}

export function AlwaysAllow({ id, offers, onAllow, onClose }: AlwaysAllowProps) {
  const { actions } = usePanel();
  const menu = useRef<HTMLDivElement>(null);
  const name = useId();
  const [at, setAt] = useState(0);
  const [wanted, setWanted] = useState<RuleScope>("workspace");
  useEffect(() => {
    menu.current?.querySelector<HTMLInputElement>("input:checked")?.focus({ preventScroll: true });
    menu.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const offer = offers[at] ?? offers[0];
  if (!offer) return null;
  const scope = offer.scopes.includes(wanted) ? wanted : (offer.scopes[0] ?? "thread");
  return (
    <div
      ref={menu}
      id={id}
      class="always-allow"
      role="group"
      aria-label="Always allow"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
    >
      <fieldset class="choices">
        <legend class="choices-title">Run without asking</legend>
        {offers.map((one, index) => (
          <label key={index} class="question-option">
            <input type="radio" name={`${name}-offer`} checked={one === offer} onChange={() => setAt(index)} />
            <span class="option-words">
              <code>
                <ExactText text={patternText(one)} gaps />
              </code>
              <span class="option-description">
                <ExactText text={one.label} gaps />
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset class="choices scopes">
        <legend class="choices-title">Where</legend>
        {offer.scopes.map((one) => (
          <label key={one} class="question-option">
            <input type="radio" name={`${name}-scope`} checked={one === scope} onChange={() => setWanted(one)} />
            <span>{scopeLabels[one]}</span>
          </label>
        ))}
      </fieldset>
      <div class="approval-buttons">
        <button type="button" class="button primary" onClick={(event) => onAllow(ruleOf(offer, scope), event)}>
          {allowLabels[scope]}
        </button>
        <TextButton label="Manage approvals" onClick={() => void actions.host("host/manageApprovals", {})} />
      </div>
    </div>
  );
}

function ruleOf({ pattern, exact }: RuleOffer, scope: RuleScope): CommandApprovalDecision {
  return { acceptWithExecpolicyAmendment: { execpolicy_amendment: pattern, scope, exact } };
}
