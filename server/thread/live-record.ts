// What was said in a live thread, to people and to the model, and the one way to say more: it is written to the rollout,
// then applied, then told. What the thread is set to, who listens and what runs in it, `Thread` knows.
import { isDeepStrictEqual } from "node:util";
import type { Measured } from "../agent/token-estimate.ts";
import type { HistoryItem } from "../model/model.ts";
import type { ParamsOut } from "../protocol/rows.ts";
import type { serverNotifications, ServerNotification } from "../protocol/methods.ts";
import { notSavedWords, type SavingTrouble } from "../protocol/thread-saving.ts";
import type { ThreadSettings } from "../protocol/thread.ts";
import type { TokenUsageBreakdown, Turn, TurnPlanUpdatedNotification } from "../protocol/turn.ts";
import type { Compacted, RolloutEntry, ThreadMeta, ThreadMetadata } from "../rollout/line.ts";
import type { LivingLine } from "../rollout/living-lines.ts";
import { isPersisted } from "../rollout/policy.ts";
import type { Recorder } from "../rollout/recorder.ts";
import type { ThreadDeps } from "./deps.ts";
import { neverBackwards } from "./item-times.ts";
import { type AnnouncedUsage, cutRecord, type ThreadRecord } from "./record.ts";
import { saidIn } from "./said.ts";
import type { ThreadFacts } from "./thread-data.ts";
import { noteStart, noteUsage, replaceHistory, undoCompaction } from "./told-history.ts";
import type { QueuedInput } from "./turn-life.ts";
import { applyToTurns, snapshotOf } from "./turn-log.ts";
import { addUsage, noUsage } from "./usage.ts";

type TurnEnded = Pick<Turn, "status" | "error" | "completedAt" | "durationMs" | "tokenUsage">;

export interface LiveRecordOptions extends Pick<ThreadDeps, "now" | "newId"> {
  /** False until there is something to keep: an empty thread leaves no file. */
  isPersisted: boolean;
  /** To those who listen. */
  tell(notification: ServerNotification): void;
}

export class LiveRecord {
  readonly #record: ThreadRecord;
  readonly #recorder: Recorder | null;
  readonly #options: LiveRecordOptions;
  #isPersisted: boolean;
  /** By turn, how those ended whose end is not told yet. */
  readonly #ends = new Map<string, TurnEnded>();

  /** `recorder`: null for a thread that is kept in memory alone. */
  constructor(record: ThreadRecord, recorder: Recorder | null, options: LiveRecordOptions) {
    this.#record = record;
    this.#recorder = recorder;
    this.#options = options;
    this.#isPersisted = options.isPersisted;
  }

  get meta(): ThreadMeta {
    return this.#record.meta;
  }

  get metadata(): ThreadMetadata {
    return this.#record.metadata;
  }

  get settings(): ThreadSettings {
    return this.#record.settings;
  }

  get turns(): readonly Turn[] {
    return this.#record.turns;
  }

  get history(): readonly HistoryItem[] {
    return this.#record.history;
  }

  /** What a provider counted of the history last. */
  get measured(): Measured | null {
    return this.#record.measured;
  }

  /** Null before the first answer of a model. */
  get usage(): AnnouncedUsage | null {
    return this.#record.usage;
  }

  /** The latest, as it was announced; null: there never was one. */
  get plan(): TurnPlanUpdatedNotification | null {
    return this.#record.plan;
  }

  /** The newest compaction that holds. */
  get undoable(): string | null {
    return this.#record.compactions.at(-1)?.itemId ?? null;
  }

  /** What each client that joins must know about how it was read back. */
  get notices(): readonly string[] {
    return [...this.#record.missing, ...this.#record.notices];
  }

  get isEphemeral(): boolean {
    return this.#recorder === null;
  }

  /** Null while nothing of it is on disk. */
  get storedAt(): string | null {
    return this.#isPersisted ? (this.#recorder?.path ?? null) : null;
  }

  /** Why it is not being saved; null: it is. */
  get savingTrouble(): SavingTrouble | null {
    return this.#recorder?.trouble ?? null;
  }

  /** With `turns` it is a snapshot that what is told from now on continues. */
  facts(options: { includeTurns: boolean }): Omit<ThreadFacts, "place" | "status"> {
    const turns = options.includeTurns ? snapshotOf(this.#record.turns) : [];
    return { ...this.#record, path: this.#recorder?.path ?? null, turns };
  }

  /**
   * Everything a client hears of this thread goes through here: written, then applied, then sent. `told`: what the model
   * hears with it, written along, so that a process that dies has said both or neither.
   */
  emit(said: ServerNotification, told: readonly HistoryItem[] = []): void {
    this.emitLater(said, told)();
  }

  /** Written now; applied and sent when the result is called, so that nobody sees more of it than was told. */
  emitLater(said: ServerNotification, told: readonly HistoryItem[] = []): () => void {
    const notification = neverBackwards(said);
    const entries = told.map((payload): RolloutEntry => ({ type: "history", payload }));
    if (isPersisted(notification)) entries.unshift({ type: "notification", payload: notification });
    if (entries.length > 0) this.#append(...entries);
    this.#record.history.push(...told);
    return () => {
      if (notification.method === "turn/started") noteStart(this.#record, notification.params.turn.id);
      if (notification.method === "turn/plan/updated") this.#record.plan = notification.params;
      applyToTurns(this.#record.turns, notification);
      this.#options.tell(notification);
    };
  }

  /** The model alone is told. */
  addHistory(entries: readonly HistoryItem[]): void {
    if (entries.length === 0) return;
    // Written first: what cannot be written is nothing the model is told either.
    this.#append(...entries.map((payload): RolloutEntry => ({ type: "history", payload })));
    this.#record.history.push(...entries);
  }

  /** Written down at once, so that it outlives this process, whenever the turn takes it. */
  noteSaid(turnId: string, queued: QueuedInput): void {
    // It is in the file of its queue until then.
    if (queued.taken !== undefined) return;
    queued.itemId ??= this.#options.newId();
    this.#append({ type: "said", payload: saidIn(turnId, queued.itemId, queued) });
  }

  /** On disk from its start, unlike other items: it can outlive its turn, and the server may not live to see its end. */
  noteCommand(params: ParamsOut<typeof serverNotifications, "item/started">): void {
    this.#append({ type: "notification", payload: { method: "item/started", params } });
  }

  /** Clients are told by who changes them. */
  setSettings(settings: ThreadSettings): void {
    const before = this.#record.settings;
    this.#record.settings = settings;
    // What the window has as folders is no answer to what was said of the others.
    if (!isDeepStrictEqual({ ...settings, roots: null }, { ...before, roots: null })) this.#record.notices = [];
    this.#append({ type: "settings", payload: settings });
  }

  setMetadata(metadata: ThreadMetadata): void {
    this.#record.metadata = metadata;
    this.#append({ type: "metadata", payload: metadata });
  }

  /** Adds the tokens of one answer and announces them. `window`: of the model. */
  reportUsage(turnId: string, last: TokenUsageBreakdown, window: number): void {
    this.announceUsage(turnId, last, { window, total: addUsage(this.#total, last) });
  }

  /** How much the next request will have, in `last`. */
  announceUsage(
    turnId: string,
    last: TokenUsageBreakdown,
    { window, total = this.#total }: { window: number; total?: TokenUsageBreakdown },
  ): void {
    const tokenUsage = { total, last, modelContextWindow: window };
    const usage = { threadId: this.meta.id, turnId, tokenUsage };
    noteUsage(this.#record, usage);
    this.emit({ method: "thread/tokenUsage/updated", params: usage });
  }

  get #total(): TokenUsageBreakdown {
    return this.usage?.tokenUsage.total ?? noUsage;
  }

  /** From now on the model is told this in place of all before. Null, or why it is not: then nothing has changed. */
  compact(compacted: Compacted): string | null {
    if (this.savingTrouble?.kind === "full") return notSavedWords(this.savingTrouble);
    if (!this.#append({ type: "compacted", payload: compacted })) return "What is left of it is too large to be kept.";
    replaceHistory(this.#record, compacted.itemId, compacted.history);
    return null;
  }

  /** The model is told the conversation itself again. False: nothing has changed, because that is not the newest one. */
  undoCompaction(itemId: string): boolean {
    const turn = this.turns.find(({ items }) => items.some(({ id }) => id === itemId));
    if (turn === undefined || !undoCompaction(this.#record, itemId)) return false;
    this.emit({ method: "belay/compaction/undone", params: { threadId: this.meta.id, turnId: turn.id, itemId } });
    return true;
  }

  /** Takes back that turn and all behind it. False: there is no such turn. */
  cut(beforeTurnId: string): boolean {
    if (cutRecord(this.#record, beforeTurnId).length === 0) return false;
    this.touch();
    this.#append({ type: "reverted", payload: { beforeTurnId } });
    return true;
  }

  /** Notes how a turn ended. It is announced, once, when the turn has let go of everything. */
  finishTurn(turnId: string, end: TurnEnded): void {
    this.#ends.set(turnId, end);
  }

  /** The turn as it has ended. Null when it never began. */
  takeEnded(turnId: string): Turn | null {
    const turn = this.turns.find(({ id }) => id === turnId);
    const end = this.#ends.get(turnId);
    this.#ends.delete(turnId);
    return turn === undefined ? null : { ...turn, ...end };
  }

  /** Something has just happened in it. */
  touch(): void {
    this.#record.updatedAt = Math.floor(this.#options.now() / 1000);
  }

  /** From now on it is on disk, with all that it was before, and called by this when it has no name yet. */
  persist(preview: string): void {
    const { meta, metadata, settings, history } = this.#record;
    if (meta.preview === "") meta.preview = preview;
    if (this.#isPersisted || this.#recorder === null) return;
    this.#isPersisted = true;
    const isNamed = metadata.name !== null || metadata.gitInfo !== null;
    // In one write: nobody finds a thread that has begun to be one.
    this.#append(
      { type: "threadMeta", payload: meta },
      { type: "settings", payload: settings },
      ...(isNamed ? [{ type: "metadata" as const, payload: metadata }] : []),
      ...history.map((payload) => ({ type: "history" as const, payload })),
    );
  }

  /** A fork is on disk from its start, unless it is empty. `copied`: the lines of its source that it does not share. */
  beginFork(copied: readonly LivingLine[]): void {
    const { meta, metadata, settings, turns } = this.#record;
    if (turns.length === 0) return;
    this.#isPersisted = true;
    this.#append({ type: "threadMeta", payload: meta });
    for (const { type, payload } of copied) {
      if (type !== "threadMeta") this.#append({ type, payload } as RolloutEntry);
    }
    this.writeRecovered();
    this.#append({ type: "settings", payload: settings });
    this.#append({ type: "metadata", payload: metadata });
  }

  /** What was said before the last process died, and what no turn had taken, has its place in the file from now on. */
  writeRecovered(): void {
    const { recovered } = this.#record;
    if (recovered.length > 0) this.#append(...recovered);
    this.#record.recovered = [];
  }

  /** Resolves when what was written is on the disk itself, or `savingTrouble` says why it is not. Must not reject. */
  async flush(): Promise<void> {
    await this.#recorder?.flush();
  }

  /** Nothing is written any more. */
  close(): void {
    this.#recorder?.close();
  }

  /** In one write. False: one of them can never be written. What is not on disk at all is kept as well as the rest of it. */
  #append(...entries: readonly RolloutEntry[]): boolean {
    return !this.#isPersisted || this.#recorder === null || this.#recorder.append(...entries);
  }
}
