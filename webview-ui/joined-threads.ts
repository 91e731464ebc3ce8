// The threads that the present server process tells this panel about; a turn can only be started in such a one.
import { batch } from "@preact/signals";
import type { Edits, Mode } from "../server/protocol/mode.ts";
import type { ThreadStartResponse } from "../server/protocol/thread.ts";
import type { Drafts } from "./composer/drafts.ts";
import type { PanelConnection } from "./connection.ts";
import { type Choice, type PanelState, shownThreadId } from "./state/state.ts";
import type { Store } from "./state/store.ts";
import { outlives } from "./state/thread-reducer.ts";

export interface JoinedThreads {
  has(threadId: string): boolean;
  /** Shows what a server has opened; resolves with its id. */
  show(opening: Promise<ThreadStartResponse>): Promise<string>;
  /** Asks the server for it, and shows it. */
  resume(threadId: string): Promise<string>;
  /** Resumes it unless it was already. */
  join(threadId: string): Promise<string>;
  /** The shown one; where there is none, a new one that starts as chosen. */
  joinShown(choice: Choice): Promise<string>;
  /**
   * Call before another thread is shown; null: one that is to start. Where nothing goes on in the one on show, nothing is
   * to be heard of it any more, and the server may let go of it.
   */
  leaveFor(threadId: string | null): void;
  /** The server put it away. */
  forget(threadId: string): void;
  /** The server that comes next knows of no panel. */
  forgetAll(): void;
}

/** `resumed`: the thread is shown as the server has it, and more of it can be asked for. */
export function joinedThreads(
  { state, dispatch }: Store,
  connection: PanelConnection,
  drafts: Drafts,
  resumed: (threadId: string) => void,
): JoinedThreads {
  const joined = new Set<string>();

  const accept = (opened: ThreadStartResponse) => {
    joined.add(opened.thread.id);
    dispatch({ type: "threadOpened", response: opened });
    return opened.thread.id;
  };
  const show = async (opening: Promise<ThreadStartResponse>) => accept(await opening);
  const start = async (choice: Choice) => {
    const started = await connection.request("thread/start", picked(choice));
    return batch(() => {
      // Whoever turned to another thread meanwhile finds their text where they left it.
      if (shownThreadId(state.peek().view) === null) drafts.move(null, started.thread.id);
      return accept(started);
    });
  };
  const resume = async (threadId: string) => {
    const opened = await show(connection.request("thread/resume", { threadId }));
    resumed(opened);
    return opened;
  };
  const join = async (threadId: string) => (joined.has(threadId) ? threadId : resume(threadId));

  return {
    has: (threadId) => joined.has(threadId),
    show,
    resume,
    join,
    async joinShown(choice) {
      const shownId = shownThreadId(state.peek().view);
      return shownId === null ? start(choice) : join(shownId);
    },
    leaveFor(threadId) {
      const shownId = shownThreadId(state.peek().view);
      if (shownId === null || shownId === threadId || !isQuiet(state.peek()) || !joined.delete(shownId)) return;
      // A server that is gone has let go of it already.
      connection.request("thread/unsubscribe", { threadId: shownId }).catch(() => undefined);
    },
    forget: (threadId) => void joined.delete(threadId),
    forgetAll: () => joined.clear(),
  };
}

/**
 * In the thread on show nothing goes on that the tree, the badge or a terminal would have to hear of. Its queue may hold
 * messages that wait: without a turn none of them is sent by itself.
 */
function isQuiet({ view, approvals, outgoing }: PanelState): boolean {
  // Before the snapshot is here nobody knows.
  if (view.kind !== "shown" || outgoing.some(({ kind }) => kind !== "unread")) return false;
  const { id, turns } = view.thread;
  const isAsked = approvals.some(
    ({ outcome, request }) => outcome.kind === "waiting" && request.params.threadId === id,
  );
  return (
    !isAsked && !turns.some((turn) => turn.status === "inProgress" || turn.items.some((item) => outlives(item, turn)))
  );
}

/** What goes along with the next turn, or begins a thread. */
export function picked({ mode, model, edits, cwd }: Choice): {
  mode?: Mode;
  model?: string;
  edits?: Edits;
  cwd?: string;
} {
  return {
    ...(cwd === null ? {} : { cwd }),
    ...(mode === null ? {} : { mode }),
    ...(model === null ? {} : { model }),
    ...(edits === null ? {} : { edits }),
  };
}
