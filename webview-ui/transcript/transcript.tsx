// The thread on screen: its turns, or what stands there before there are any.
import { useLayoutEffect, useRef } from "preact/hooks";
import { ApprovalCard } from "../approvals/approval-card.tsx";
import type { ThreadItem } from "../../server/protocol/item.ts";
import { Empty } from "../history/empty.tsx";
import { asksPerson } from "../items/tool-words.ts";
import { Icon, Ring } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { usePathBase } from "../shell/use-path-base.ts";
import {
  type Approval,
  type Outgoing,
  type PanelState,
  type ShownThread,
  shownThread,
  shownThreadId,
} from "../state/state.ts";
import { useFollowEnd } from "./follow-end.ts";
import { AddedPrompt, NewTurn } from "./outgoing.tsx";
import { TurnView } from "./turn.tsx";

const pickThread = ({ view }: PanelState) => shownThread(view);
const pickThreadId = ({ view }: PanelState) => shownThreadId(view);
const pickOutgoing = ({ outgoing }: PanelState) => outgoing;
const pickApprovals = ({ approvals }: PanelState) => approvals;
/** Changes when the reader themselves adds to the thread. */
const pickOwnLatest = ({ outgoing, view }: PanelState) =>
  outgoing.at(-1)?.clientId ?? latestOwnCommand(shownThread(view));
const pickIsLoading = ({ view }: PanelState) => view.kind === "loading" && view.previous === null;

export function Transcript() {
  const thread = useSelected(pickThread);
  const base = usePathBase(thread?.settings.cwd ?? null);
  const threadId = useSelected(pickThreadId);
  const outgoing = useSelected(pickOutgoing);
  const ownLatest = useSelected(pickOwnLatest);
  const isLoading = useSelected(pickIsLoading);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { isFollowing, jumpToEnd, leaveEnd } = useFollowEnd(scroller, content, threadId);
  const jump = () => {
    jumpToEnd();
    // The button goes away; the keys go on to scroll.
    scroller.current?.focus();
  };
  // Whoever sends something wants to see what becomes of it.
  useLayoutEffect(() => {
    if (ownLatest !== null) jumpToEnd();
  }, [ownLatest]);
  const { turnToShow } = usePanel();
  useLayoutEffect(() => {
    const wanted = turnToShow.value;
    const turn = wanted === null ? null : document.getElementById(`prompt-${wanted}`)?.closest(".turn");
    if (!turn) return;
    turnToShow.value = null;
    leaveEnd();
    turn.scrollIntoView({ block: "start" });
  });
  const running = thread?.turns.findLast(({ status }) => status === "inProgress");
  // What is in a thread that another window writes to is not known before it is read.
  const isUnread = thread?.held?.isRead === false;
  // What the thread contains by now is not known before its turns are here.
  const isKnown = !isLoading && !isUnread;
  const homeless = isKnown ? outgoing.filter((prompt) => turnOf(prompt, thread, running?.id) === null) : [];
  const isEmpty = isKnown && homeless.length === 0 && (thread?.turns.length ?? 0) === 0;
  return (
    <div class="transcript-frame">
      {/* The live region speaks of what matters; every token of a log would drown it. */}
      <div ref={scroller} class="transcript scroller" role="log" aria-label="Thread" aria-live="off" tabIndex={-1}>
        <div ref={content} class="column">
          {isLoading && <LoadingThread />}
          {isEmpty && <Empty />}
          {thread?.turns.map((turn) => (
            <TurnView
              key={turn.id}
              turn={turn}
              threadId={thread.id}
              base={base}
              outgoing={outgoing.filter((prompt) => turnOf(prompt, thread, running?.id) === turn.id)}
            />
          ))}
          {homeless.map((prompt) =>
            prompt.kind === "unread" ? (
              <AddedPrompt key={prompt.clientId} prompt={prompt} />
            ) : (
              <NewTurn key={prompt.clientId} prompt={prompt} />
            ),
          )}
          {thread && <LooseApprovals thread={thread} />}
        </div>
      </div>
      {!isFollowing.value && !isEmpty && (
        <button type="button" class="jump" onClick={jump}>
          <Icon name="arrow-down" />
          Jump to latest
        </button>
      )}
    </div>
  );
}

function latestOwnCommand(thread: ShownThread | null): string | null {
  const isOwn = (item: ThreadItem) => item.type === "commandExecution" && item.source === "userShell";
  return thread?.turns.at(-1)?.items.findLast(isOwn)?.id ?? null;
}

function LoadingThread() {
  return (
    <div class="quiet-row">
      <span class="row-icon">
        <Ring />
      </span>
      <span class="row-text">Opening the thread</span>
    </div>
  );
}

// The question came before its item, the item is of a kind that does not draw it, or stands in an earlier turn.
function LooseApprovals({ thread }: { thread: ShownThread }) {
  const approvals = useSelected(pickApprovals);
  const base = usePathBase(thread.settings.cwd);
  const known = new Set(
    thread.turns.flatMap((turn) => turn.items.filter(drawsApproval).map((item) => `${turn.id} ${item.id}`)),
  );
  const loose = approvals.filter(
    ({ outcome, request }: Approval) =>
      outcome.kind === "waiting" &&
      request.params.threadId === thread.id &&
      !known.has(`${request.params.turnId} ${request.params.itemId}`),
  );
  return (
    <>
      {loose.map((approval) => (
        <ApprovalCard key={approval.key} approval={approval} base={base} />
      ))}
    </>
  );
}

function drawsApproval(item: ThreadItem): boolean {
  const { type } = item;
  return type === "commandExecution" || type === "fileChange" || (type === "dynamicToolCall" && asksPerson(item));
}

/** The turn a prompt stands in: its own once accepted, the running one while on its way. Null: none yet. */
function turnOf(prompt: Outgoing, thread: ShownThread | null, runningTurnId: string | undefined): string | null {
  if (prompt.kind === "sending") return runningTurnId ?? null;
  return thread?.turns.some(({ id }) => id === prompt.turnId) ? prompt.turnId : null;
}
