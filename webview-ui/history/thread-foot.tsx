// Below the list of threads: what is asked before something is done with one, and what was done.
import { useId, useState } from "preact/hooks";
import type { Thread } from "../../server/protocol/thread.ts";
import { Icon, IconButton } from "../shell/icon.tsx";
import { threadTitle } from "./thread-row.tsx";

// nothing --a deed of the menu--> renaming or deleting --done or left--> nothing, or said
export type Foot =
  | { kind: "nothing" }
  | { kind: "renaming"; thread: Thread }
  | { kind: "deleting"; thread: Thread }
  /** `undo`: takes it back. */
  | { kind: "said"; text: string; isFailure: boolean; undo: (() => void) | null };

export interface ThreadFootProps {
  foot: Foot;
  onRename: (thread: Thread, name: string) => void;
  onDelete: (thread: Thread) => void;
  onLeave: () => void;
}

// What is said is said to screen readers only by an element that was there before.
export function ThreadFoot(props: ThreadFootProps) {
  return (
    <>
      <div role="status">{props.foot.kind === "said" && <Said foot={props.foot} onLeave={props.onLeave} />}</div>
      <Asked {...props} />
    </>
  );
}

function Asked({ foot, onRename, onDelete, onLeave }: ThreadFootProps) {
  switch (foot.kind) {
    case "nothing":
    case "said":
      return null;
    case "renaming":
      return <Rename key={foot.thread.id} thread={foot.thread} onRename={onRename} onLeave={onLeave} />;
    case "deleting":
      return <Delete thread={foot.thread} onDelete={onDelete} onLeave={onLeave} />;
    default:
      return foot satisfies never;
  }
}

function Said({ foot, onLeave }: { foot: Extract<Foot, { kind: "said" }>; onLeave: () => void }) {
  return (
    <div class="thread-foot">
      {foot.isFailure && <Icon name="error" class="error" />}
      <span class="thread-foot-words">{foot.text}</span>
      {foot.undo && (
        <button type="button" class="button" onClick={foot.undo}>
          Undo
        </button>
      )}
      <IconButton icon="close" label="Dismiss" onClick={onLeave} />
    </div>
  );
}

function Rename({ thread, onRename, onLeave }: Pick<ThreadFootProps, "onRename" | "onLeave"> & { thread: Thread }) {
  const [name, setName] = useState(threadTitle(thread));
  return (
    <form
      class="thread-foot"
      aria-label="Rename thread"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") onRename(thread, name.trim());
      }}
      onKeyDown={(event) => leaveByEscape(event, onLeave)}
    >
      <input
        ref={select}
        type="text"
        class="field search-box"
        aria-label="Name"
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
      />
      <button type="submit" class="button primary" disabled={name.trim() === ""}>
        Rename
      </button>
      <button type="button" class="button" onClick={onLeave}>
        Cancel
      </button>
    </form>
  );
}

function Delete({ thread, onDelete, onLeave }: Pick<ThreadFootProps, "onDelete" | "onLeave"> & { thread: Thread }) {
  const [titleId, lossId] = [useId(), useId()];
  const stop = thread.status.type === "active" ? " It runs: its turn and its commands are stopped." : "";
  return (
    <div
      class="thread-foot asks"
      role="alertdialog"
      aria-labelledby={titleId}
      aria-describedby={lossId}
      onKeyDown={(event) => leaveByEscape(event, onLeave)}
    >
      <p id={titleId}>{`Delete “${threadTitle(thread)}”?`}</p>
      <p id={lossId} class="thread-foot-loss">
        {`Its conversation is lost, and so is what undoes its changes. Files stay as they are.${stop}`}
      </p>
      <div class="approval-buttons">
        {/* The safe answer is the one that Enter gives. */}
        <button type="button" class="button primary" ref={focus} onClick={onLeave}>
          Cancel
        </button>
        <button type="button" class="button" onClick={() => onDelete(thread)}>
          Delete
        </button>
      </div>
    </div>
  );
}

// Called once, because they are the same for every drawing.
function focus(button: HTMLButtonElement | null): void {
  button?.focus();
}

function select(box: HTMLInputElement | null): void {
  box?.focus();
  box?.select();
}

// Else the whole list would close.
function leaveByEscape(event: KeyboardEvent, onLeave: () => void): void {
  if (event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  onLeave();
}
