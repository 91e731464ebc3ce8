// The threads that the present server process tells this panel about; a turn can only be started in such a one.
import { batch } from "@preact/signals";
import type { Edits, Mode } from "../server/protocol/mode.ts";
import type { ThreadStartResponse } from "../server/protocol/thread.ts";
import type { Drafts } from "./composer/drafts.ts";
import type { PanelConnection } from "./connection.ts";
import { type Choice, shownThreadId } from "./state/state.ts";
import type { Store } from "./state/store.ts";

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
    forget: (threadId) => void joined.delete(threadId),
    forgetAll: () => joined.clear(),
  };
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
