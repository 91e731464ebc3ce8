// One live thread: its settings, its history, and who listens. Its turns live in `life`.
import { isDeepStrictEqual } from "node:util";
import { SessionApprovals } from "../approval/approvals.ts";
import type { Measured } from "../agent/token-estimate.ts";
import { type ContextLimits, contextLimits } from "../model/limits.ts";
import type { HistoryItem } from "../model/model.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import { compactionNotUndoable, noRevertOfEphemeral, turnNotFound } from "../protocol/rpc/errors.ts";
import { notSavedWords, type SavingTrouble } from "../protocol/thread-saving.ts";
import type { Thread as ThreadData, ThreadSettings, ThreadStatus } from "../protocol/thread.ts";
import type { TokenUsageBreakdown, Turn } from "../protocol/turn.ts";
import type { Compacted, RolloutEntry, ThreadMeta, ThreadMetadata } from "../rollout/line.ts";
import type { LivingLine } from "../rollout/living-lines.ts";
import { isPersisted } from "../rollout/policy.ts";
import type { Recorder } from "../rollout/recorder.ts";
import type { Client } from "./client.ts";
import type { ThreadDeps } from "./deps.ts";
import { wideWords } from "./wide-folders.ts";
import { openQuestion } from "./open-question.ts";
import { QuestionDesk } from "./question-desk.ts";
import { saidIn } from "./said.ts";
import { checkRoom, checkSaved } from "./saving.ts";
import { neverBackwards } from "./item-times.ts";
import { type AnnouncedUsage, cutRecord, type ThreadRecord } from "./record.ts";
import { noteStart, noteUsage, replaceHistory, undoCompaction } from "./told-history.ts";
import { RunningCommands } from "./running-commands.ts";
import { changeSettings, type SettingsOverrides } from "./settings.ts";
import { announcedSettings, threadData } from "./thread-data.ts";
import { type QueuedInput, TurnLife } from "./turn-life.ts";
import { applyToTurns, snapshotOf } from "./turn-log.ts";
import { addUsage, noUsage } from "./usage.ts";
import { afterAnswer } from "../util/after-answer.ts";
import { orAborted } from "../util/or-aborted.ts";

/** A disk that takes longer holds up no turn's end: then it comes before what it says is safe from a loss of power. */
const MAX_SYNC_MS = 10_000;

type TurnEnded = Pick<Turn, "status" | "error" | "completedAt" | "durationMs" | "tokenUsage">;

export class Thread {
  readonly deps: ThreadDeps;
  readonly approvals = new SessionApprovals();
  readonly desk: QuestionDesk;
  readonly commands: RunningCommands;
  readonly life: TurnLife;
  readonly #record: ThreadRecord;
  readonly #recorder: Recorder | null;
  readonly #subscribers = new Set<Client>();
  #holds = 0;
  /** By turn, how those ended whose end is not told yet. */
  readonly #ends = new Map<string, TurnEnded>();
  /** False until there is something to keep: an empty thread leaves no file. */
  #isPersisted: boolean;

  constructor(record: ThreadRecord, recorder: Recorder | null, options: { isPersisted: boolean }, deps: ThreadDeps) {
    this.deps = deps;
    this.#record = record;
    this.#recorder = recorder;
    this.#isPersisted = options.isPersisted;
    this.commands = new RunningCommands(record.turns, {
      // On disk from its start, unlike other items: it can outlive its turn, and the server may not live to see its end.
      started: ({ item, turnId }) => {
        const params = { item, threadId: this.id, turnId, startedAtMs: item.startedAtMs ?? deps.now() };
        this.#append({ type: "notification", payload: { method: "item/started", params } });
      },
      failed: (message) => deps.log("error", `the end of a command could not be told: ${message}`),
    });
    this.desk = new QuestionDesk({
      threadId: this.id,
      nextRequestId: deps.nextRequestId,
      subscribers: () => this.#subscribers,
      clientsReturn: deps.clientsReturn,
      emit: (notification) => this.emit(notification),
      flagsChanged: () => this.announceStatus(),
    });
    this.life = new TurnLife(this, {
      persist: (preview) => {
        if (record.meta.preview === "") record.meta.preview = preview;
        this.#persist();
      },
      touch: () => (record.updatedAt = Math.floor(deps.now() / 1000)),
      flush: async () => {
        if (recorder !== null) await orAborted(recorder.flush(), AbortSignal.timeout(MAX_SYNC_MS));
      },
    });
  }

  get id(): string {
    return this.#record.meta.id;
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

  get history(): readonly HistoryItem[] {
    return this.#record.history;
  }

  /** What a provider counted of the history last. */
  get measured(): Measured | null {
    return this.#record.measured;
  }

  /** Of the model that is asked next. */
  get limits(): ContextLimits {
    const { modelProvider, model } = this.settings;
    return contextLimits(this.deps.config, this.deps.listedModel(modelProvider, model));
  }

  /** What a person was asked and has not answered, in the words it was asked in. */
  get openQuestions(): object[] {
    return this.desk.open.map((request) => openQuestion(request, this.turns));
  }

  /** The newest compaction that holds. */
  get undoable(): string | null {
    return this.#record.compactions.at(-1)?.itemId ?? null;
  }

  get turns(): readonly Turn[] {
    return this.#record.turns;
  }

  /** Null before the first answer of a model. */
  get usage(): AnnouncedUsage | null {
    return this.#record.usage;
  }

  get ephemeral(): boolean {
    return this.#recorder === null;
  }

  /** Null while nothing of it is on disk. */
  get storedAt(): string | null {
    return this.#isPersisted ? (this.#recorder?.path ?? null) : null;
  }

  /** Somebody listens to it, or a request is being worked on that needs it. */
  get isWanted(): boolean {
    return this.#subscribers.size > 0 || this.#holds > 0;
  }

  /** Until `release`, it is wanted. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
  }

  get status(): ThreadStatus {
    if (this.life.runningTurnId !== null) return { type: "active", activeFlags: this.desk.flags };
    return this.life.hasFailed ? { type: "systemError" } : { type: "idle" };
  }

  /** As clients see it; with `turns` it is a snapshot that the notifications from now on continue. */
  toData(options: { includeTurns: boolean }): ThreadData {
    const turns = options.includeTurns ? snapshotOf(this.#record.turns) : [];
    const place = this.deps.shownPlaceOf(this.id);
    return threadData({ ...this.#record, place, path: this.#recorder?.path ?? null, status: this.status, turns });
  }

  /** Why it is not being saved; null: it is. */
  get savingTrouble(): SavingTrouble | null {
    return this.#recorder?.trouble ?? null;
  }

  /** Clients hear of it, in a sentence when it begins. */
  savingChanged(trouble: SavingTrouble | null): void {
    for (const client of this.#subscribers) this.#tellSaving(client, trouble);
  }

  /** As a state, and for those who know nothing of that as a sentence. */
  #tellSaving(client: Client, trouble: SavingTrouble | null): void {
    const threadId = this.id;
    client.notify({ method: "belay/thread/saving/updated", params: { threadId, trouble } });
    if (trouble !== null) client.notify({ method: "warning", params: { threadId, message: notSavedWords(trouble) } });
  }

  subscribe(client: Client): void {
    // One that went while its request was worked on never leaves again.
    if (client.ended.aborted || this.#subscribers.has(client)) return;
    this.#subscribers.add(client);
    const wide = wideWords(this.settings, this.deps.userHome);
    for (const message of [...this.#record.missing, ...this.#record.notices, ...(wide === null ? [] : [wide])]) {
      client.notify({ method: "warning", params: { threadId: this.id, message } });
    }
    if (this.savingTrouble !== null) this.#tellSaving(client, this.savingTrouble);
    this.desk.joined(client);
  }

  /** False when it did not listen. */
  unsubscribe(client: Client): boolean {
    const listened = this.#subscribers.delete(client);
    if (listened) this.desk.left(client);
    return listened;
  }

  change(overrides: SettingsOverrides): void {
    this.changeLater(overrides)();
  }

  /** Holds, and is written, now; clients hear of it when the result is called. */
  changeLater(overrides: SettingsOverrides): () => void {
    const next = changeSettings(this.settings, overrides, this.deps.config);
    if (isDeepStrictEqual(next, this.settings)) return () => undefined;
    const before = this.settings;
    this.#record.settings = next;
    // What the window has as folders is no answer to what was said of the others.
    if (!isDeepStrictEqual({ ...next, roots: null }, { ...before, roots: null })) this.#record.notices = [];
    this.#append({ type: "settings", payload: next });
    return () => {
      const params = { threadId: this.id, threadSettings: announcedSettings(next) };
      this.emit({ method: "thread/settings/updated", params });
      const wide = wideWords(next, this.deps.userHome);
      if (wide !== null && wide !== wideWords(before, this.deps.userHome))
        this.emit({ method: "warning", params: { threadId: this.id, message: wide } });
    };
  }

  changeMetadata(metadata: ThreadMetadata): void {
    this.#record.metadata = metadata;
    this.#append({ type: "metadata", payload: this.#record.metadata });
  }

  /** Stops the turn and all commands, also those of earlier turns. Says how many there were, before they have ended. */
  stopAll(): { turns: number; commands: number } {
    const { running } = this.commands;
    const turns = this.life.abort() ? 1 : 0;
    void afterAnswer().then(() => {
      for (const command of running) command.stop();
    });
    return { turns, commands: running.length };
  }

  /** Ends what runs, waits until it has ended, and closes the file. */
  async stop(): Promise<void> {
    this.life.hold();
    await this.#endAll();
    this.#recorder?.close();
  }

  /** The same, unless something of it could not be written: then it stays open, and this throws RpcError. */
  async stopSaved(): Promise<void> {
    const release = this.life.hold();
    await this.#endAll();
    await this.#recorder?.flush();
    try {
      checkSaved(this.savingTrouble);
    } catch (error) {
      release();
      throw error;
    }
    this.#recorder?.close();
  }

  async #endAll(): Promise<void> {
    await Promise.all([this.life.end(), this.commands.stopAll()]);
  }

  /**
   * Ends the turn that runs, and cuts off the history from a turn on, with the commands that still run from there.
   * Resolves when clients may be told; throws RpcError, having done nothing, when there is no such turn.
   */
  async revert(beforeTurnId: string): Promise<void> {
    if (this.ephemeral) throw noRevertOfEphemeral();
    const at = this.turns.findIndex(({ id }) => id === beforeTurnId);
    if (at === -1) throw turnNotFound(beforeTurnId);
    const release = this.life.hold();
    try {
      await this.life.end();
      await this.commands.stopOf(this.turns.slice(at).map(({ id }) => id));
    } finally {
      release();
    }
    // Another client was faster.
    if (cutRecord(this.#record, beforeTurnId).length === 0) throw turnNotFound(beforeTurnId);
    this.#record.updatedAt = Math.floor(this.deps.now() / 1000);
    this.life.forgetFailure();
    this.#append({ type: "reverted", payload: { beforeTurnId } });
    await this.#recorder?.flush();
  }

  /** Adds to what the model is told, without a turn. */
  async inject(items: readonly Record<string, unknown>[]): Promise<void> {
    checkRoom(this.savingTrouble);
    const { recordContext } = await import("./thread-turn.ts");
    await recordContext(this);
    this.life.checkOpen();
    this.#persist();
    this.recordHistory(items.map((item) => ({ type: "raw", item })));
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
      applyToTurns(this.#record.turns, notification);
      for (const client of this.#subscribers) client.notify(notification);
    };
  }

  /** Told to every client: a list shows it as well. */
  announceStatus(): void {
    this.deps.tellAll({ method: "thread/status/changed", params: { threadId: this.id, status: this.status } });
  }

  recordHistory(entries: readonly HistoryItem[]): void {
    if (entries.length === 0) return;
    // Written first: what cannot be written is nothing the model is told either.
    this.#append(...entries.map((payload): RolloutEntry => ({ type: "history", payload })));
    this.#record.history.push(...entries);
  }

  /** Adds the tokens of one answer and announces them. */
  reportUsage(turnId: string, last: TokenUsageBreakdown): void {
    this.announceUsage(turnId, last, addUsage(this.usage?.tokenUsage.total ?? noUsage, last));
  }

  /** How much the next request will have, in `last`. */
  announceUsage(turnId: string, last: TokenUsageBreakdown, total = this.usage?.tokenUsage.total ?? noUsage): void {
    const tokenUsage = { total, last, modelContextWindow: this.limits.window };
    const usage = { threadId: this.id, turnId, tokenUsage };
    noteUsage(this.#record, usage);
    this.emit({ method: "thread/tokenUsage/updated", params: usage });
  }

  /** From now on the model is told this in place of all before. Null, or why it is not: then nothing has changed. */
  compacted(compacted: Compacted): string | null {
    if (this.savingTrouble?.kind === "full") return notSavedWords(this.savingTrouble);
    if (!this.#append({ type: "compacted", payload: compacted })) return "What is left of it is too large to be kept.";
    replaceHistory(this.#record, compacted.itemId, compacted.history);
    return null;
  }

  /** The model is told the conversation itself again. Throws RpcError when that cannot be. */
  undoCompaction(itemId: string): void {
    checkRoom(this.savingTrouble);
    if (this.life.runningTurnId !== null) throw compactionNotUndoable("a turn is running. Stop it first");
    const turn = this.turns.find(({ items }) => items.some(({ id }) => id === itemId));
    if (turn === undefined || !undoCompaction(this.#record, itemId)) {
      throw compactionNotUndoable("only the newest one that holds can be");
    }
    this.emit({ method: "belay/compaction/undone", params: { threadId: this.id, turnId: turn.id, itemId } });
    void this.#recorder?.flush();
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

  /** A fork is on disk from its start, unless it is empty. `copied`: the lines of its source that it does not share. */
  beginFork(copied: readonly LivingLine[]): void {
    if (this.#record.turns.length === 0) return;
    this.#isPersisted = true;
    this.#append({ type: "threadMeta", payload: this.#record.meta });
    for (const { type, payload } of copied) {
      if (type !== "threadMeta") this.#append({ type, payload } as RolloutEntry);
    }
    this.writeRecovered();
    this.#append({ type: "settings", payload: this.settings });
    this.#append({ type: "metadata", payload: this.metadata });
  }

  /** What was said before the last process died, and what no turn had taken, has its place in the file from now on. */
  writeRecovered(): void {
    const { recovered } = this.#record;
    if (recovered.length > 0) this.#append(...recovered);
    this.#record.recovered = [];
  }

  /** Written down at once, so that it outlives this process, whenever the turn takes it. */
  noteSaid(turnId: string, queued: QueuedInput): void {
    // It is in the file of its queue until then.
    if (queued.taken !== undefined) return;
    queued.itemId ??= this.deps.newId();
    this.#append({ type: "said", payload: saidIn(turnId, queued.itemId, queued) });
  }

  /** From now on the thread is on disk, with all that it was before. */
  #persist(): void {
    if (this.#isPersisted || this.#recorder === null) return;
    const { meta, metadata, settings, history } = this.#record;
    this.#recorder.append({ type: "threadMeta", payload: meta });
    this.#isPersisted = true;
    this.#append({ type: "settings", payload: settings });
    if (metadata.name !== null || metadata.gitInfo !== null) this.#append({ type: "metadata", payload: metadata });
    for (const entry of history) this.#append({ type: "history", payload: entry });
  }

  /** In one write. False: one of them can never be written. What is not on disk at all is kept as well as the rest of it. */
  #append(...entries: readonly RolloutEntry[]): boolean {
    return !this.#isPersisted || this.#recorder === null || this.#recorder.append(...entries);
  }
}
