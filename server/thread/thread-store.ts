// All threads: the live ones here, those that wait on disk by way of stored-threads.ts.
import { rm } from "node:fs/promises";
import type { Config } from "../config/schema.ts";
import {
  invalidThreadId,
  messageOf,
  missingFolder,
  noRollout,
  noSectionOfEphemeral,
  noTurnsOfEphemeral,
  providerNotConfigured,
  threadArchived,
  threadNotFound,
  threadNotLoaded,
} from "../protocol/rpc/errors.ts";
import type { DynamicTool, GitInfo, Thread as ThreadData, ThreadSettings } from "../protocol/thread.ts";
import type { ThreadForkParams, ThreadListParams, ThreadListResponse } from "../protocol/thread-store.ts";
import type { ThreadSectionMoveParams } from "../protocol/thread-section.ts";
import type { Turn } from "../protocol/turn.ts";
import { archive, findBase, findRollout, rolloutPath, unarchive } from "../rollout/files.ts";
import { RolloutIndex } from "../rollout/index.ts";
import type { ListedRollout } from "../rollout/listed.ts";
import type { ThreadMeta, ThreadMetadata } from "../rollout/line.ts";
import { livingLines } from "../rollout/living-lines.ts";
import type { Recorder } from "../rollout/recorder.ts";
import { removeRollout } from "../rollout/shared.ts";
import type { Writers } from "../rollout/writer-lock.ts";
import { isUuid, uuidV7Time } from "../util/uuid-v7.ts";
import type { Client } from "./client.ts";
import type { Clients } from "./clients.ts";
import type { ThreadDeps } from "./deps.ts";
import { forkStart } from "./fork.ts";
import { isFolder } from "./is-folder.ts";
import { rebuildRecord } from "./rebuild.ts";
import { newThreadRecord, type ThreadRecord } from "./record.ts";
import type { OwnFiles } from "./rule-store.ts";
import { withMovedThread, withoutThread } from "./section-places.ts";
import { changeSettings, initialSettings, type SettingsOverrides } from "./settings.ts";
import { QueueFiles } from "./queue-files.ts";
import { StoredThreads } from "./stored-threads.ts";
import { Thread } from "./thread.ts";
import { threadData } from "./thread-data.ts";
import { listThreads } from "./thread-list.ts";
import { ThreadQueues } from "./thread-queues.ts";
import { ThreadSections } from "./thread-sections.ts";

export interface StoreDeps {
  readonly thread: Omit<ThreadDeps, "turnEnded" | "tellAll" | "shownPlaceOf">;
  readonly clients: Clients;
  /** Tells this process from others that write to the same home. */
  readonly writers: Writers;
  readonly home: string;
  readonly ownFiles: OwnFiles;
  readonly version: string;
  /** Where a thread starts whose client names no folder. */
  readonly defaultCwd: string;
  defaultModel(config: Config): string;
  isProvider(id: string): boolean;
  /** With overrides of config.toml laid over it; those that do not fit are left out. */
  configWith(overrides: Readonly<Record<string, unknown>>): Config;
  readGitInfo(cwd: string): Promise<GitInfo | null>;
}

export interface StartOptions extends SettingsOverrides {
  ephemeral: boolean;
  originator: string;
  threadSource?: string | null | undefined;
  baseInstructions?: string | null | undefined;
  developerInstructions?: string | null | undefined;
  dynamicTools?: DynamicTool[] | null | undefined;
  config?: Readonly<Record<string, unknown>> | null | undefined;
}

export class ThreadStore {
  readonly #deps: StoreDeps;
  readonly #live = new Map<string, Thread>();
  /** Being let go of already. */
  readonly #stopping = new Map<string, Promise<void>>();
  readonly #unloads = new Map<string, NodeJS.Timeout>();
  readonly #stored: StoredThreads;
  /** All that is on disk, for lists. */
  readonly index: RolloutIndex;
  readonly queues: ThreadQueues;
  /** What people have sorted threads into, whichever process they did it in. */
  readonly sections: ThreadSections;

  constructor(deps: StoreDeps) {
    this.#deps = deps;
    const { home, writers, thread } = deps;
    this.#stored = new StoredThreads({
      ...{ home, writers, log: thread.log, now: thread.now },
      onSaving: (threadId, trouble) => {
        this.#live.get(threadId)?.savingChanged(trouble);
        if (trouble === null) this.#unloadLater(threadId);
      },
      onMended: (threadId, message) =>
        this.#live.get(threadId)?.emit({ method: "warning", params: { threadId, message } }),
    });
    const warn = (message: string) => deps.thread.log("warning", message);
    this.index = new RolloutIndex(home, warn);
    this.sections = new ThreadSections(home, deps.ownFiles, warn);
    this.queues = new ThreadQueues({
      files: new QueueFiles(home, deps.ownFiles),
      live: (threadId) => {
        checkId(threadId);
        return this.#live.get(threadId) ?? null;
      },
      find: (threadId) => findRollout(home, threadId),
      turns: (threadId) => this.turns(threadId),
      holding: (thread, work) => this.holding(thread, work),
      tellAll: (notification) => deps.clients.tell(notification),
      log: thread.log,
    });
  }

  get home(): string {
    return this.#deps.home;
  }

  /** What a new thread starts with. */
  defaults(overrides: SettingsOverrides, config: Config = this.#deps.thread.config): ThreadSettings {
    const model = this.#deps.defaultModel(config);
    return changeSettings(initialSettings(config, model, this.#deps.defaultCwd), overrides, config);
  }

  async start(options: StartOptions): Promise<Thread> {
    this.#checkProvider(options);
    const config = this.#configOf(options.config);
    const settings = this.defaults(options, config);
    if (!(await isFolder(settings.cwd))) throw missingFolder(settings.cwd);
    const developerInstructions = options.developerInstructions ?? config.developer_instructions;
    const { meta, path } = this.#newMeta(settings, { ...options, developerInstructions });
    const metadata = { name: null, gitInfo: await this.#deps.readGitInfo(settings.cwd) };
    const recorder = options.ephemeral ? null : this.#stored.newRecorder(path, meta.id);
    return this.#keep(newThreadRecord(meta, metadata, settings), recorder, { isPersisted: false, config });
  }

  /** The live thread. Throws RpcError when it is not loaded. */
  get(threadId: string): Thread {
    checkId(threadId);
    const thread = this.#live.get(threadId);
    if (thread === undefined) throw threadNotFound(threadId);
    return thread;
  }

  /** Loads it from disk unless it is live. Throws RpcError when there is none. */
  async resume(threadId: string, overrides: Pick<StartOptions, "config" | "modelProvider"> = {}): Promise<Thread> {
    checkId(threadId);
    this.#checkProvider(overrides);
    // One that is being let go of hears nobody any more.
    await this.#stopping.get(threadId);
    const live = this.#live.get(threadId);
    if (live !== undefined) return live;
    const { found, record, recorder } = await this.#stored.readToWrite(threadId);
    if (found.isArchived) {
      recorder.close();
      throw threadArchived(threadId);
    }
    const { cwd } = record.settings;
    if (!(await isFolder(cwd))) record.notices = [...record.notices, goneWords(cwd)];
    const config = this.#configOf(overrides.config);
    const thread = this.#keep(record, recorder, { isPersisted: true, config });
    thread.announceStatus();
    return thread;
  }

  /** A new thread that begins as the other one was. Throws RpcError when there is none, or no such turn in it. */
  async fork(params: ThreadForkParams, originator: string): Promise<Thread> {
    const { threadId, ephemeral } = params;
    checkId(threadId);
    this.#checkProvider(params);
    const { chain, record: whole } = await this.#stored.readToFork(threadId);
    const { lines, base } = forkStart(chain, params);
    const source = lines === chain.lines ? whole : rebuildRecord(lines);
    if (source === null) throw noRollout(threadId);
    const config = this.#configOf(params.config);
    const settings = changeSettings(source.settings, params, config);
    const { meta, path } = this.#newMeta(settings, { ...source.meta, ...definedOnly(params), originator });
    // Without a turn there is nothing to share, nor to keep.
    const own = source.turns.length === 0 || ephemeral ? null : base;
    const forked = { ...meta, forkedFromId: threadId, base: own, preview: source.meta.preview };
    // The name is the source's as it is now, wherever the fork is cut.
    const { metadata, missing } = whole;
    const record = { ...source, meta: forked, metadata, missing, settings, updatedAt: meta.createdAt };
    const recorder = ephemeral ? null : this.#stored.newRecorder(path, meta.id);
    const thread = this.#keep(record, recorder, { isPersisted: false, config });
    thread.beginFork(own === null ? livingLines(lines) : []);
    if (own !== null && (await findBase(this.#deps.home, own.threadId)) === null) {
      // Another process deleted it at this very moment, and has not seen this fork.
      await this.unload(thread.id);
      await rm(path, { force: true });
      throw noRollout(threadId);
    }
    return thread;
  }

  /** Reads without loading. Throws RpcError when there is none. */
  async read(threadId: string, { includeTurns }: { includeTurns: boolean }): Promise<ThreadData> {
    checkId(threadId);
    const live = this.#live.get(threadId);
    if (live?.ephemeral && includeTurns) throw noTurnsOfEphemeral();
    if (live !== undefined) return live.toData({ includeTurns });
    const { found, record } = await this.#stored.read(threadId, threadNotLoaded);
    const turns = includeTurns ? record.turns : [];
    const place = this.sections.shownPlaceOf(threadId);
    return threadData({ ...record, place, path: found.path, status: { type: "notLoaded" }, turns });
  }

  /** The turns of a thread, loaded or not. Throws RpcError when there is none. */
  async turns(threadId: string): Promise<readonly Turn[]> {
    checkId(threadId);
    const live = this.#live.get(threadId);
    if (live !== undefined) return live.turns;
    return (await this.#stored.read(threadId, threadNotLoaded)).record.turns;
  }

  async list(params: ThreadListParams): Promise<ThreadListResponse> {
    const page = await listThreads(this, params);
    return { ...page, data: page.data.map((entry) => this.listed(entry)) };
  }

  /** As it is now, when it is loaded. */
  listed(entry: ListedRollout): ThreadData {
    const live = this.#live.get(entry.id)?.toData({ includeTurns: false });
    const { meta, metadata, settings, path, updatedAt } = entry;
    // The time is the one that the list is in order of; what a thread takes is nothing a list says.
    if (live !== undefined) return { ...live, updatedAt, recencyAt: updatedAt, canAcceptDirectInput: null };
    const place = this.sections.shownPlaceOf(entry.id);
    return threadData({ meta, metadata, settings, path, updatedAt, place, status: { type: "notLoaded" }, turns: [] });
  }

  /** Changes the name and the like, loaded or not. Throws RpcError when there is none. */
  async changeMetadata(threadId: string, change: (now: ThreadMetadata) => ThreadMetadata): Promise<void> {
    checkId(threadId);
    const live = this.#live.get(threadId);
    if (live !== undefined) {
      live.changeMetadata(change(live.metadata));
      this.#indexThread(live);
      return;
    }
    const { found, record, recorder } = await this.#stored.readToWrite(threadId);
    const metadata = change(record.metadata);
    recorder.append({ type: "metadata", payload: metadata });
    recorder.close();
    this.index.changed(found.path, { ...record, metadata });
  }

  /** Also one that is archived, or that another process writes to. Throws RpcError when there is none. */
  async moveToSection(params: ThreadSectionMoveParams): Promise<void> {
    const { threadId } = params;
    checkId(threadId);
    const live = this.#live.get(threadId);
    if (live?.ephemeral) throw noSectionOfEphemeral(threadId);
    if (live === undefined && (await findRollout(this.#deps.home, threadId)) === null) throw threadNotFound(threadId);
    const now = Math.floor(this.#deps.thread.now() / 1000);
    await this.sections.change((file) => withMovedThread(file, params, now));
  }

  /** Ends what runs in it and puts it away. Throws RpcError when nothing of it is on disk. */
  async archive(threadId: string): Promise<void> {
    checkId(threadId);
    const found = await this.#stored.find(threadId);
    await this.unload(threadId);
    if (found.isArchived) return;
    const place = await this.#stored.alone(threadId, () => archive(this.#deps.home, found.path));
    this.index.moved(found.path, place);
  }

  /** Throws RpcError when nothing of it is on disk. */
  async unarchive(threadId: string): Promise<ThreadData> {
    checkId(threadId);
    const found = await this.#stored.find(threadId);
    if (found.isArchived) this.index.moved(found.path, await unarchive(this.#deps.home, found.path));
    return this.read(threadId, { includeTurns: false });
  }

  /** For good. Throws RpcError when there is none, loaded or on disk. */
  async delete(threadId: string): Promise<void> {
    checkId(threadId);
    const isThere = this.#live.has(threadId) || (await findRollout(this.#deps.home, threadId)) !== null;
    if (!isThere) throw noRollout(threadId);
    await this.unload(threadId);
    // Only now: what ran until then may have been what brought it onto the disk.
    const found = await findRollout(this.#deps.home, threadId);
    if (found !== null) {
      await this.#stored.alone(threadId, () =>
        removeRollout(this.#deps.home, { threadId, path: found.path }, () => this.#basesInUse()),
      );
      this.index.gone(found.path);
    }
    // Behind that: a thread that another process writes to is not deleted, and keeps all that is its own.
    await this.queues.forget(threadId);
    await this.#forgetPlace(threadId);
  }

  /** The threads that those on disk, and those about to be, begin in, as far as the index knows. */
  async #basesInUse(): Promise<ReadonlySet<string>> {
    await this.index.refresh();
    const stored = this.index.sorted("createdAt").map(({ meta }) => meta.baseId ?? null);
    const live = [...this.#live.values()].map(({ meta }) => meta.base?.threadId ?? null);
    return new Set([...stored, ...live].filter((id) => id !== null));
  }

  /** Cuts off the end of a loaded thread's history. Throws RpcError. */
  async revert(threadId: string, beforeTurnId: string): Promise<Thread> {
    const thread = this.get(threadId);
    await this.holding(thread, () => thread.revert(beforeTurnId));
    this.#indexThread(thread);
    // As if it were loaded anew: that is how clients of the protocol know it.
    this.#tellUnloaded(threadId);
    thread.announceStatus();
    return thread;
  }

  /** What waits in its queue gets its turn, if it may have one now. Does nothing for one that is not loaded. */
  goOn(threadId: string): void {
    const thread = this.#live.get(threadId);
    if (thread !== undefined) void this.queues.goOn(thread);
  }

  /** A client stops listening. A thread that nobody listens to is let go of after a while. */
  unsubscribe(threadId: string, client: Client): "unsubscribed" | "notSubscribed" | "notLoaded" {
    checkId(threadId);
    const thread = this.#live.get(threadId);
    if (thread === undefined) return "notLoaded";
    const listened = thread.unsubscribe(client);
    this.#unloadLater(threadId);
    return listened ? "unsubscribed" : "notSubscribed";
  }

  /** Works with a thread that must not be let go of meanwhile. */
  async holding<T>(thread: Thread, work: () => Promise<T>): Promise<T> {
    thread.hold();
    try {
      return await work();
    } finally {
      thread.release();
      this.#unloadLater(thread.id);
    }
  }

  /** The client is gone. */
  leave(client: Client): void {
    for (const id of this.#live.keys()) this.unsubscribe(id, client);
  }

  /** Ends what runs in the thread and forgets it; what is on disk stays. */
  async unload(threadId: string): Promise<void> {
    const thread = this.#live.get(threadId);
    if (thread === undefined) return;
    const stopped = this.#stopping.get(threadId) ?? this.#stop(thread);
    this.#stopping.set(threadId, stopped);
    await stopped;
  }

  async #stop(thread: Thread): Promise<void> {
    await thread.stop();
    this.#stopping.delete(thread.id);
    this.#live.delete(thread.id);
    this.#tellUnloaded(thread.id);
  }

  live(): Iterable<Thread> {
    return this.#live.values();
  }

  async stopAll(): Promise<void> {
    for (const timer of this.#unloads.values()) clearTimeout(timer);
    await Promise.all([...this.#live.values()].map((thread) => thread.stop()));
  }

  #newMeta(settings: ThreadSettings, options: Omit<StartOptions, "ephemeral">): { meta: ThreadMeta; path: string } {
    const { thread: deps, version, home } = this.#deps;
    const nowMs = deps.now();
    const meta = {
      id: deps.newId(),
      createdAt: Math.floor(nowMs / 1000),
      cwd: settings.cwd,
      modelProvider: settings.modelProvider,
      model: settings.model,
      cliVersion: version,
      originator: options.originator,
      source: "vscode",
      preview: "",
      forkedFromId: null,
      base: null,
      threadSource: options.threadSource ?? null,
      baseInstructions: options.baseInstructions ?? null,
      developerInstructions: options.developerInstructions ?? null,
      dynamicTools: options.dynamicTools ?? [],
    };
    // By the time in its id, which finds it again whatever the clock says meanwhile.
    return { meta, path: rolloutPath(home, meta.id, uuidV7Time(meta.id) ?? nowMs) };
  }

  #keep(
    record: ThreadRecord,
    recorder: Recorder | null,
    { isPersisted, config }: { isPersisted: boolean; config: Config },
  ): Thread {
    const { thread: deps, clients } = this.#deps;
    const thread = new Thread(
      record,
      recorder,
      { isPersisted },
      {
        ...deps,
        config,
        shownPlaceOf: (threadId) => this.sections.shownPlaceOf(threadId),
        tellAll: (notification) => clients.tell(notification),
        turnEnded: (threadId) => {
          this.#indexThread(thread);
          this.#unloadLater(threadId);
          void this.queues.turnEnded(thread);
        },
      },
    );
    this.#live.set(thread.id, thread);
    return thread;
  }

  #indexThread(thread: Thread): void {
    if (thread.storedAt !== null) this.index.changed(thread.storedAt, thread);
  }

  #configOf(overrides: Readonly<Record<string, unknown>> | null | undefined): Config {
    return overrides ? this.#deps.configWith(overrides) : this.#deps.thread.config;
  }

  /** Of what is asked for alone: a thread outlives the provider it was started with. */
  #checkProvider({ modelProvider, config }: Pick<StartOptions, "config" | "modelProvider">): void {
    const asked = modelProvider ?? config?.["model_provider"] ?? null;
    if (typeof asked === "string" && !this.#deps.isProvider(asked)) throw providerNotConfigured(asked);
  }

  /** Not worth failing for: a place of no thread is shown nowhere. */
  async #forgetPlace(threadId: string): Promise<void> {
    if (this.sections.placeOf(threadId) === null) return;
    await this.sections
      .change((file) => withoutThread(file, threadId))
      .catch((error: unknown) => {
        this.#deps.thread.log("warning", messageOf(error), error);
      });
  }

  #tellUnloaded(threadId: string): void {
    const params = { threadId, status: { type: "notLoaded" as const } };
    this.#deps.clients.tell({ method: "thread/status/changed", params });
  }

  #unloadLater(threadId: string): void {
    const delayMs = this.#deps.thread.config.thread_unload_delay_secs * 1000;
    clearTimeout(this.#unloads.get(threadId));
    this.#unloads.delete(threadId);
    if (!this.#isIdle(threadId)) return;
    const timer = setTimeout(() => {
      this.#unloads.delete(threadId);
      if (!this.#isIdle(threadId)) return;
      void this.unload(threadId).then(() => {
        this.#deps.clients.tell({ method: "thread/closed", params: { threadId } });
      });
    }, delayMs);
    timer.unref();
    this.#unloads.set(threadId, timer);
  }

  /** Nobody listens, nothing runs, and all of it is saved. */
  #isIdle(threadId: string): boolean {
    const thread = this.#live.get(threadId);
    if (thread === undefined || this.#stopping.has(threadId)) return false;
    // What is in memory alone would be gone.
    const isUnsaved = thread.savingTrouble !== null && thread.savingTrouble.kind !== "lost";
    return !thread.isWanted && !isUnsaved && thread.status.type !== "active";
  }
}

/** So that an absent override does not hide what the source has. */
function definedOnly<T extends object>(params: T): Partial<T> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value != null)) as Partial<T>;
}

function goneWords(cwd: string): string {
  return `The folder of this thread is not there any more: ${cwd}. What was said can be read. To go on, bring the folder back, or choose another one.`;
}

function checkId(threadId: string): void {
  if (!isUuid(threadId)) throw invalidThreadId(threadId);
}
