// What can be done with one thread of the list, as a menu beside its row.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Thread } from "../../server/protocol/thread.ts";
import { Icon } from "../shell/icon.tsx";
import { moveIn } from "../shell/menu-keys.ts";
import { isPinned } from "./thread-actions.ts";
import { threadTitle } from "./thread-row.tsx";

export type Deed = "rename" | "pin" | "unpin" | "archive" | "unarchive" | "fork" | "delete";

export interface ThreadMenuProps {
  thread: Thread;
  isArchived: boolean;
  /** Of the row, in the window. */
  row: { top: number; bottom: number };
  onPick: (thread: Thread, deed: Deed) => void;
  onClose: () => void;
}

const GAP = 2;

export function ThreadMenu({ thread, isArchived, row, onPick, onClose }: ThreadMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = menu;
    if (!current) return;
    // Below its row, or above it where there is more room.
    const isBelow = row.bottom + current.offsetHeight + GAP <= window.innerHeight || row.top < window.innerHeight / 2;
    current.style.top = `${isBelow ? row.bottom + GAP : Math.max(0, row.top - current.offsetHeight - GAP)}px`;
    current.querySelector("button")?.focus();
  }, []);
  useEffect(() => {
    const leave = ({ target }: Event) => {
      if (!(target instanceof Node) || !menu.current?.contains(target)) onClose();
    };
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, []);
  return (
    <div
      ref={menu}
      class="revert-menu thread-menu"
      role="menu"
      aria-label={`Thread ${threadTitle(thread)}`}
      onKeyDown={(event) => moveIn(event, menu.current, onClose)}
    >
      {deedsFor(thread, isArchived).map(({ deed, icon, label }) => (
        <button key={deed} type="button" role="menuitem" tabIndex={-1} onClick={() => onPick(thread, deed)}>
          <Icon name={icon} />
          {label}
        </button>
      ))}
    </div>
  );
}

interface MenuRow {
  deed: Deed;
  icon: string;
  label: string;
}

function deedsFor(thread: Thread, isArchived: boolean): MenuRow[] {
  const isActive = thread.status.type === "active";
  const pin: MenuRow = isPinned(thread)
    ? { deed: "unpin", icon: "pinned", label: "Unpin" }
    : { deed: "pin", icon: "pin", label: "Pin" };
  const archive: MenuRow = { deed: "archive", icon: "archive", label: isActive ? "Stop and archive" : "Archive" };
  return [
    { deed: "rename", icon: "edit", label: "Rename…" },
    ...(isArchived ? [] : [pin]),
    { deed: "fork", icon: "repo-forked", label: "Fork" },
    isArchived ? { deed: "unarchive", icon: "discard", label: "Bring back" } : archive,
    { deed: "delete", icon: "trash", label: "Delete…" },
  ];
}
