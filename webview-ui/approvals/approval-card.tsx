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
import { below, type PathBase, placeName } from "../text/paths.ts";
import { changeQuestion } from "../text/words.ts";
import { AnswerButtons } from "./answer-buttons.tsx";
import type { DecisionRequest } from "./answers.ts";
import { AskingCard } from "./asking-card.tsx";
import { LongText } from "./long-text.tsx";
import { MoreBelow } from "./more-below.tsx";
import { QuestionCard } from "./question-card.tsx";

export function ApprovalCard({ approval, base }: { approval: Approval; base: PathBase }) {
  const { request } = approval;
  return request.kind === "questions" ? (
    <QuestionCard approval={approval} params={request.params} />
  ) : (
    <DecisionCard approval={approval} request={request} base={base} />
  );
}

interface DecisionCardProps {
  approval: Approval;
  request: DecisionRequest;
  base: PathBase;
}

function DecisionCard({ approval, request, base }: DecisionCardProps) {
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
            : visibleText(changeQuestion(request.params.changes, base))}
        </span>
      </h3>
      <Subject request={request} base={base} exactId={exactId} />
      {request.kind === "command" && request.params.networkApprovalContext && (
        <NetworkNeed {...request.params.networkApprovalContext} />
      )}
      {reason && (
        <blockquote class="approval-reason">
          <ExactText text={reason} gaps />
        </blockquote>
      )}
      <Why request={request} base={base} />
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

function Subject({ request, base, exactId }: { request: DecisionRequest; base: PathBase; exactId: string }) {
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
          base={base}
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
function Why({ request, base }: { request: DecisionRequest; base: PathBase }) {
  const { kind, params } = request;
  const { explanation } = params;
  if (!explanation) return null;
  const { because } = explanation;
  const sandbox = kind === "command" ? explanation.sandbox : "";
  const isUnlimited = kind === "command" && !explanation.isConfined;
  const location = locationOf(request, base) ?? explanation.location;
  const words = [location === "" ? "" : `in ${location}`, isUnlimited ? "" : sandbox, `asks because ${because}`].filter(
    (part) => part !== "",
  );
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

/** As the window calls it; empty where the changes say themselves in which other folder they are, null where the server does. */
function locationOf({ kind, params }: DecisionRequest, base: PathBase): string | null {
  if (kind === "command") return params.cwd ? placeName(params.cwd, base) : null;
  const { cwd } = base;
  const isElsewhere = cwd !== null && params.changes.every(({ path }) => below(cwd, path) === null);
  return isElsewhere ? "" : cwd && placeName(cwd, base);
}
