// The one thing in the panel that may raise its voice: a plain question, the exact thing, where and why, the answers.
import { useId, useRef } from "preact/hooks";
import { FilePart } from "../items/file-part.tsx";
import { Icon } from "../shell/icon.tsx";
import { useSelectedBy } from "../shell/panel-context.ts";
import { type Approval, type ShownThread, shownThread } from "../state/state.ts";
import { commandApprovalName, commandQuestion, typedText } from "../text/approval-words.ts";
import { commandName } from "../text/command-words.ts";
import { ExactText } from "../text/exact-text.tsx";
import { visibleText } from "../text/hidden-characters.ts";
import { changeQuestion } from "../text/words.ts";
import { AnswerButtons } from "./answer-buttons.tsx";
import type { DecisionRequest } from "./answers.ts";
import { AskingCard } from "./asking-card.tsx";
import { LongText } from "./long-text.tsx";
import { MoreBelow } from "./more-below.tsx";
import { QuestionCard } from "./question-card.tsx";

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
  const exactId = useId();
  const card = useRef<HTMLDivElement>(null);
  const { reason, itemId } = request.params;
  const runningName = useSelectedBy(itemId, ({ view }) => nameOfCommand(shownThread(view), itemId));
  return (
    <AskingCard
      approval={approval}
      card={card}
      label={request.kind === "command" ? commandApprovalName(request.params) : "Approval: change files"}
      describedBy={exactId}
    >
      <h3 class="approval-title">
        <Icon name="warning" class="warning" />
        <span>
          {request.kind === "command"
            ? commandQuestion(request.params, runningName)
            : visibleText(changeQuestion(request.params.changes, cwd))}
        </span>
      </h3>
      <Subject request={request} cwd={cwd} exactId={exactId} />
      {request.kind === "command" && request.params.networkApprovalContext && (
        <NetworkNeed {...request.params.networkApprovalContext} />
      )}
      {reason && (
        <blockquote class="approval-reason">
          <ExactText text={reason} gaps />
        </blockquote>
      )}
      <Why request={request} />
      <AnswerButtons approval={approval} request={request} card={card} />
    </AskingCard>
  );
}

function nameOfCommand(thread: ShownThread | null, itemId: string): string {
  const item = thread?.turns.flatMap(({ items }) => items).find(({ id }) => id === itemId);
  return item?.type === "commandExecution" ? commandName(item) : "the running command";
}

function NetworkNeed({ host }: { host: string }) {
  return (
    <p class="approval-risk">
      {"It asks for "}
      <code>
        <ExactText text={host} gaps />
      </code>
      {". The sandbox cannot limit it to that host: it would reach all of the network."}
    </p>
  );
}

function Subject({ request, cwd, exactId }: { request: DecisionRequest; cwd: string | null; exactId: string }) {
  if (request.kind === "command") {
    const { kind, script } = request.params;
    return <LongText text={kind === "writeStdin" ? typedText(script) : script} id={exactId} />;
  }
  const { threadId, turnId, itemId, changes } = request.params;
  return (
    <MoreBelow class="approval-files" id={exactId} label="Changes">
      {changes.map((change) => (
        <FilePart
          key={change.path}
          change={change}
          cwd={cwd}
          status=""
          isInitiallyOpen
          isAsked
          where={{ threadId, turnId, itemId }}
        />
      ))}
    </MoreBelow>
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
