// What is being done with a thread of the list: its menu, what is asked below the list, and what came of it.
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { messageOf } from "../../server/protocol/rpc/errors.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import { usePanel, useSelected } from "../shell/panel-context.ts";
import { type PanelState, shownThreadId } from "../state/state.ts";
import type { Foot } from "./thread-foot.tsx";
import type { Deed } from "./thread-menu.tsx";
import { threadTitle } from "./thread-row.tsx";

const nothing: Foot = { kind: "nothing" };
const pickShownId = ({ view }: PanelState) => shownThreadId(view);

interface OpenMenu {
  thread: Thread;
  row: { top: number; bottom: number };
}

/** `box`: where the focus is when nothing is asked. */
export function useDeeds({
  box,
  onFork,
}: {
  box: RefObject<HTMLInputElement | null>;
  onFork: (threadId: string) => void;
}) {
  const { actions } = usePanel();
  const { threads } = actions;
  const shownId = useSelected(pickShownId);
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const [foot, setFoot] = useState<Foot>(nothing);
  const fail = (error: unknown) => setFoot({ kind: "said", text: messageOf(error), isFailure: true, undo: null });
  const leave = () => {
    setMenu(null);
    setFoot(nothing);
    box.current?.focus();
  };
  const perform = async (deed: Promise<unknown>, done: Foot = nothing) => {
    leave();
    try {
      await deed;
      setFoot(done);
    } catch (error) {
      fail(error);
    }
  };
  const fork = async (threadId: string) => onFork(await threads.fork(threadId));
  const remove = async ({ id }: Thread) => {
    await threads.delete(id);
    if (id === shownId) actions.newThread();
  };
  const pick = (thread: Thread, deed: Deed) => {
    const { id } = thread;
    setMenu(null);
    switch (deed) {
      case "rename":
        return setFoot({ kind: "renaming", thread });
      case "delete":
        return setFoot({ kind: "deleting", thread });
      case "pin":
      case "unpin":
        return void perform(threads.pin(id, deed === "pin"));
      case "archive": {
        const undo = () => void perform(threads.unarchive(id));
        const text = `Archived “${threadTitle(thread)}”.`;
        return void perform(threads.archive(id), { kind: "said", text, isFailure: false, undo });
      }
      case "unarchive":
        return void perform(threads.unarchive(id));
      case "fork":
        return void perform(fork(id));
      default:
        return deed satisfies never;
    }
  };
  return {
    menu,
    foot,
    fail,
    leave,
    pick,
    openMenu: (thread: Thread, row: DOMRect) => setMenu({ thread, row }),
    rename: (thread: Thread, name: string) => void perform(threads.rename(thread.id, name)),
    remove: (thread: Thread) => void perform(remove(thread)),
  };
}
