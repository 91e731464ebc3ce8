// The one thing in the panel that may raise its voice: a plain question, the exact thing, where and why, the answers.
import { useId, useRef } from "preact/hooks";
import type { ApprovalDecision } from "../../server/protocol/approval.ts";
import { FilePart } from "../items/file-part.tsx";
import { Icon } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type Approval, type ApprovalRequest, currentApproval } from "../state/state.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { changeQuestion } from "../text/words.ts";
import { AskingCard } from "./asking-card.tsx";
import { LongText } from "./long-text.tsx";
import { QuestionCard } from "./question-card.tsx";
import { answer } from "./use-answer.ts";

type DecisionRequest = Exclude<ApprovalRequest, { kind: "questions" }>;

/** In the order they are shown; the first that is available is the primary one. */
const decisions: readonly { decision: ApprovalDecision; label: string }[] = [
  { decision: "accept", label: "Approve" },
  { decision: "acceptForSession", label: "Approve for this thread" },
  { decision: "decline", label: "Decline" },
  { decision: "cancel", label: "Decline and stop" },
];

export function ApprovalCard({ approval, cwd }: { approval: Approval; cwd: string | null }) {
  const { request } = approval;
  return request.kind === "questions" ? (
    <QuestionCard approval={approval} params={request.params} />
  ) : (
    <DecisionCard approval={approval} request={request} cwd={cwd} />
  );
}

interface DecisionCardProps {
  approval: Approval;
  request: DecisionRequest;
  cwd: string | null;
}

function DecisionCard({ approval, request, cwd }: DecisionCardProps) {
  const panel = usePanel();
  const exactId = useId();
  const card = useRef<HTMLDivElement>(null);
  const hasKey = useSelected(currentApproval)?.key === approval.key;
  const modifierKey = useSelected(({ host }) => host?.modifierKey ?? "Ctrl");
  const { reason, availableDecisions } = request.params;
  return (
    <AskingCard
      approval={approval}
      card={card}
      label={request.kind === "command" ? "Approval: run command" : "Approval: change files"}
      describedBy={exactId}
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
          <ExactText text={reason} gaps />
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
              onClick={(event) =>
                card.current && answer(panel, card.current, event, (key) => panel.actions.answer(key, decision))
              }
            >
              {label}
              {hasKey && decision === "accept" && <kbd aria-hidden="true">{`${modifierKey}⏎`}</kbd>}
            </button>
          ))}
      </div>
    </AskingCard>
  );
}

function Subject({ request, cwd, exactId }: { request: DecisionRequest; cwd: string | null; exactId: string }) {
  if (request.kind === "command") return <LongText text={request.params.script} id={exactId} />;
  const { threadId, itemId, changes } = request.params;
  return (
    <div class="approval-files" id={exactId} tabIndex={0} role="group" aria-label="Changes">
      {changes.map((change) => (
        <FilePart
          key={change.path}
          change={change}
          cwd={cwd}
          status=""
          isInitiallyOpen
          isAsked
          where={{ threadId, itemId }}
        />
      ))}
    </div>
  );
}

// A sandbox is about commands: what a change of files may write stands in its diff.
function Why({ request: { kind, params } }: { request: DecisionRequest }) {
  const { explanation } = params;
  if (!explanation) return null;
  const { location, because } = explanation;
  const sandbox = kind === "command" ? explanation.sandbox : "";
  const isUnlimited = kind === "command" && !explanation.isConfined;
  const words = [`in ${location}`, isUnlimited ? "" : sandbox, `asks because ${because}`].filter((part) => part !== "");
  return (
    <>
      {isUnlimited && (
        <p class="approval-risk">
          <ExactText text={sandbox.charAt(0).toUpperCase() + sandbox.slice(1)} />
        </p>
      )}
      <p class="approval-why" title={"cwd" in params ? params.cwd : undefined}>
        <ExactText text={words.join(" · ")} />
      </p>
    </>
  );
}
