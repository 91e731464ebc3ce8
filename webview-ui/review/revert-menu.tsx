// On a prompt: the ways back to before it. What becomes of files and of the conversation is said apart.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Reverted } from "./review-actions.ts";
import { IconButton } from "../shell/icon.tsx";
import { moveIn } from "../shell/menu-keys.ts";
import { usePanel, useSelected, useSelectedBy } from "../shell/panel-context.ts";
import { type PanelState, runningTurn, shownThread } from "../state/state.ts";
import { count } from "../text/words.ts";

const pickIsRunning = ({ view }: PanelState) => runningTurn(shownThread(view)) !== null;

/** `text`: what comes into the composer again. Nothing while a turn runs: it is stopped first. */
export function RevertMenu({ turnId, text }: { turnId: string; text: string }) {
  const isRunning = useSelected(pickIsRunning);
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLSpanElement>(null);
  if (isRunning) return null;
  const close = () => {
    setOpen(false);
    opener.current?.querySelector("button")?.focus();
  };
  return (
    <span class={`revert ${isOpen ? "open" : ""}`} ref={opener}>
      <IconButton icon="discard" label="Edit or revert to here" isExpanded={isOpen} onClick={() => setOpen(!isOpen)} />
      {isOpen && <Choices turnId={turnId} text={text} onClose={close} />}
    </span>
  );
}

interface Choice {
  what: Reverted;
  label: string;
  detail: string;
}

function Choices({ turnId, text, onClose }: { turnId: string; text: string; onClose: () => void }) {
  const panel = usePanel();
  const menu = useRef<HTMLDivElement>(null);
  const id = useId();
  const files = useSelectedBy(turnId, (state) => filesSince(state, turnId));
  // Before the next key.
  useLayoutEffect(() => menu.current?.querySelector("button")?.focus(), []);
  useEffect(() => {
    const leave = ({ target }: Event) => {
      if (!(target instanceof Node) || !menu.current?.parentElement?.contains(target)) onClose();
    };
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, []);
  const pick = async ({ what }: Choice) => {
    onClose();
    const draft = panel.drafts.ofShown();
    if (!(await panel.actions.revert(turnId, what)) || what === "files") return;
    const typed = draft.peek().trim();
    draft.value = typed === "" ? text : `${text}\n\n${typed}`;
    panel.focusComposer();
  };
  return (
    <div
      ref={menu}
      class="revert-menu"
      role="menu"
      aria-label="Revert to before this prompt"
      onKeyDown={(event) => moveIn(event, menu.current, onClose)}
    >
      {choices(files).map((choice) => (
        <button
          key={choice.what}
          type="button"
          role="menuitem"
          tabIndex={-1}
          aria-describedby={`${id}-${choice.what}`}
          aria-label={choice.label}
          onClick={() => void pick(choice)}
        >
          <span>{choice.label}</span>
          <span id={`${id}-${choice.what}`} class="revert-detail">
            {choice.detail}
          </span>
        </button>
      ))}
    </div>
  );
}

/** Without changed files there is one thing to revert. */
function choices(files: number): Choice[] {
  const conversation: Choice = {
    what: "conversation",
    label: "Conversation only",
    detail: "This prompt comes back into the composer; it and all behind it go. Files stay as they are.",
  };
  if (files === 0) return [{ ...conversation, label: "Edit and resend" }];
  const back = files === 1 ? "1 file is put back as it was" : `${count(files, "file")} are put back as they were`;
  return [
    {
      what: "both",
      label: "Files and conversation",
      detail: `${back}. Then this prompt comes back into the composer; it and all behind it go.`,
    },
    conversation,
    { what: "files", label: "Files only", detail: `${back}. The conversation stays.` },
  ];
}

/** How many files this turn and those behind it changed, as far as that is not undone. */
function filesSince({ view }: PanelState, turnId: string): number {
  const thread = shownThread(view);
  const at = thread?.turns.findIndex(({ id }) => id === turnId) ?? -1;
  if (thread === null || at === -1) return 0;
  const changes = thread.turns.slice(at).map(({ id }) => thread.changes.get(id));
  return new Set(changes.flatMap((each) => (each && each.state !== "undone" ? each.paths : []))).size;
}
