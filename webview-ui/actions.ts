// What a person can do in the panel, as requests on the wire and events for the state.
import type { CommandApprovalDecision } from "../server/protocol/approval.ts";
import type { hostRequests } from "../server/protocol/host-methods.ts";
import type { ParamsIn } from "../server/protocol/rows.ts";
import type { Edits, Mode } from "../server/protocol/mode.ts";
import { activeWriterIn } from "../server/protocol/thread-saving.ts";
import { messageOf, missingFolderOf, RpcError } from "../server/protocol/rpc/errors.ts";
import type { QueuedSubmission } from "../server/protocol/queue.ts";
import type { RestoreResponse } from "../server/protocol/review.ts";
import type { ThreadStartResponse } from "../server/protocol/thread.ts";
import type { ContextReadResponse } from "../server/protocol/turn.ts";
import type { ToolRequestUserInputResponse } from "../server/protocol/user-input.ts";
import type { PanelConnection } from "./connection.ts";
import { createThreadActions, type ThreadActions } from "./history/thread-actions.ts";
import type { Folder } from "../server/protocol/panel.ts";
import { type Choice, noChoice, runningTurn, shownThread, shownThreadId } from "./state/state.ts";
import type { Store } from "./state/store.ts";
import { promptParts } from "./text/prompt-parts.ts";

/** How many threads the list shows; the search in the panel looks through these. */
const LISTED_THREADS = 100;
/** As many as the server takes. */
const MAX_QUEUED = 100;

export interface Actions {
  /** Resolves to true once the server has taken the prompt; false leaves the reason above the composer. */
  send(text: string): Promise<boolean>;
  /** Puts the prompt behind the turn that runs. Resolves as `send` does. */
  queue(text: string): Promise<boolean>;
  /** What waits in the shown thread. */
  listQueue(threadId: string): Promise<void>;
  /** Resolves to false where it could not be, and the person was told why. */
  rewriteQueued(submission: QueuedSubmission, text: string): Promise<boolean>;
  deleteQueued(id: string): Promise<void>;
  /** To a place, from 0. */
  moveQueued(id: string, place: number): Promise<void>;
  /** Into the turn that runs; where none runs it begins one, and the others follow. */
  sendQueued(submission: QueuedSubmission): Promise<void>;
  /** Runs a command line of the person's own. Resolves as `send` does. */
  runShell(command: string): Promise<boolean>;
  /** Stops the turn. */
  stop(): Promise<void>;
  stopCommand(threadId: string, itemId: string): Promise<void>;
  /** Has the conversation of the shown thread summed up for the model. */
  compact(): Promise<void>;
  undoCompaction(threadId: string, itemId: string): Promise<void>;
  /** What the shown thread's context is full of; null when nobody can say. */
  readContext(): Promise<ContextReadResponse | null>;
  openThread(threadId: string): Promise<void>;
  /** Shows a thread that another process writes to, as it is now. */
  readHeld(threadId: string): Promise<void>;
  /** Goes on in a new thread that begins as this one is. */
  fork(threadId: string): Promise<void>;
  newThread(): void;
  /** The server went down: the one that comes next knows of no panel. */
  serverGone(): void;
  /** The server put the thread away: before its next turn it must be resumed. */
  threadClosed(threadId: string): void;
  readDefaults(): Promise<void>;
  listThreads(): Promise<void>;
  /** In the list of threads. */
  readonly threads: ThreadActions;
  listModels(): Promise<void>;
  /** What waits for review. */
  listReview(): Promise<void>;
  /** Without a path: all that waits. Resolves when it is done, or when the person was told why not. */
  keep(path: string | null): Promise<void>;
  undo(path: string): Promise<void>;
  undoTurn(turnId: string): Promise<void>;
  redoTurn(turnId: string): Promise<void>;
  /** Back to before a turn. True: all that was asked for is done; else nothing of the conversation is. */
  revert(turnId: string, what: Reverted): Promise<boolean>;
  readSandbox(): Promise<void>;
  pickMode(mode: Mode): void;
  pickModel(model: string): void;
  /** For the next new thread. */
  pickFolder(cwd: string): void;
  pickEdits(edits: Edits): void;
  answer(key: string, decision: CommandApprovalDecision): void;
  /** Answers questions of the model. */
  reply(key: string, reply: ToolRequestUserInputResponse): void;
  dropPrompt(clientId: string): void;
  dismissNotice(key: string): void;
  /** The thread goes on in the folder of this window: its own is gone. */
  moveThreadHere(): Promise<void>;
  /** Asks the editor for something. A refusal becomes a line above the composer; resolves to undefined then. */
  host: HostAction;
}

export type Reverted = "both" | "conversation" | "files";

type HostAction = <M extends keyof typeof hostRequests>(
  method: M,
  params: ParamsIn<typeof hostRequests, M>,
) => Promise<unknown>;

export function createActions(store: Store, connection: PanelConnection, newId: () => string): Actions {
  const { dispatch } = store;
  const now = () => store.state.peek();
  const complain = (error: unknown) => dispatch({ type: "noticed", text: messageOf(error) });

  // The threads that the present server process tells us about; a turn can only be started in such a one.
  const joined = new Set<string>();

  const show = async (response: Promise<ThreadStartResponse>) => {
    const opened = await response;
    joined.add(opened.thread.id);
    dispatch({ type: "threadOpened", response: opened });
    return opened.thread.id;
  };

  const readChanges = (threadId: string) =>
    connection.request("belay/files/turns", { threadId }).then(
      ({ turns }) => dispatch({ type: "changesRead", threadId, turns }),
      // A server without a journal: the end of a turn says what its items say.
      () => undefined,
    );

  // The lists may overtake each other: the one that was asked for last holds.
  let queueReads = 0;
  const readQueue = async (threadId: string) => {
    const own = ++queueReads;
    const { data } = await connection.request("thread/queue/list", { threadId, limit: MAX_QUEUED });
    if (own === queueReads) dispatch({ type: "queueListed", threadId, queue: data });
  };
  // A server without queues has none to show.
  const listQueue = (threadId: string) => readQueue(threadId).catch(() => undefined);
  // Whoever loses the race for a message is told so, and sees what is there now.
  const changeQueue = async (change: (threadId: string) => Promise<unknown>) => {
    const threadId = shownThreadId(now().view);
    if (threadId === null) return false;
    try {
      await change(await join(threadId));
      return true;
    } catch (error) {
      complain(error);
      return false;
    } finally {
      await listQueue(threadId);
    }
  };

  const resume = async (threadId: string) => {
    const opened = await show(connection.request("thread/resume", { threadId }));
    void readChanges(opened);
    void listQueue(opened);
    return opened;
  };

  const join = async (threadId: string) => (joined.has(threadId) ? threadId : resume(threadId));

  const joinShown = async (sent: Choice) => {
    const shownId = shownThreadId(now().view);
    return shownId === null ? show(connection.request("thread/start", picked(sent))) : join(shownId);
  };

  // A mode or model that was picked but not yet taken over goes along with the prompt.
  const startTurn = async (threadId: string, clientId: string, text: string, sent: Choice) => {
    const { turn } = await connection.request("turn/start", {
      threadId,
      clientUserMessageId: clientId,
      input: [{ type: "text", text, text_elements: [] }],
      ...picked(sent),
    });
    dispatch({ type: "promptAccepted", clientId, threadId, turn, sent });
  };

  const host: HostAction = (method, params) => connection.request(method, params).catch(complain);

  /** Null: all files that are listed. */
  const review = async (verb: "keep" | "undo", path: string | null) => {
    const files = now().review.filter((file) => path === null || file.path === path);
    for (const cwd of new Set(files.map((file) => file.cwd))) {
      await settle(connection.request(`belay/review/${verb}`, { cwd, path }), () =>
        host("host/review", { verb, path }),
      );
    }
  };

  // The editor shows what has to be seen before it is decided: merges, and what does not fit together.
  const settle = async (asked: Promise<RestoreResponse>, inEditor: () => Promise<unknown>) => {
    try {
      const { outcome, message } = await asked;
      if (outcome === "needsMerge" || outcome === "conflict") await inEditor();
      else if (message !== null) complain(new Error(message));
    } catch (error) {
      complain(error);
    }
  };

  const restoreTurn = async (turnId: string, direction: "undo" | "redo") => {
    const threadId = shownThreadId(now().view);
    if (threadId === null) return;
    const turns = { threadId, turnIds: [turnId] };
    const inEditor = direction === "undo" ? ("host/undoTurn" as const) : ("host/redoTurn" as const);
    await settle(connection.request("belay/files/restore", { ...turns, direction }), () => host(inEditor, turns));
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

  const readHeld = async (threadId: string) => {
    await connection
      .request("thread/read", { threadId, includeTurns: true })
      .then(({ thread }) => dispatch({ type: "heldThreadRead", thread }), complain);
  };

  return {
    async send(text) {
      const clientId = newId();
      const sent = now().choice;
      dispatch({ type: "promptSent", clientId, text });
      try {
        await startTurn(await joinShown(sent), clientId, text, sent);
        return true;
      } catch (error) {
        const missingFolder = missingFolderOf(error);
        dispatch({ type: "promptRefused", clientId, message: messageOf(error), missingFolder });
        return false;
      }
    },
    async queue(text) {
      const sent = now().choice;
      dispatch({ type: "shellSent" });
      try {
        const threadId = await joinShown(sent);
        // What was picked holds from the next turn on, and that is this one's.
        const settings = picked(sent);
        if (Object.keys(settings).length > 0) {
          await connection.request("thread/settings/update", { threadId, ...settings });
          dispatch({ type: "choiceMade", choice: noChoice });
        }
        const input = [{ type: "text" as const, text, text_elements: [] }];
        await connection.request("thread/queue/add", { threadId, input, clientUserMessageId: newId() });
        await listQueue(threadId);
        return true;
      } catch (error) {
        dispatch({ type: "shellRefused", message: messageOf(error) });
        return false;
      }
    },
    listQueue,
    rewriteQueued: ({ id, input }, text) =>
      changeQueue((threadId) => {
        const others = input.filter(({ type }) => type !== "text");
        const words = { type: "text" as const, text, text_elements: [] };
        return connection.request("thread/queue/update", {
          threadId,
          queuedSubmissionId: id,
          input: [...others, words],
        });
      }),
    async deleteQueued(id) {
      await changeQueue((threadId) => connection.request("thread/queue/delete", { threadId, queuedSubmissionId: id }));
    },
    async moveQueued(id, place) {
      const others = now().queue.flatMap((each) => (each.id === id ? [] : [each.id]));
      const queuedSubmissionIds = others.toSpliced(place, 0, id);
      const isDone = await changeQueue((threadId) =>
        connection.request("thread/queue/reorder", { threadId, queuedSubmissionIds }),
      );
      if (isDone) dispatch({ type: "told", text: `Moved to place ${place + 1} of ${queuedSubmissionIds.length}.` });
    },
    async sendQueued({ id, input, clientUserMessageId: clientId }) {
      await changeQueue(async (threadId) => {
        dispatch({ type: "promptSent", clientId, text: promptParts({ content: input }).text });
        const sent = connection.request("belay/queue/sendNow", { threadId, queuedSubmissionId: id });
        const { turn } = await sent.catch((error: unknown) => {
          dispatch({ type: "promptDropped", clientId });
          throw error;
        });
        dispatch({ type: "promptAccepted", clientId, threadId, turn, sent: noChoice });
      });
    },
    async runShell(command) {
      dispatch({ type: "shellSent" });
      try {
        await connection.request("thread/shellCommand", { threadId: await joinShown(now().choice), command });
        return true;
      } catch (error) {
        dispatch({ type: "shellRefused", message: messageOf(error) });
        return false;
      }
    },
    async stop() {
      const thread = shownThread(now().view);
      const turn = runningTurn(thread);
      if (!thread || !turn) return;
      dispatch({ type: "stopAsked", turnId: turn.id });
      try {
        await connection.request("turn/interrupt", { threadId: thread.id, turnId: turn.id });
      } catch (error) {
        dispatch({ type: "stopRefused", turnId: turn.id, message: messageOf(error) });
      }
    },
    async stopCommand(threadId, itemId) {
      dispatch({ type: "commandStopAsked", itemId });
      const settle = (message: string | null) => dispatch({ type: "commandStopSettled", itemId, message });
      await connection.request("belay/command/stop", { threadId, itemId }).then(
        // Until its item says that it has ended, it is stopping.
        ({ stopped }) => (stopped ? undefined : settle(null)),
        (error: unknown) => settle(messageOf(error)),
      );
    },
    async compact() {
      const threadId = shownThreadId(now().view);
      if (threadId === null) return;
      if (runningTurn(shownThread(now().view)) !== null) {
        complain(new Error("A turn is running. Stop it first, then compact the thread."));
        return;
      }
      await join(threadId)
        .then(() => connection.request("thread/compact/start", { threadId }))
        .catch(complain);
    },
    async undoCompaction(threadId, itemId) {
      await join(threadId)
        .then(() => connection.request("belay/compaction/undo", { threadId, itemId }))
        .catch(complain);
    },
    async readContext() {
      const threadId = shownThreadId(now().view);
      // Of a thread that is not loaded the server knows no more than the ring says.
      if (threadId === null || !joined.has(threadId)) return null;
      return connection.request("belay/context/read", { threadId }).catch(() => null);
    },
    async moveThreadHere() {
      const threadId = shownThreadId(now().view);
      const cwd = now().host?.workspace?.cwd;
      if (threadId === null || cwd === undefined) return;
      await show(connection.request("thread/resume", { threadId, cwd })).catch(complain);
    },
    async openThread(threadId) {
      dispatch({ type: "threadOpening", threadId });
      try {
        await resume(threadId);
      } catch (error) {
        // A server that went down meanwhile is asked again when it is back.
        if (now().host?.server.kind !== "running") return;
        const writer = error instanceof RpcError ? activeWriterIn(error.data) : undefined;
        if (writer !== undefined) {
          dispatch({ type: "threadHeld", threadId, writer });
          if (shownThread(now().view)?.held?.isRead) await readHeld(threadId);
          return;
        }
        dispatch({ type: "threadRefused", threadId, message: messageOf(error) });
      }
    },
    readHeld,
    async fork(threadId) {
      try {
        const forked = await connection.request("thread/fork", { threadId });
        dispatch({ type: "newThread" });
        await show(Promise.resolve(forked));
      } catch (error) {
        complain(error);
      }
    },
    newThread: () => dispatch({ type: "newThread" }),
    serverGone() {
      joined.clear();
    },
    threadClosed(threadId) {
      joined.delete(threadId);
    },
    async readDefaults() {
      await connection
        .request("belay/threadDefaults/read", {})
        .then((settings) => dispatch({ type: "defaultsRead", settings }), complain);
    },
    async listThreads() {
      await connection
        .request("thread/list", { limit: LISTED_THREADS, sortKey: "updated_at" })
        .then(({ data }) => dispatch({ type: "threadsListed", threads: data }), complain);
    },
    threads: createThreadActions(store, connection),
    async listModels() {
      await connection
        .request("model/list", {})
        .then(({ data }) => dispatch({ type: "modelsListed", models: data.filter(({ hidden }) => !hidden) }), complain);
    },
    async readSandbox() {
      await connection.request("belay/sandbox/read", {}).then(
        (sandbox) => dispatch({ type: "sandboxRead", sandbox }),
        // A server that cannot tell says in each approval what confines a command.
        () => undefined,
      );
    },
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
        if (what !== "conversation" && !(await restoreFrom(await join(threadId), turnId))) return false;
        if (what !== "files") {
          await connection.request("thread/revert", { threadId: await join(threadId), beforeTurnId: turnId });
        }
        return true;
      } catch (error) {
        complain(error);
        return false;
      }
    },
    pickMode: (mode) => dispatch({ type: "choiceMade", choice: { mode } }),
    pickFolder: (cwd) => dispatch({ type: "choiceMade", choice: { cwd } }),
    pickModel: (model) => dispatch({ type: "choiceMade", choice: { model } }),
    pickEdits: (edits) => dispatch({ type: "choiceMade", choice: { edits } }),
    answer: (key, decision) => dispatch({ type: "approvalAnswered", key, decision }),
    reply: (key, reply) => dispatch({ type: "approvalReplied", key, reply }),
    dropPrompt: (clientId) => dispatch({ type: "promptDropped", clientId }),
    dismissNotice: (key) => dispatch({ type: "noticeDismissed", key }),
    host,
  };
}

function picked({ mode, model, edits, cwd }: Choice): { mode?: Mode; model?: string; edits?: Edits; cwd?: string } {
  return {
    ...(cwd === null ? {} : { cwd }),
    ...(mode === null ? {} : { mode }),
    ...(model === null ? {} : { model }),
    ...(edits === null ? {} : { edits }),
  };
}
