// One live thread as it is set up now: its settings and what follows from them, who listens to it and is asked, and what
// runs in it and how that is ended. All that was said in it is `record`, its turns live in `life`.
import { isDeepStrictEqual } from "node:util";
import { SessionApprovals } from "../approval/approvals.ts";
import { type ContextLimits, contextLimits } from "../model/limits.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import { compactionNotUndoable, noRevertOfEphemeral, turnNotFound } from "../protocol/rpc/errors.ts";
import { notSavedWords, type SavingTrouble } from "../protocol/thread-saving.ts";
import type { Thread as ThreadData, ThreadStatus } from "../protocol/thread.ts";
import type { Recorder } from "../rollout/recorder.ts";
import { afterAnswer } from "../util/after-answer.ts";
import type { Client } from "./client.ts";
import type { ThreadDeps } from "./deps.ts";
import { LiveRecord } from "./live-record.ts";
import { openQuestion } from "./open-question.ts";
import { QuestionDesk } from "./question-desk.ts";
import type { ThreadRecord } from "./record.ts";
import { RunningCommands } from "./running-commands.ts";
import { checkRoom, checkSaved } from "./saving.ts";
import { changeSettings, type SettingsOverrides } from "./settings.ts";
import { announcedSettings, threadData } from "./thread-data.ts";
import { TurnLife } from "./turn-life.ts";
import { wideWords } from "./wide-folders.ts";

export class Thread {
  readonly id: string;
  readonly deps: ThreadDeps;
  readonly record: LiveRecord;
  readonly life: TurnLife;
  readonly desk: QuestionDesk;
  readonly commands: RunningCommands;
  readonly approvals = new SessionApprovals();
  readonly #subscribers = new Set<Client>();
  #holds = 0;

  constructor(record: ThreadRecord, recorder: Recorder | null, options: { isPersisted: boolean }, deps: ThreadDeps) {
    this.id = record.meta.id;
    this.deps = deps;
    this.record = new LiveRecord(record, recorder, {
      ...options,
      now: () => deps.now(),
      newId: () => deps.newId(),
      tell: (notification) => this.#tell(notification),
    });
    this.commands = new RunningCommands(record.turns, {
      started: ({ item, turnId }) => {
        this.record.noteCommand({ item, threadId: this.id, turnId, startedAtMs: item.startedAtMs ?? deps.now() });
      },
      failed: (message) => deps.log("error", `the end of a command could not be told: ${message}`),
    });
    this.desk = new QuestionDesk({
      threadId: this.id,
      nextRequestId: deps.nextRequestId,
      subscribers: () => this.#subscribers,
      clientsReturn: deps.clientsReturn,
      emit: (notification) => this.record.emit(notification),
      flagsChanged: () => this.announceStatus(),
    });
    this.life = new TurnLife(this);
  }

  change(overrides: SettingsOverrides): void {
    this.changeLater(overrides)();
  }

  /** Holds, and is written, now; clients hear of it when the result is called. */
  changeLater(overrides: SettingsOverrides): () => void {
    const before = this.record.settings;
    const next = changeSettings(before, overrides, this.deps.config);
    if (isDeepStrictEqual(next, before)) return () => undefined;
    this.record.setSettings(next);
    return () => {
      const params = { threadId: this.id, threadSettings: announcedSettings(next) };
      this.record.emit({ method: "thread/settings/updated", params });
      const wide = wideWords(next, this.deps.userHome);
      if (wide !== null && wide !== wideWords(before, this.deps.userHome)) {
        this.record.emit({ method: "warning", params: { threadId: this.id, message: wide } });
      }
    };
  }

  /** Of the model that is asked next. */
  get limits(): ContextLimits {
    const { modelProvider, model } = this.record.settings;
    return contextLimits(this.deps.config, this.deps.listedModel(modelProvider, model));
  }

  get status(): ThreadStatus {
    if (this.life.runningTurnId !== null) return { type: "active", activeFlags: this.desk.flags };
    return this.life.hasFailed ? { type: "systemError" } : { type: "idle" };
  }

  /** Told to every client: a list shows it as well. */
  announceStatus(): void {
    this.deps.tellAll({ method: "thread/status/changed", params: { threadId: this.id, status: this.status } });
  }

  /** As clients see it; with `turns` it is a snapshot that the notifications from now on continue. */
  toData(options: { includeTurns: boolean }): ThreadData {
    const place = this.deps.shownPlaceOf(this.id);
    return threadData({ ...this.record.facts(options), place, status: this.status });
  }

  /** What a person was asked and has not answered, in the words it was asked in. */
  get openQuestions(): object[] {
    return this.desk.open.map((request) => openQuestion(request, this.record.turns));
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

  subscribe(client: Client): void {
    // One that went while its request was worked on never leaves again.
    if (client.ended.aborted || this.#subscribers.has(client)) return;
    this.#subscribers.add(client);
    const { notices, settings, savingTrouble } = this.record;
    const wide = wideWords(settings, this.deps.userHome);
    for (const message of [...notices, ...(wide === null ? [] : [wide])]) {
      client.notify({ method: "warning", params: { threadId: this.id, message } });
    }
    if (savingTrouble !== null) this.#tellSaving(client, savingTrouble);
    this.desk.joined(client);
  }

  /** False when it did not listen. */
  unsubscribe(client: Client): boolean {
    const listened = this.#subscribers.delete(client);
    if (listened) this.desk.left(client);
    return listened;
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

  #tell(notification: ServerNotification): void {
    for (const client of this.#subscribers) client.notify(notification);
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
    this.record.close();
  }

  /** The same, unless something of it could not be written: then it stays open, and this throws RpcError. */
  async stopSaved(): Promise<void> {
    const release = this.life.hold();
    await this.#endAll();
    await this.record.flush();
    try {
      checkSaved(this.record.savingTrouble);
    } catch (error) {
      release();
      throw error;
    }
    this.record.close();
  }

  async #endAll(): Promise<void> {
    await Promise.all([this.life.end(), this.commands.stopAll()]);
  }

  /**
   * Ends the turn that runs, and cuts off the history from a turn on, with the commands that still run from there.
   * Resolves when clients may be told; throws RpcError, having done nothing, when there is no such turn.
   */
  async revert(beforeTurnId: string): Promise<void> {
    if (this.record.isEphemeral) throw noRevertOfEphemeral();
    const { turns } = this.record;
    const at = turns.findIndex(({ id }) => id === beforeTurnId);
    if (at === -1) throw turnNotFound(beforeTurnId);
    const release = this.life.hold();
    try {
      await this.life.end();
      await this.commands.stopOf(turns.slice(at).map(({ id }) => id));
    } finally {
      release();
    }
    // Another client was faster.
    if (!this.record.cut(beforeTurnId)) throw turnNotFound(beforeTurnId);
    this.life.forgetFailure();
    await this.record.flush();
  }

  /** Adds to what the model is told, without a turn. */
  async inject(items: readonly Record<string, unknown>[]): Promise<void> {
    checkRoom(this.record.savingTrouble);
    const { recordContext } = await import("./thread-turn.ts");
    await recordContext(this);
    this.life.checkOpen();
    this.record.persist("");
    this.record.addHistory(items.map((item) => ({ type: "raw", item })));
  }

  /** The model is told the conversation itself again. Throws RpcError when that cannot be. */
  undoCompaction(itemId: string): void {
    checkRoom(this.record.savingTrouble);
    if (this.life.runningTurnId !== null) throw compactionNotUndoable("a turn is running. Stop it first");
    if (!this.record.undoCompaction(itemId)) throw compactionNotUndoable("only the newest one that holds can be");
    void this.record.flush();
  }
}
