// The threads there are: type to search, arrows to move, Enter to open, Shift+F10 for what else can be done, Escape to
// leave.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Thread } from "../../server/protocol/thread.ts";
import { focusNext } from "../approvals/use-answer.ts";
import { Icon, IconButton, ToggleButton } from "../shell/icon.tsx";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type ListFilter, type PanelState, shownThreadId } from "../state/state.ts";
import { groupsOf, type ListGroup, type ListRow } from "./thread-groups.ts";
import { ThreadFoot } from "./thread-foot.tsx";
import { ThreadMenu } from "./thread-menu.tsx";
import { ThreadRow, threadTitle } from "./thread-row.tsx";
import { useDeeds } from "./use-deeds.ts";
import { useSearch } from "./use-search.ts";

const pickBrowsed = ({ browsed }: PanelState) => browsed;
const pickShownId = ({ view }: PanelState) => shownThreadId(view);
const pickFolders = ({ host }: PanelState) => host?.workspace?.folders;

export function ThreadList() {
  const panel = usePanel();
  const { isThreadListOpen, turnToShow, actions } = panel;
  const dialog = useRef<HTMLDialogElement>(null);
  const box = useRef<HTMLInputElement>(null);
  const browsed = useSelected(pickBrowsed);
  const shownId = useSelected(pickShownId);
  const folders = useSelected(pickFolders) ?? [];
  const [search, setSearch] = useState("");
  const [activeId, setActiveId] = useState<string | null>(null);
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
  const close = () => (isThreadListOpen.value = false);
  const leaveFor = (threadId: string, turnId: string | null) => {
    wasOpened.current = true;
    close();
    turnToShow.value = turnId;
    if (threadId !== shownId || turnId !== null) void actions.openThread(threadId);
  };
  const deeds = useDeeds({ box, onFork: (threadId) => leaveFor(threadId, null) });
  const { filter } = browsed;
  const { found, isSearching } = useSearch(search, filter, deeds.fail);
  const groups = groupsOf({
    browsed,
    search,
    found: found.threads,
    folders: folders.map(({ cwd }) => cwd),
    now: Date.now() / 1000,
  });
  const rows = groups.flatMap((group) => group.rows);
  const at = rows.findIndex(({ thread }) => thread.id === activeId);
  const active = rows[Math.max(0, at)]?.thread;
  const open = async (thread: Thread) => {
    const isInText = found.threads.some((each) => each.thread.id === thread.id);
    // A search that fails now only costs the place.
    const turnId = isInText ? await actions.threads.turnWith(thread.id, found.words).catch(() => null) : null;
    leaveFor(thread.id, turnId);
  };
  const openMenu = (thread: Thread) => {
    const row = document.getElementById(`${listId}-${thread.id}`);
    if (row) deeds.openMenu(thread, row.getBoundingClientRect());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const moved = moveBy(event.key, Math.max(0, at), rows.length);
    if (moved !== null) setActiveId(rows[moved]?.thread.id ?? null);
    else if (!active) return;
    else if (event.key === "Enter") void open(active);
    else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) openMenu(active);
    else if (event.key === "F2") deeds.pick(active, "rename");
    else if (event.key === "Delete" && search === "") deeds.pick(active, "delete");
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} class="thread-list" aria-label="Threads" onClose={close}>
      <div class="thread-search">
        <input
          ref={box}
          type="text"
          role="combobox"
          class="field search-box"
          placeholder={filter.isArchived ? "Search archived threads" : "Search threads"}
          aria-label="Search threads"
          aria-description="F2 renames, Shift+F10 shows what else can be done"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={active ? `${listId}-${active.id}` : undefined}
          autofocus
          value={search}
          onInput={({ currentTarget }) => {
            setSearch(currentTarget.value);
            setActiveId(null);
          }}
          onKeyDown={onKeyDown}
        />
        <Filters filter={filter} onFailure={deeds.fail} onChange={deeds.leave} />
        <IconButton icon="close" label="Close" onClick={close} />
      </div>
      <div class="scroller thread-rows">
        <Groups
          listId={listId}
          groups={groups}
          words={search.trim()}
          activeId={active?.id ?? null}
          onOpen={(thread) => void open(thread)}
          onMenu={openMenu}
        />
        {!active && <p class="thread-none">{noneFound(browsed.threads === null || isSearching, search, filter)}</p>}
        {browsed.nextCursor !== null && search === "" && (
          <button
            type="button"
            class="text-button thread-more"
            onClick={() => void actions.threads.browseMore().catch(deeds.fail)}
          >
            Show more
          </button>
        )}
      </div>
      <ThreadFoot foot={deeds.foot} onRename={deeds.rename} onDelete={deeds.remove} onLeave={deeds.leave} />
      {deeds.menu && (
        <ThreadMenu
          key={deeds.menu.thread.id}
          {...deeds.menu}
          isArchived={filter.isArchived}
          onPick={deeds.pick}
          onClose={deeds.leave}
        />
      )}
    </dialog>
  );
}

function Filters(props: { filter: ListFilter; onChange: () => void; onFailure: (error: unknown) => void }) {
  const { actions } = usePanel();
  const { isAll, isArchived } = props.filter;
  const change = (filter: ListFilter) => {
    actions.threads.browse(filter).catch(props.onFailure);
    props.onChange();
  };
  return (
    <>
      <ToggleButton
        icon="globe"
        label="All workspaces"
        isPressed={isAll}
        onClick={() => change({ isAll: !isAll, isArchived })}
      />
      <ToggleButton
        icon="archive"
        label="Archived"
        isPressed={isArchived}
        onClick={() => change({ isAll, isArchived: !isArchived })}
      />
    </>
  );
}

interface GroupsProps {
  listId: string;
  groups: readonly ListGroup[];
  words: string;
  activeId: string | null;
  onOpen: (thread: Thread) => void;
  onMenu: (thread: Thread) => void;
}

function Groups({ listId, groups, words, activeId, onOpen, onMenu }: GroupsProps) {
  const shownId = useSelected(pickShownId);
  return (
    <div id={listId} role="listbox" aria-label="Threads">
      {groups.map(({ label, rows }) => (
        <div key={label} role="group" aria-label={label} class="thread-group">
          <div class="list-title" aria-hidden="true">
            {label}
          </div>
          {rows.map((row) => (
            <Option
              key={row.thread.id}
              id={`${listId}-${row.thread.id}`}
              row={row}
              words={words}
              isActive={row.thread.id === activeId}
              isShown={row.thread.id === shownId}
              onOpen={() => onOpen(row.thread)}
              onMenu={() => onMenu(row.thread)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

interface OptionProps {
  id: string;
  row: ListRow;
  words: string;
  isActive: boolean;
  isShown: boolean;
  onOpen: () => void;
  onMenu: () => void;
}

function Option({ id, row: { thread, detail }, words, isActive, isShown, onOpen, onMenu }: OptionProps) {
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
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu();
      }}
    >
      <ThreadRow thread={thread} detail={detail} words={words} />
      {/* For the pointer; keys have theirs, and an option has no buttons for a screen reader. */}
      <button
        type="button"
        class="icon-button thread-deeds"
        tabIndex={-1}
        aria-hidden="true"
        title="More"
        onClick={(event) => {
          event.stopPropagation();
          onMenu();
        }}
      >
        <Icon name="ellipsis" />
      </button>
    </div>
  );
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

function noneFound(isReading: boolean, search: string, { isAll, isArchived }: ListFilter): string {
  if (search !== "") return isReading ? "Searching" : "No thread has these words in it";
  const where = isAll ? "" : " in this workspace";
  if (isReading) return isAll ? "Reading all threads" : "Reading the threads of this workspace";
  return isArchived ? `No archived threads${where}` : `No threads${where} yet`;
}
