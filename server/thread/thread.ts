// One live thread: its settings, its history, who listens, and the turn that runs, if one does.
import type { HistoryItem } from "../model/model.ts";
import type { ParamsOut, ServerNotification, serverNotifications } from "../protocol/methods.ts";
import { messageOf, noTurnToInterrupt, otherTurnActive } from "../protocol/rpc/errors.ts";
import type { Thread as ThreadData, ThreadSettings, ThreadStatus } from "../protocol/thread.ts";
import type { TokenUsageBreakdown, Turn } from "../protocol/turn.ts";
import type { UserInput } from "../protocol/user-input.ts";
import type { ThreadMeta } from "../rollout/line.ts";
import { isPersisted } from "../rollout/policy.ts";
import type { Recorder } from "../rollout/recorder.ts";
import { SessionApprovals } from "../approval/approvals.ts";
import { ApprovalDesk } from "./approval-desk.ts";
import type { Client } from "./client.ts";
import type { ThreadDeps } from "./deps.ts";
import { changeSettings, type SettingsOverrides } from "./settings.ts";
import { runThreadTurn } from "./thread-turn.ts";
import { applyToTurns } from "./turn-log.ts";
import { addUsage, noUsage } from "./usage.ts";

//   idle --startTurn--> running --the turn ends--> idle
// While it runs, further input joins the turn; `done` resolves when the turn has ended and said so.
type Activity =
  | { kind: "idle"; failed: boolean }
  | { kind: "running"; turnId: string; abort: AbortController; waitingInput: QueuedInput[]; done: Promise<void> };

export interface QueuedInput {
  clientId: string | null;
  input: UserInput[];
}

type AnnouncedUsage = ParamsOut<typeof serverNotifications, "thread/tokenUsage/updated">;

export interface ThreadRecord {
  meta: ThreadMeta;
  settings: ThreadSettings;
  turns: Turn[];
  history: HistoryItem[];
  /** As it was last announced; null before the first answer of a model. */
  usage: AnnouncedUsage | null;
  /** What each client that joins must know about how the thread was read back. */
  notices: readonly string[];
  /** Unix seconds. */
  updatedAt: number;
}

export class Thread {
  readonly deps: ThreadDeps;
  readonly ephemeral: boolean;
  readonly approvals = new SessionApprovals();
  readonly desk: ApprovalDesk;
  readonly #record: ThreadRecord;
  readonly #recorder: Recorder | null;
  readonly #subscribers = new Set<Client>();
  #activity: Activity = { kind: "idle", failed: false };
  /** False until the first turn: an empty thread leaves no file. */
  #isPersisted: boolean;

  constructor(record: ThreadRecord, recorder: Recorder | null, options: { isPersisted: boolean }, deps: ThreadDeps) {
    this.deps = deps;
    this.#record = record;
    this.#recorder = recorder;
    this.#isPersisted = options.isPersisted;
    this.ephemeral = recorder === null;
    this.desk = new ApprovalDesk({
      threadId: this.id,
      nextRequestId: deps.nextRequestId,
      subscribers: () => this.#subscribers,
      emit: (notification) => this.emit(notification),
      waitingChanged: () => this.announceStatus(),
    });
  }

  get id(): string {
    return this.#record.meta.id;
  }

  get settings(): ThreadSettings {
    return this.#record.settings;
  }

  get history(): readonly HistoryItem[] {
    return this.#record.history;
  }

  /** Null before the first answer of a model. */
  get usage(): AnnouncedUsage | null {
    return this.#record.usage;
  }

  get status(): ThreadStatus {
    if (this.#activity.kind === "running") {
      return { type: "active", activeFlags: this.desk.isWaiting ? ["waitingOnApproval"] : [] };
    }
    return this.#activity.failed ? { type: "systemError" } : { type: "idle" };
  }

  /** As clients see it; with `turns` it is a snapshot that the notifications from now on continue. */
  toData(options: { includeTurns: boolean }): ThreadData {
    const { meta, settings, turns, updatedAt } = this.#record;
    return {
      id: meta.id,
      forkedFromId: meta.forkedFromId,
      preview: meta.preview,
      ephemeral: this.ephemeral,
      modelProvider: settings.modelProvider,
      model: settings.model,
      createdAt: meta.createdAt,
      updatedAt,
      status: this.status,
      path: this.#recorder?.path ?? null,
      cwd: settings.cwd,
      cliVersion: meta.cliVersion,
      source: meta.source,
      name: null,
      turns: options.includeTurns ? structuredClone(turns) : [],
    };
  }

  subscribe(client: Client): void {
    if (this.#subscribers.has(client)) return;
    this.#subscribers.add(client);
    for (const message of this.#record.notices) {
      client.notify({ method: "warning", params: { threadId: this.id, message } });
    }
    this.desk.joined(client);
  }

  unsubscribe(client: Client): void {
    if (this.#subscribers.delete(client)) this.desk.left(client);
  }

  change(overrides: SettingsOverrides): void {
    const next = changeSettings(this.settings, overrides, this.deps.config);
    if (JSON.stringify(next) === JSON.stringify(this.settings)) return;
    this.#record.settings = next;
    this.#record.notices = [];
    this.#append({ type: "settings", payload: next });
    this.emit({ method: "thread/settings/updated", params: { threadId: this.id, threadSettings: next } });
  }

  /** Starts a turn; while one runs, the input joins it, as the protocol has it. Returns the turn that takes it. */
  startTurn(queued: QueuedInput, overrides: SettingsOverrides): Turn {
    if (this.#activity.kind === "running") {
      this.#activity.waitingInput.push(queued);
      this.change(overrides);
      return emptyTurn(this.#activity.turnId);
    }
    const turn = emptyTurn(this.deps.newId());
    const abort = new AbortController();
    // Behind the answer to turn/start, which must be the first that the client hears.
    const done = new Promise<void>((resolve) => {
      setImmediate(() => {
        this.change(overrides);
        this.#persistFrom(queued);
        const ended = runThreadTurn(this, turn, queued, abort);
        void ended
          .then(
            (failed) => this.#endTurn(turn.id, { failed }),
            (error: unknown) => this.#crashed(turn.id, error),
          )
          .then(resolve);
      });
    });
    this.#activity = { kind: "running", turnId: turn.id, abort, waitingInput: [], done };
    return turn;
  }

  /** Throws RpcError when no turn runs, or another one. */
  interrupt(turnId: string): void {
    if (this.#activity.kind === "idle") throw noTurnToInterrupt();
    if (this.#activity.turnId !== turnId) throw otherTurnActive(turnId, this.#activity.turnId);
    const { abort } = this.#activity;
    // Behind the answer to turn/interrupt.
    setImmediate(() => abort.abort());
  }

  /** Ends what runs, waits until it has ended, and closes the file. */
  async stop(): Promise<void> {
    if (this.#activity.kind === "running") {
      this.#activity.abort.abort();
      await this.#activity.done;
    }
    this.#recorder?.close();
  }

  takeWaitingInput(): QueuedInput[] {
    return this.#activity.kind === "running" ? this.#activity.waitingInput.splice(0) : [];
  }

  /** Everything a client hears of this thread goes through here: applied, then written, then sent. */
  emit(notification: ServerNotification): void {
    applyToTurns(this.#record.turns, notification);
    if (isPersisted(notification)) this.#append({ type: "notification", payload: notification });
    for (const client of this.#subscribers) client.notify(notification);
  }

  announceStatus(): void {
    this.emit({ method: "thread/status/changed", params: { threadId: this.id, status: this.status } });
  }

  recordHistory(entries: readonly HistoryItem[]): void {
    for (const entry of entries) {
      this.#record.history.push(entry);
      this.#append({ type: "history", payload: entry });
    }
  }

  /** Adds the tokens of one answer and announces them. */
  reportUsage(turnId: string, last: TokenUsageBreakdown): void {
    const total = addUsage(this.usage?.tokenUsage.total ?? noUsage, last);
    const modelContextWindow = this.deps.config.model_context_window ?? null;
    this.#record.usage = { threadId: this.id, turnId, tokenUsage: { total, last, modelContextWindow } };
    this.emit({ method: "thread/tokenUsage/updated", params: this.#record.usage });
  }

  /** Notes how a turn ended. It is announced, once, when the turn has let go of everything. */
  finishTurn(turnId: string, end: Pick<Turn, "status" | "error" | "completedAt" | "durationMs" | "tokenUsage">): void {
    const turn = this.#record.turns.find(({ id }) => id === turnId);
    if (turn !== undefined) Object.assign(turn, end);
  }

  #endTurn(turnId: string, { failed }: { failed: boolean }): void {
    const turn = this.#record.turns.find(({ id }) => id === turnId);
    this.#activity = { kind: "idle", failed };
    this.#record.updatedAt = Math.floor(this.deps.now() / 1000);
    this.announceStatus();
    if (turn !== undefined)
      this.emit({ method: "turn/completed", params: { threadId: this.id, turn: summaryOf(turn) } });
    this.#recorder?.flush();
  }

  /** A bug in the turn itself: it still ends, once, and says so. */
  #crashed(turnId: string, error: unknown): void {
    this.deps.log("error", `turn ${turnId} crashed`, error);
    const message = `The turn failed inside Belay: ${messageOf(error)}. The thread can go on; the log has the details.`;
    const shown = { message, codexErrorInfo: "other", additionalDetails: null };
    const completedAt = Math.floor(this.deps.now() / 1000);
    this.#completeOpenItems(turnId);
    this.finishTurn(turnId, { status: "failed", error: shown, completedAt, durationMs: null, tokenUsage: null });
    this.#endTurn(turnId, { failed: true });
  }

  /** Every started item completes, even when the code that started it did not live to say so. */
  #completeOpenItems(turnId: string): void {
    const turn = this.#record.turns.find(({ id }) => id === turnId);
    const completedAtMs = this.deps.now();
    for (const item of turn?.items.filter((candidate) => candidate.completedAtMs == null) ?? []) {
      const ended = { ...item, ...("status" in item ? { status: "failed" as const } : {}), completedAtMs };
      try {
        this.emit({ method: "item/completed", params: { item: ended, threadId: this.id, turnId, completedAtMs } });
      } catch (error) {
        // Whatever made the turn crash may be in the item itself: the others complete, and the turn ends.
        this.deps.log("error", `item ${item.id} could not be completed`, error);
      }
    }
  }

  #persistFrom({ input }: QueuedInput): void {
    if (this.#record.meta.preview === "") this.#record.meta.preview = previewOf(input);
    if (this.#isPersisted) return;
    this.#isPersisted = true;
    this.#append({ type: "threadMeta", payload: this.#record.meta });
    this.#append({ type: "settings", payload: this.settings });
  }

  #append(entry: Parameters<Recorder["append"]>[0]): void {
    if (this.#isPersisted) this.#recorder?.append(entry);
  }
}

export function newThreadRecord(meta: ThreadMeta, settings: ThreadSettings): ThreadRecord {
  return { meta, settings, turns: [], history: [], usage: null, notices: [], updatedAt: meta.createdAt };
}

function emptyTurn(id: string): Turn {
  return {
    id,
    items: [],
    itemsView: "notLoaded",
    status: "inProgress",
    error: null,
    startedAt: null,
    completedAt: null,
    durationMs: null,
  };
}

/** As `turn/completed` has it: the last message of the agent stands for the items. */
function summaryOf(turn: Turn): Turn {
  const last = turn.items.findLast(({ type }) => type === "agentMessage");
  return { ...turn, items: turn.status === "completed" && last ? [structuredClone(last)] : [], itemsView: "summary" };
}

const PREVIEW_CHARS = 400;

function previewOf(input: readonly UserInput[]): string {
  const text = input.map((part) => (part.type === "text" ? part.text : part.name)).join(" ");
  return text.replace(/\s+/g, " ").trim().slice(0, PREVIEW_CHARS);
}
