// The one thing in the panel that may raise its voice: a plain question, the exact thing, where and why, the answers.
import { useEffect, useId, useRef } from "preact/hooks";
import type { ApprovalDecision } from "../../server/protocol/approval.ts";
import { FilePart } from "../items/file-part.tsx";
import { Icon } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type Approval, type ApprovalRequest, currentApproval } from "../state/state.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { changeQuestion } from "../text/words.ts";
import { LongText } from "./long-text.tsx";

/** In the order they are shown; the first that is available is the primary one. */
const decisions: readonly { decision: ApprovalDecision; label: string }[] = [
  { decision: "accept", label: "Approve" },
  { decision: "acceptForSession", label: "Approve for this thread" },
  { decision: "decline", label: "Decline" },
  { decision: "cancel", label: "Decline and stop" },
];

export function ApprovalCard({ approval, cwd }: { approval: Approval; cwd: string | null }) {
  const { actions } = usePanel();
  const exactId = useId();
  const card = useRef<HTMLDivElement>(null);
  const hasKey = useSelected(currentApproval)?.key === approval.key;
  const modifierKey = useSelected(({ host }) => host?.modifierKey ?? "Ctrl");
  const { request } = approval;
  const { reason, availableDecisions } = request.params;
  useReturnOfFocus(card);
  return (
    <div
      ref={card}
      class="approval"
      role="group"
      tabIndex={0}
      data-approval={approval.key}
      aria-label={request.kind === "command" ? "Approval: run command" : "Approval: change files"}
      aria-describedby={exactId}
    >
      <h3 class="approval-title">
        <Icon name="warning" class="warning" />
        <span>
          {request.kind === "command" ? "Run this command?" : visibleText(changeQuestion(request.params.changes, cwd))}
        </span>
      </h3>
      <Subject request={request} cwd={cwd} exactId={exactId} />
      {reason && (
        <blockquote class="approval-reason">
          <ExactText text={reason} />
        </blockquote>
      )}
      <Why request={request} />
      <div class="approval-buttons">
        {decisions
          .filter(({ decision }) => availableDecisions.includes(decision))
          .map(({ decision, label }, index) => (
            <button
              key={decision}
              type="button"
              class={`button ${index === 0 ? "primary" : ""}`}
              onClick={() => actions.answer(approval.key, decision)}
            >
              {label}
              {hasKey && decision === "accept" && <kbd aria-hidden="true">{`${modifierKey}⏎`}</kbd>}
            </button>
          ))}
      </div>
    </div>
  );
}

function Subject({ request, cwd, exactId }: { request: ApprovalRequest; cwd: string | null; exactId: string }) {
  if (request.kind === "command") return <LongText text={request.params.script} id={exactId} />;
  const { threadId, itemId, changes } = request.params;
  return (
    <div class="approval-files" id={exactId}>
      {changes.map((change) => (
        <FilePart key={change.path} change={change} cwd={cwd} status="" isInitiallyOpen where={{ threadId, itemId }} />
      ))}
    </div>
  );
}

function Why({ request: { params } }: { request: ApprovalRequest }) {
  const { explanation } = params;
  if (!explanation) return null;
  const { location, sandbox, because } = explanation;
  const words = [`in ${location}`, sandbox, `asks because ${because}`].filter((part) => part !== "");
  return (
    <p class="approval-why" title={"cwd" in params ? params.cwd : undefined}>
      <ExactText text={words.join(" · ")} />
    </p>
  );
}

// A person who answered with the card in focus goes on in the composer, not at the top of the page.
function useReturnOfFocus(card: { current: HTMLDivElement | null }): void {
  const { focusComposer } = usePanel();
  useEffect(() => {
    const element = card.current;
    return () => {
      if (element?.contains(document.activeElement)) focusComposer();
    };
  }, [card, focusComposer]);
}
