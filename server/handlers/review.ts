// Requests about what Belay changed in files: to review, to undo and to compare.
import { realpath, stat } from "node:fs/promises";
import type { Workspace, Workspaces } from "../journal/review/workspaces.ts";
import type { TurnFiles } from "../journal/review/turn-changes.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { FilesRestoreParams, RestoreResponse } from "../protocol/review.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type Methods =
  | "belay/review/list"
  | "belay/review/text"
  | "belay/review/keep"
  | "belay/review/undo"
  | "belay/files/restore"
  | "belay/files/turns"
  | "belay/files/diff";

export interface ReviewDeps {
  readonly workspaces: Workspaces;
  readonly threads: ThreadStore;
  /** The workspace of who names none. */
  readonly cwd: string;
}

export function reviewHandlers(deps: ReviewDeps): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  const { workspaces, threads } = deps;
  const named = (cwd: string | null | undefined): Promise<Workspace> => workspaces.at(cwd ?? deps.cwd);
  /** Loaded or not; its folder may be gone. */
  const ofThread = async (threadId: string) => {
    const thread = await threads.read(threadId, { includeTurns: false });
    return { thread, turnFiles: (await workspaces.at(thread.cwd)).turnFiles };
  };
  return {
    async "belay/review/list"({ cwd, windowFolders, path }) {
      return { files: await (await named(cwd)).review.list(path ?? null, await realFolders(windowFolders)) };
    },
    async "belay/review/text"({ cwd, path, side }) {
      return { text: await (await named(cwd)).review.text(path, side) };
    },
    async "belay/review/keep"({ cwd, windowFolders, ...scope }) {
      return (await named(cwd)).review.keep(scopeOf(scope), await realFolders(windowFolders));
    },
    async "belay/review/undo"({ cwd, ...scope }) {
      return (await named(cwd)).review.undo(scopeOf(scope));
    },
    async "belay/files/restore"(params) {
      const { thread, turnFiles } = await ofThread(params.threadId);
      if (!params.dryRun && thread.status.type === "active") return refused(stillRunning);
      if (!(await isFolder(thread.cwd))) {
        return refused(`The folder of this thread is not there any more: ${thread.cwd}. Nothing was changed.`);
      }
      const turnIds = new Set(await turnsMeant(params, threads, turnFiles));
      const { threadId, direction, paths, dryRun, acceptMerges } = params;
      return turnFiles.restore({
        ...{ threadId, turnIds, direction, paths: paths ? new Set(paths) : null },
        ...{ dryRun: dryRun ?? false, acceptMerges: acceptMerges ?? false },
      });
    },
    async "belay/files/turns"({ threadId }) {
      return { turns: await (await ofThread(threadId)).turnFiles.turns(threadId) };
    },
    async "belay/files/diff"({ threadId, turnId }) {
      return { diff: await (await ofThread(threadId)).turnFiles.diff(threadId, turnId ?? null) };
    },
  };
}

const stillRunning =
  "A turn of this thread is running and may change the same files. Stop it or wait for its end. Nothing was changed.";

interface GivenScope {
  path?: string | null | undefined;
  hunkId?: string | null | undefined;
  acceptMerges?: boolean | null | undefined;
}

/** Those that are there: in the others nothing lies. */
async function realFolders(folders: readonly string[] | null | undefined): Promise<string[]> {
  const real = await Promise.all((folders ?? []).map((folder) => realpath(folder).catch(() => null)));
  return real.filter((folder) => folder !== null);
}

function scopeOf({ path, hunkId, acceptMerges }: GivenScope) {
  return { path: path ?? null, hunkId: hunkId ?? null, acceptMerges: acceptMerges ?? false };
}

/** A turn that was reverted is in the history no more: then the order in which turns changed files counts. */
async function turnsMeant(
  { threadId, turnIds, fromTurnId }: FilesRestoreParams,
  threads: ThreadStore,
  turnFiles: TurnFiles,
): Promise<readonly string[]> {
  if (turnIds || !fromTurnId) return turnIds ?? [];
  // An ephemeral thread has no turns to read; those that changed files are known all the same.
  const history = (await threads.turns(threadId)).map(({ id }) => id);
  const ids = history.includes(fromTurnId) ? history : (await turnFiles.turns(threadId)).map(({ turnId }) => turnId);
  const at = ids.indexOf(fromTurnId);
  return at === -1 ? [] : ids.slice(at);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there or not to be reached: no file in it can be put back.
    return false;
  }
}

function refused(message: string): RestoreResponse {
  return { outcome: "failed", files: [], message };
}
