// All threads of this workspace: type to search, arrows to move, Enter to open, Escape to leave.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Thread } from "../../server/protocol/thread.ts";
import { focusNext } from "../approvals/use-answer.ts";
import { IconButton } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, shownThreadId } from "../state/state.ts";
import { ThreadRow, threadTitle } from "./thread-row.tsx";

const pickThreads = ({ threads }: PanelState) => threads;
const pickShownId = ({ view }: PanelState) => shownThreadId(view);

export function ThreadList() {
  const panel = usePanel();
  const { isThreadListOpen, actions } = panel;
  const dialog = useRef<HTMLDialogElement>(null);
  const threads = useSelected(pickThreads);
  const shownId = useSelected(pickShownId);
  const [search, setSearch] = useState("");
  const [active, setActive] = useState(0);
  const listId = useId();
  const wasOpened = useRef(false);
  useEffect(() => {
    const { current } = dialog;
    current?.showModal();
    return () => {
      current?.close();
      if (wasOpened.current || document.activeElement === document.body) focusNext(panel);
    };
  }, [panel]);
  const found = (threads ?? []).filter((thread) => matches(thread, search));
  const at = Math.min(active, found.length - 1);
  const close = () => (isThreadListOpen.value = false);
  const open = (thread: Thread | undefined) => {
    if (!thread) return;
    wasOpened.current = true;
    close();
    if (thread.id !== shownId) void actions.openThread(thread.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moved = moveBy(event.key, at, found.length);
    if (moved !== null) setActive(moved);
    else if (event.key === "Enter") open(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} class="thread-list" aria-label="Threads" onClose={close}>
      <div class="thread-search">
        <input
          type="text"
          role="combobox"
          class="search-box"
          placeholder="Search threads"
          aria-label="Search threads"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={found[at] ? `${listId}-${at}` : undefined}
          autofocus
          value={search}
          onInput={({ currentTarget }) => {
            setSearch(currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
        <IconButton icon="close" label="Close" onClick={close} />
      </div>
      <div id={listId} class="scroller thread-rows" role="listbox" aria-label="Threads">
        {found.map((thread, index) => (
          <Option
            key={thread.id}
            id={`${listId}-${index}`}
            thread={thread}
            isActive={index === at}
            isShown={thread.id === shownId}
            onOpen={() => open(thread)}
          />
        ))}
      </div>
      {found.length === 0 && <p class="thread-none">{noneFound(threads, search)}</p>}
    </dialog>
  );
}

interface OptionProps {
  id: string;
  thread: Thread;
  isActive: boolean;
  isShown: boolean;
  onOpen: () => void;
}

function Option({ id, thread, isActive, isShown, onOpen }: OptionProps) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isActive) row.current?.scrollIntoView({ block: "nearest" });
  }, [isActive]);
  return (
    <div
      ref={row}
      id={id}
      role="option"
      class={`list-row ${isActive ? "active" : ""} ${isShown ? "shown" : ""}`}
      aria-selected={isActive}
      aria-current={isShown ? "true" : undefined}
      title={threadTitle(thread)}
      onClick={onOpen}
    >
      <ThreadRow thread={thread} />
    </div>
  );
}

function matches(thread: Thread, search: string): boolean {
  const text = `${thread.name ?? ""}\n${thread.preview}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function moveBy(key: string, at: number, length: number): number | null {
  switch (key) {
    case "ArrowDown":
      return Math.min(at + 1, length - 1);
    case "ArrowUp":
      return Math.max(at - 1, 0);
    case "PageDown":
      return Math.min(at + 10, length - 1);
    case "PageUp":
      return Math.max(at - 10, 0);
    default:
      return null;
  }
}

function noneFound(threads: readonly Thread[] | null, search: string): string {
  if (threads === null) return "Reading the threads of this workspace";
  return search === "" ? "No threads in this workspace yet" : "No thread has these words in its title";
}
