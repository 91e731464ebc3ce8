// The box that is always there: the text, then mode, model, how full the context is, and send or stop.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { Mode } from "../../server/protocol/mode.ts";
import { IconButton } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, runningTurn, shownThread } from "../state/state.ts";
import { ConfirmMode } from "./confirm-mode.tsx";
import { ContextRing } from "./context-ring.tsx";
import { intentOf, isBlank } from "./intent.ts";
import { Extras, FolderPicker, ModePicker, ModelPicker } from "./pickers.tsx";
import { SandboxNote } from "./sandbox-note.tsx";

const pickRunningId = ({ view }: PanelState) => runningTurn(shownThread(view))?.id ?? null;
const pickIsStopping = ({ stoppingTurnId }: PanelState) => stoppingTurnId !== null;
const pickIsSending = ({ outgoing }: PanelState) => outgoing.some(({ kind }) => kind === "sending");
const pickIsHeld = ({ view }: PanelState) => (shownThread(view)?.held ?? null) !== null;
const pickMaySend = (state: PanelState) =>
  state.host?.workspace?.trusted === true && state.view.kind !== "loading" && !pickIsHeld(state);

export function Composer({ box }: { box: RefObject<HTMLTextAreaElement | null> }) {
  const { drafts, actions } = usePanel();
  const runningId = useSelected(pickRunningId);
  const isStopping = useSelected(pickIsStopping);
  const isSending = useSelected(pickIsSending);
  const maySend = useSelected(pickMaySend);
  const isHeld = useSelected(pickIsHeld);
  /** Asked about; each time it is another question. */
  const risky = useSignal<{ mode: Mode; number: number } | null>(null);
  const questions = useRef(0);
  const { value: question } = risky;
  const isStartingShell = useSignal(false);
  const noteId = useId();
  const { text } = drafts;
  const intent = intentOf(text);
  const hasText = !isBlank(intent);
  const isBusy = isSending || isStartingShell.value;
  const canSend = hasText && maySend && !isBusy;
  // Beside a turn there are two ways for words: behind it, which disturbs nothing, or into it.
  const mayQueue = runningId !== null && intent.kind === "prompt";
  const send = async ({ isUrgent }: { isUrgent: boolean }) => {
    if (!canSend) return;
    const draft = drafts.ofShown();
    // What was typed meanwhile stays.
    if (await sendBy(mayQueue && !isUrgent ? actions.queue : actions.send))
      draft.value = withoutSent(draft.peek(), text);
  };
  const sendBy = (way: (words: string) => Promise<boolean>) =>
    intent.kind === "shell" ? runShell(intent.command) : way(intent.text);
  const runShell = async (command: string) => {
    isStartingShell.value = true;
    const isTaken = await actions.runShell(command);
    isStartingShell.value = false;
    return isTaken;
  };
  return (
    <div class="composer">
      <div class={`composer-box ${isBusy ? "sending" : ""} ${intent.kind === "shell" ? "shell" : ""}`}>
        <Draft box={box} noteId={noteId} onSend={send} />
        {intent.kind === "shell" && (
          <p id={noteId} class="shell-note">
            Runs in your shell, outside the sandbox
          </p>
        )}
        <div class="composer-row">
          {!isHeld && <ModePicker onRisky={(mode) => (risky.value = { mode, number: ++questions.current })} />}
          {!isHeld && <ModelPicker />}
          <FolderPicker />
          <Extras />
          <ContextRing />
          {runningId !== null && (
            <button
              type="button"
              class="icon-button stop"
              aria-label="Stop"
              title="Stop"
              disabled={isStopping}
              onClick={() => void actions.stop()}
            >
              <span class="stop-square" aria-hidden="true" />
            </button>
          )}
          {hasText && mayQueue && <QueueButtons isDisabled={!canSend} onSend={send} />}
          {!mayQueue && (runningId === null || hasText) && (
            <IconButton
              icon="arrow-up"
              label="Send"
              class="send"
              isDisabled={!canSend}
              onClick={() => void send({ isUrgent: true })}
            />
          )}
        </div>
      </div>
      <SandboxNote />
      {question !== null && (
        <ConfirmMode
          key={question.number}
          mode={question.mode}
          // The page may hear late that it was closed, when another one is asked already.
          onClose={() => risky.peek() === question && (risky.value = null)}
        />
      )}
    </div>
  );
}

interface DraftProps {
  box: RefObject<HTMLTextAreaElement | null>;
  /** Of what is said about the text, while there is something to say. */
  noteId: string;
  onSend: Send;
}

/** Urgent: into the turn that runs, not behind it. */
type Send = (how: { isUrgent: boolean }) => Promise<void>;

const pickModifier = ({ host }: PanelState) => host?.modifierKey ?? "Ctrl";

function QueueButtons({ isDisabled, onSend }: { isDisabled: boolean; onSend: Send }) {
  const modifier = useSelected(pickModifier);
  return (
    <>
      <IconButton
        icon="arrow-right"
        label="Steer"
        title={`Steer: Belay reads it now (${modifier}+Enter)`}
        class="steer"
        isDisabled={isDisabled}
        onClick={() => void onSend({ isUrgent: true })}
      />
      <IconButton
        icon="list-ordered"
        label="Queue"
        title="Queue: sent when this turn has ended (Enter)"
        class="send"
        isDisabled={isDisabled}
        onClick={() => void onSend({ isUrgent: false })}
      />
    </>
  );
}

function Draft({ box, noteId, onSend }: DraftProps) {
  const { drafts } = usePanel();
  const { text } = drafts;
  const isHeld = useSelected(pickIsHeld);
  const isComposing = useRef(false);
  // The element keeps the text itself; only a change from outside is written into it, so that the cursor stays.
  useLayoutEffect(() => {
    if (box.current && box.current.value !== text) box.current.value = text;
  }, [box, text]);
  return (
    <textarea
      ref={box}
      class="composer-text"
      aria-label="Message Belay"
      aria-describedby={noteId}
      placeholder={isHeld ? "Another window writes to this thread. Fork it to go on here." : "Message Belay"}
      disabled={isHeld}
      rows={2}
      spellcheck={false}
      onInput={({ currentTarget }) => (drafts.text = currentTarget.value)}
      onCompositionStart={() => (isComposing.current = true)}
      onCompositionEnd={() => (isComposing.current = false)}
      onKeyDown={(event) => {
        // Some input methods report the Enter that accepts a word after the composition has ended: key code 229.
        if (
          event.key !== "Enter" ||
          event.shiftKey ||
          event.isComposing ||
          isComposing.current ||
          event.keyCode === 229
        )
          return;
        event.preventDefault();
        void onSend({ isUrgent: event.ctrlKey || event.metaKey });
      }}
    />
  );
}

function withoutSent(now: string, sent: string): string {
  return now.startsWith(sent) ? now.slice(sent.length).trimStart() : now;
}
