// What a person can do in the panel, as requests on the wire and events for the state.
import type { CommandApprovalDecision } from "../server/protocol/approval.ts";
import type { Edits, Mode } from "../server/protocol/mode.ts";
import { activeWriterIn } from "../server/protocol/thread-saving.ts";
import { messageOf, missingFolderOf, RpcError } from "../server/protocol/rpc/errors.ts";
import type { ContextReadResponse } from "../server/protocol/turn.ts";
import type { ToolRequestUserInputResponse } from "../server/protocol/user-input.ts";
import type { Drafts } from "./composer/drafts.ts";
import { currentChoice } from "./composer/models.ts";
import { createQueueActions, type QueueActions } from "./composer/queue-actions.ts";
import type { HostAction, PanelConnection } from "./connection.ts";
import { createThreadActions, type ThreadActions } from "./history/thread-actions.ts";
import { joinedThreads, picked } from "./joined-threads.ts";
import { createReviewActions, type ReviewActions } from "./review/review-actions.ts";
import { type Choice, runningTurn, shownThread, shownThreadId } from "./state/state.ts";
import type { Store } from "./state/store.ts";

/** How many threads the list shows; the search in the panel looks through these. */
const LISTED_THREADS = 100;

export interface Actions extends QueueActions, ReviewActions {
  /** Resolves to true once the server has taken the prompt; false leaves the reason above the composer. */
  send(text: string): Promise<boolean>;
  /** A prompt that nobody read; where that fails, it still is one. */
  sendAgain(clientId: string, text: string): Promise<boolean>;
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

export interface ActionsDeps {
  store: Store;
  connection: PanelConnection;
  drafts: Drafts;
  newId(): string;
}

export function createActions({ store, connection, drafts, newId }: ActionsDeps): Actions {
  const { dispatch } = store;
  const now = () => store.state.peek();
  const complainOf = (threadId: string | null) => (error: unknown) =>
    dispatch({ type: "noticed", text: messageOf(error), threadId });
  const complain = complainOf(null);

  const readChanges = (threadId: string) =>
    connection.request("belay/files/turns", { threadId }).then(
      ({ turns }) => dispatch({ type: "changesRead", threadId, turns }),
      // A server without a journal: the end of a turn says what its items say.
      () => undefined,
    );

  const joined = joinedThreads(store, connection, drafts, (threadId) => {
    void readChanges(threadId);
    void queue.listQueue(threadId);
  });
  const queue = createQueueActions({ store, connection, joined, newId, complainOf });

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

  const send = async (text: string, again?: string) => {
    const clientId = newId();
    const sent = currentChoice(now());
    dispatch({ type: "promptSent", clientId, text, again });
    try {
      await startTurn(await joined.joinShown(sent), clientId, text, sent);
      return true;
    } catch (error) {
      const missingFolder = missingFolderOf(error);
      dispatch({ type: "promptRefused", clientId, message: messageOf(error), missingFolder });
      return false;
    }
  };

  const host: HostAction = (method, params) => connection.request(method, params).catch(complain);
  const review = createReviewActions({ store, connection, joined, host, complain, complainOf });

  const readHeld = async (threadId: string) => {
    await connection
      .request("thread/read", { threadId, includeTurns: true })
      .then(({ thread }) => dispatch({ type: "heldThreadRead", thread }), complainOf(threadId));
  };

  return {
    ...queue,
    ...review,
    send: (text) => send(text),
    sendAgain: (clientId, text) => send(text, clientId),
    async runShell(command) {
      dispatch({ type: "shellSent" });
      try {
        await connection.request("thread/shellCommand", {
          threadId: await joined.joinShown(currentChoice(now())),
          command,
        });
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
        dispatch({ type: "stopRefused", threadId: thread.id, turnId: turn.id, message: messageOf(error) });
      }
    },
    async stopCommand(threadId, itemId) {
      dispatch({ type: "commandStopAsked", itemId });
      const settle = (message: string | null) => dispatch({ type: "commandStopSettled", threadId, itemId, message });
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
        complainOf(threadId)(new Error("A turn is running. Stop it first, then compact the thread."));
        return;
      }
      await joined
        .join(threadId)
        .then(() => connection.request("thread/compact/start", { threadId }))
        .catch(complainOf(threadId));
    },
    async undoCompaction(threadId, itemId) {
      await joined
        .join(threadId)
        .then(() => connection.request("belay/compaction/undo", { threadId, itemId }))
        .catch(complainOf(threadId));
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
      await joined.show(connection.request("thread/resume", { threadId, cwd })).catch(complainOf(threadId));
    },
    async openThread(threadId) {
      joined.leaveFor(threadId);
      dispatch({ type: "threadOpening", threadId });
      try {
        await joined.resume(threadId);
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
        drafts.move(threadId, forked.thread.id);
        joined.leaveFor(forked.thread.id);
        dispatch({ type: "threadForked", from: threadId, to: forked.thread.id });
        await joined.show(Promise.resolve(forked));
      } catch (error) {
        complain(error);
      }
    },
    newThread() {
      joined.leaveFor(null);
      dispatch({ type: "newThread" });
    },
    serverGone() {
      joined.forgetAll();
    },
    threadClosed(threadId) {
      joined.forget(threadId);
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
