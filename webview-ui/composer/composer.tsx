// The box that is always there: the text, then mode, model, how full the context is, and send or stop.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Mode } from "../../server/protocol/mode.ts";
import { IconButton } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, runningTurn, shownThread } from "../state/state.ts";
import { ConfirmMode } from "./confirm-mode.tsx";
import { ContextRing } from "./context-ring.tsx";
import { ModePicker, ModelPicker } from "./pickers.tsx";

const pickRunningId = ({ view }: PanelState) => runningTurn(shownThread(view))?.id ?? null;
const pickIsStopping = ({ stoppingTurnId }: PanelState) => stoppingTurnId !== null;
const pickIsSending = ({ outgoing }: PanelState) => outgoing.some(({ kind }) => kind === "sending");
const pickMaySend = ({ host, view }: PanelState) => host?.workspace?.trusted === true && view.kind !== "loading";

export function Composer({ box }: { box: RefObject<HTMLTextAreaElement | null> }) {
  const { draft, actions } = usePanel();
  const runningId = useSelected(pickRunningId);
  const isStopping = useSelected(pickIsStopping);
  const isSending = useSelected(pickIsSending);
  const maySend = useSelected(pickMaySend);
  const risky = useSignal<Mode | null>(null);
  const text = draft.value;
  const hasText = text.trim() !== "";
  const canSend = hasText && maySend && !isSending;
  const send = async () => {
    if (!canSend) return;
    // What was typed meanwhile stays.
    if (await actions.send(text)) draft.value = withoutSent(draft.peek(), text);
  };
  return (
    <div class="composer">
      <div class={`composer-box ${isSending ? "sending" : ""}`}>
        <Draft box={box} onSend={send} />
        <div class="composer-row">
          <ModePicker onRisky={(mode) => (risky.value = mode)} />
          <ModelPicker />
          <span class="space" />
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
          {(runningId === null || hasText) && (
            <IconButton icon="arrow-up" label="Send" class="send" isDisabled={!canSend} onClick={() => void send()} />
          )}
        </div>
      </div>
      {risky.value !== null && <ConfirmMode mode={risky.value} onClose={() => (risky.value = null)} />}
    </div>
  );
}

function Draft({ box, onSend }: { box: RefObject<HTMLTextAreaElement | null>; onSend: () => Promise<void> }) {
  const { draft } = usePanel();
  const isComposing = useRef(false);
  // The element keeps the text itself; only a change from outside is written into it, so that the cursor stays.
  useLayoutEffect(() => {
    if (box.current && box.current.value !== draft.value) box.current.value = draft.value;
  }, [box, draft.value]);
  return (
    <textarea
      ref={box}
      class="composer-text"
      aria-label="Message Belay"
      placeholder="Message Belay"
      rows={2}
      spellcheck={false}
      onInput={({ currentTarget }) => (draft.value = currentTarget.value)}
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
        void onSend();
      }}
    />
  );
}

function withoutSent(now: string, sent: string): string {
  return now.startsWith(sent) ? now.slice(sent.length).trimStart() : now;
}
