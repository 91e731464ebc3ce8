// One turn: its prompt, its items in order, and its end.
import { createElement } from "preact";
import { useMemo } from "preact/hooks";
import type { Turn } from "../../server/protocol/turn.ts";
import type { UserInput } from "../../server/protocol/user-input.ts";
import { Reads } from "../items/dynamic-tool-call.tsx";
import type { Place } from "../items/item-props.ts";
import { rendererOf } from "../items/registry.ts";
import { type Row, turnRows } from "../items/rows.ts";
import { RevertMenu } from "../review/revert-menu.tsx";
import { Elapsed } from "../shell/elapsed.tsx";
import { Ring } from "../shell/icon.tsx";
import { memo } from "../shell/memo.ts";
import { useSelectedBy } from "../shell/panel-context.ts";
import type { Outgoing } from "../state/state.ts";
import { isOpen } from "../state/thread-reducer.ts";
import type { PathBase } from "../text/paths.ts";
import { isWordsOnly, promptParts } from "../text/prompt-parts.ts";
import { Prompt } from "./prompt.tsx";
import { TurnEnd } from "./turn-end.tsx";
import { TurnPlan } from "./turn-plan.tsx";
import { AddedPrompt } from "./outgoing.tsx";
import { retryWords } from "../text/words.ts";

export interface TurnViewProps {
  turn: Turn;
  threadId: string;
  base: PathBase;
  /** Prompts that belong to this turn and are not among its items yet. */
  outgoing: readonly Outgoing[];
}

export const TurnView = memo(({ turn, threadId, base, outgoing }: TurnViewProps) => {
  const { id: turnId, status } = turn;
  const place = useMemo<Place>(
    () => ({
      threadId,
      turnId,
      base,
      turnStatus: status,
      isTurnRunning: status === "inProgress",
      isCut: status === "interrupted" || status === "failed",
    }),
    [threadId, turnId, base, status],
  );
  const head = turn.items.find((item) => item.type === "userMessage");
  const rows = turnRows(turn.items.filter((item) => item !== head));
  // One that nobody read heads nothing.
  const [first, ...others] = head || outgoing[0]?.kind === "unread" ? [undefined, ...outgoing] : outgoing;
  const said = head ? head.content : first ? [{ type: "text" as const, text: first.text, text_elements: [] }] : null;
  return (
    <section class="turn" {...(said ? { "aria-labelledby": `prompt-${turnId}` } : { "aria-label": "Turn" })}>
      {said && (
        <Prompt
          id={`prompt-${turnId}`}
          {...promptParts({ content: said })}
          menu={head && <RevertMenu turnId={turnId} text={promptParts({ content: said }).text} />}
        />
      )}
      {rows.map((row) => (
        <RowView key={row.key} row={row} place={place} />
      ))}
      {others.map((prompt) => prompt && <AddedPrompt key={prompt.clientId} prompt={prompt} />)}
      <TurnPlan turnId={turnId} />
      {place.isTurnRunning ? <Waiting turn={turn} /> : <TurnEnd turn={turn} prompt={retriable(said)} />}
    </section>
  );
});

// Pictures and the like are not sent again: a prompt without them would be another one.
function retriable(said: UserInput[] | null): string {
  return said && isWordsOnly({ content: said }) ? promptParts({ content: said }).text : "";
}

function RowView({ row, place }: { row: Row; place: Place }) {
  return row.kind === "item" ? (
    <ItemView item={row.item} place={place} />
  ) : (
    <ReadsView items={row.items} place={place} />
  );
}

const ItemView = memo(({ item, place }: Pick<Extract<Row, { kind: "item" }>, "item"> & { place: Place }) =>
  createElement(rendererOf(item.type), { item, place }),
);
const ReadsView = memo(Reads);

// Nothing moves on screen while the model has not begun to answer: one quiet line says that it is under way.
function Waiting({ turn }: { turn: Turn }) {
  const isAsked = useSelectedBy(turn.id, ({ approvals }) =>
    approvals.some(({ outcome, request }) => outcome.kind === "waiting" && request.params.turnId === turn.id),
  );
  const isStopping = useSelectedBy(turn.id, ({ stoppingTurnId }) => stoppingTurnId === turn.id);
  const lost = useSelectedBy(turn.id, ({ reconnecting }) => (reconnecting?.turnId === turn.id ? reconnecting : null));
  const last = turn.items.at(-1);
  const isMoving = last !== undefined && last.type !== "userMessage" && isOpen(last);
  if ((isAsked || (isMoving && lost === null)) && !isStopping) return null;
  if (lost !== null && !isStopping) return <Reconnecting {...lost} />;
  return (
    <div class="quiet-row waiting">
      <span class="row-icon">
        <Ring />
      </span>
      <span class="row-text">{isStopping ? "Stopping…" : "Working"}</span>
      {turn.startedAt !== null && !isStopping && <Elapsed sinceMs={turn.startedAt * 1000} />}
    </div>
  );
}

/** Takes the place of the line above; in a narrow panel the cause goes on below rather than out of sight. */
function Reconnecting({ text, cause }: { text: string; cause: string | null }) {
  return (
    <div class="quiet-row waiting">
      <span class="row-icon">
        <Ring />
      </span>
      <span class="row-text wraps">{retryWords(text, cause)}</span>
    </div>
  );
}
