// What a person can do with changes in files: keep them, undo them, and go back to before a turn.
import type { Folder } from "../../server/protocol/panel.ts";
import type { RestoreResponse } from "../../server/protocol/review.ts";
import type { HostAction, PanelConnection } from "../connection.ts";
import type { JoinedThreads } from "../joined-threads.ts";
import { shownThreadId } from "../state/state.ts";
import type { Store } from "../state/store.ts";

export type Reverted = "both" | "conversation" | "files";

export interface ReviewActions {
  /** What waits for review. */
  listReview(): Promise<void>;
  /** Without a path: all that waits. Resolves when it is done, or when the person was told why not. */
  keep(path: string | null): Promise<void>;
  undo(path: string): Promise<void>;
  undoTurn(turnId: string): Promise<void>;
  redoTurn(turnId: string): Promise<void>;
  /** Back to before a turn. True: all that was asked for is done; else nothing of the conversation is. */
  revert(turnId: string, what: Reverted): Promise<boolean>;
}

export interface ReviewDeps {
  store: Store;
  connection: PanelConnection;
  joined: JoinedThreads;
  host: HostAction;
  complain(error: unknown): void;
  /** The same, with that thread alone. */
  complainOf(threadId: string): (error: unknown) => void;
}

export function createReviewActions({ store, connection, joined, host, ...deps }: ReviewDeps): ReviewActions {
  const { dispatch } = store;
  const now = () => store.state.peek();

  /** Null: all files that are listed. */
  const review = async (verb: "keep" | "undo", path: string | null) => {
    const files = now().review.filter((file) => path === null || file.path === path);
    for (const cwd of new Set(files.map((file) => file.cwd))) {
      const asked = connection.request(`belay/review/${verb}`, { cwd, path });
      // The editor goes on with all folders.
      if (!(await settle(asked, () => host("host/review", { verb, path }), deps.complain))) return;
    }
  };

  // The editor shows what has to be seen before it is decided: merges, and what does not fit together. True: it is done.
  const settle = async (
    asked: Promise<RestoreResponse>,
    inEditor: () => Promise<unknown>,
    complain: (error: unknown) => void,
  ): Promise<boolean> => {
    try {
      const { outcome, message } = await asked;
      if (outcome === "needsMerge" || outcome === "conflict") await inEditor();
      else if (message !== null) complain(new Error(message));
      return outcome === "done" || outcome === "nothing";
    } catch (error) {
      complain(error);
      return false;
    }
  };

  const restoreTurn = async (turnId: string, direction: "undo" | "redo") => {
    const threadId = shownThreadId(now().view);
    if (threadId === null) return;
    const turns = { threadId, turnIds: [turnId] };
    const inEditor = direction === "undo" ? ("host/undoTurn" as const) : ("host/redoTurn" as const);
    const asked = connection.request("belay/files/restore", { ...turns, direction });
    await settle(asked, () => host(inEditor, turns), deps.complainOf(threadId));
  };

  // True: no file has anything of these turns any more.
  const restoreFrom = async (threadId: string, fromTurnId: string) => {
    const params = { threadId, fromTurnId, direction: "undo" as const };
    const { outcome, message } = await connection.request("belay/files/restore", params);
    if (outcome === "failed") throw new Error(message ?? "The files were not put back.");
    if (outcome === "done" || outcome === "nothing") return true;
    await connection.request("host/undoTurn", { threadId, fromTurnId });
    return (await connection.request("belay/files/restore", { ...params, dryRun: true })).outcome === "nothing";
  };

  return {
    async listReview() {
      const folders = now().host?.workspace?.folders ?? [];
      const list = async ({ cwd }: Folder) => {
        const { files } = await connection.request("belay/review/list", { cwd });
        return files.map((file) => ({ ...file, cwd }));
      };
      await Promise.all(folders.map(list)).then(
        (lists) => dispatch({ type: "reviewListed", files: lists.flat() }),
        () => undefined,
      );
    },
    keep: (path) => review("keep", path),
    undo: (path) => review("undo", path),
    undoTurn: (turnId) => restoreTurn(turnId, "undo"),
    redoTurn: (turnId) => restoreTurn(turnId, "redo"),
    async revert(turnId, what) {
      const threadId = shownThreadId(now().view);
      if (threadId === null) return false;
      try {
        // Files first: where they cannot be put back, the conversation stays with them.
        if (what !== "conversation" && !(await restoreFrom(await joined.join(threadId), turnId))) return false;
        if (what !== "files") {
          await connection.request("thread/revert", { threadId: await joined.join(threadId), beforeTurnId: turnId });
        }
        return true;
      } catch (error) {
        deps.complainOf(threadId)(error);
        return false;
      }
    },
  };
}
