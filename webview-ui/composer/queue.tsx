// Above the composer: the messages that wait for their turn, in their order, and what can be done about each.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { QueuedSubmission } from "../../server/protocol/queue.ts";
import { TextButton } from "../items/card.tsx";
import { Icon, IconButton } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, runningTurn, shownThread } from "../state/state.ts";
import { promptParts } from "../text/prompt-parts.ts";
import { count } from "../text/words.ts";

const pickQueue = ({ queue }: PanelState) => queue;
const pickIsRunning = ({ view }: PanelState) => runningTurn(shownThread(view)) !== null;
const pickIsPaused = ({ view }: PanelState) => shownThread(view)?.turns.at(-1)?.status === "interrupted";

export function Queue() {
  const queue = useSelected(pickQueue);
  const isRunning = useSelected(pickIsRunning);
  const titleId = useId();
  const list = useRef<HTMLUListElement>(null);
  const drag = useDrag();
  const { focusComposer } = usePanel();
  if (queue.length === 0) return null;
  // What a row was is gone with it: the focus goes to the one that takes its place.
  const keepFocus = (at: number) => {
    const next = list.current?.querySelectorAll<HTMLElement>(".queued-grip");
    const grip = next?.[at + 1] ?? next?.[at - 1];
    if (grip) grip.focus();
    else focusComposer();
  };
  return (
    <section class="queue" aria-labelledby={titleId}>
      <div class="queue-head">
        <span id={titleId}>{count(queue.length, "queued message")}</span>
        {!isRunning && <Paused first={queue[0]} />}
      </div>
      <ul ref={list} class="scroller" aria-labelledby={titleId}>
        {queue.map((submission, at) => (
          <Row
            key={submission.id}
            {...{ submission, at, isRunning, drag }}
            isLast={at === queue.length - 1}
            onGone={() => keepFocus(at)}
          />
        ))}
      </ul>
    </section>
  );
}

/** Nothing runs, so the queue would go on by itself if it might. */
function Paused({ first }: { first: QueuedSubmission | undefined }) {
  const { actions } = usePanel();
  const isPaused = useSelected(pickIsPaused);
  return (
    <>
      <span class="queue-why">{isPaused ? "Paused: the last turn was interrupted" : "Not sent yet"}</span>
      <TextButton label="Continue" onClick={() => first && void actions.sendQueued(first)} />
    </>
  );
}

interface RowProps {
  submission: QueuedSubmission;
  /** From 0. */
  at: number;
  isLast: boolean;
  isRunning: boolean;
  drag: Drag;
  onGone: () => void;
}

function Row({ submission, at, isLast, isRunning, drag, onGone }: RowProps) {
  const { actions } = usePanel();
  const [isEditing, setEditing] = useState(false);
  const { text } = promptParts({ content: submission.input });
  const line = useRef<HTMLLIElement>(null);
  const wasEditing = useRef(false);
  // The focus comes back to where the editing began.
  useLayoutEffect(() => {
    if (wasEditing.current && !isEditing) line.current?.querySelector<HTMLElement>("[title=Edit]")?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);
  if (isEditing) return <EditedRow submission={submission} onDone={() => setEditing(false)} />;
  const send = () => {
    onGone();
    void actions.sendQueued(submission);
  };
  const remove = () => {
    onGone();
    void actions.deleteQueued(submission.id);
  };
  return (
    <li ref={line} class={`queued ${drag.over === at ? "drop-here" : ""}`} {...drag.target(at)}>
      <Grip {...{ submission, at, isLast, drag, text }} />
      <span class="row-text" title={text}>
        {text}
      </span>
      <IconButton
        icon="arrow-right"
        label={`Send now: ${text}`}
        title={isRunning ? "Send now: Belay reads it in this turn" : "Send now"}
        onClick={send}
      />
      <IconButton icon="edit" label={`Edit: ${text}`} title="Edit" onClick={() => setEditing(true)} />
      <IconButton icon="trash" label={`Delete: ${text}`} title="Delete" onClick={remove} />
    </li>
  );
}

function Grip({ submission, at, isLast, drag, text }: Omit<RowProps, "isRunning" | "onGone"> & { text: string }) {
  const { actions } = usePanel();
  const onKeyDown = async (event: KeyboardEvent) => {
    const grip = event.currentTarget as HTMLElement;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    if (step === -1 ? at === 0 : isLast) return;
    await actions.moveQueued(submission.id, at + step);
    // A row that is put elsewhere loses the focus.
    requestAnimationFrame(() => grip.focus());
  };
  return (
    <button
      type="button"
      class="queued-grip"
      draggable
      aria-label={`Move: ${text}`}
      aria-keyshortcuts="ArrowUp ArrowDown"
      title="Drag, or press Up or Down, to move"
      onKeyDown={(event) => void onKeyDown(event)}
      {...drag.source(submission.id, at)}
    >
      <Icon name="gripper" />
    </button>
  );
}

function EditedRow({ submission, onDone }: { submission: QueuedSubmission; onDone: () => void }) {
  const { actions } = usePanel();
  const words = submission.input.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
  const [text, setText] = useState(words);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);
  const save = async () => {
    if (text.trim() === "") return;
    if (text === words || (await actions.rewriteQueued(submission, text))) onDone();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || event.keyCode === 229) return;
    const isEnter = event.key === "Enter" && !event.shiftKey;
    if (!isEnter && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (isEnter) void save();
    else onDone();
  };
  return (
    <li class="queued editing">
      <textarea
        ref={box}
        class="field queued-text"
        aria-label="Queued message"
        rows={1}
        value={text}
        spellcheck={false}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <IconButton icon="check" label="Save" isDisabled={text.trim() === ""} onClick={() => void save()} />
      <IconButton icon="close" label="Cancel" onClick={onDone} />
    </li>
  );
}

interface Drag {
  /** The row that what is dragged would take the place of. */
  over: number | null;
  source(id: string, at: number): Record<string, (event: DragEvent) => void>;
  target(at: number): Record<string, (event: DragEvent) => void>;
}

/** Rows are dragged by their grips and dropped on one another. */
function useDrag(): Drag {
  const { actions } = usePanel();
  const dragged = useRef<string | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const end = () => {
    dragged.current = null;
    setOver(null);
  };
  return {
    over,
    source: (id, at) => ({
      onDragStart: (event) => {
        dragged.current = id;
        setOver(at);
        // Without data some browsers begin no drag. The whole row is what is seen to move.
        event.dataTransfer?.setData("text/plain", "");
        const row = (event.currentTarget as Element).closest("li");
        if (row) event.dataTransfer?.setDragImage(row, 0, 0);
      },
      onDragEnd: end,
    }),
    target: (at) => ({
      onDragOver: (event) => {
        if (dragged.current === null) return;
        event.preventDefault();
        setOver(at);
      },
      onDrop: (event) => {
        event.preventDefault();
        const id = dragged.current;
        end();
        if (id !== null) void actions.moveQueued(id, at);
      },
    }),
  };
}
