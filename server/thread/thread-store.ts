// All threads, by way of their rooms: the loaded ones in live-threads.ts, those on disk in stored-threads.ts.
import { rm } from "node:fs/promises";
import type { Config } from "../config/schema.ts";
import {
  missingFolder,
  noRollout,
  noTurnsOfEphemeral,
  providerNotConfigured,
  threadArchived,
  threadNotFound,
  threadNotLoaded,
} from "../protocol/rpc/errors.ts";
import type { DynamicTool, GitInfo, Thread as ThreadData, ThreadSettings } from "../protocol/thread.ts";
import type { ThreadForkParams, ThreadListParams, ThreadListResponse } from "../protocol/thread-store.ts";
import type { Turn } from "../protocol/turn.ts";
import { findBase, findRollout, rolloutPath } from "../rollout/files.ts";
import { RolloutIndex } from "../rollout/index.ts";
import type { ListedRollout } from "../rollout/listed.ts";
import type { ThreadMeta } from "../rollout/line.ts";
import { livingLines } from "../rollout/living-lines.ts";
import type { Writers } from "../rollout/writer-lock.ts";
import { uuidV7Time } from "../util/uuid-v7.ts";
import type { Clients } from "./clients.ts";
import type { ThreadDeps } from "./deps.ts";
import { forkStart } from "./fork.ts";
import { isFolder } from "./is-folder.ts";
import { LiveThreads } from "./live-threads.ts";
import { rebuildRecord } from "./rebuild.ts";
import { newThreadRecord } from "./record.ts";
import type { OwnFiles } from "./rule-store.ts";
import { checkSaved } from "./saving.ts";
import { changeSettings, initialSettings, type SettingsOverrides } from "./settings.ts";
import { QueueFiles } from "./queue-files.ts";
import { StoredThreads } from "./stored-threads.ts";
import type { Thread } from "./thread.ts";
import { ThreadCare } from "./thread-care.ts";
import { threadData } from "./thread-data.ts";
import { checkThreadId } from "./thread-id.ts";
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
  readonly #stored: StoredThreads;
  readonly live: LiveThreads;
  /** What is done with a thread whether it is loaded or not. */
  readonly care: ThreadCare;
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
        this.live.find(threadId)?.savingChanged(trouble);
        if (trouble === null) this.live.unloadLater(threadId);
      },
      onMended: (threadId, message) =>
        this.live.find(threadId)?.record.emit({ method: "warning", params: { threadId, message } }),
    });
    const warn = (message: string) => deps.thread.log("warning", message);
    this.index = new RolloutIndex(home, warn);
    this.sections = new ThreadSections(home, deps.ownFiles, warn);
    this.live = new LiveThreads({
      thread,
      shownPlaceOf: (threadId) => this.sections.shownPlaceOf(threadId),
      clients: deps.clients,
      turnEnded: (ended) => {
        this.#indexThread(ended);
        void this.queues.turnEnded(ended);
      },
    });
    this.queues = new ThreadQueues({
      files: new QueueFiles(home, deps.ownFiles),
      live: (threadId) => {
        checkThreadId(threadId);
        return this.live.find(threadId) ?? null;
      },
      find: (threadId) => findRollout(home, threadId),
      turns: (threadId) => this.turns(threadId),
      holding: (thread, work) => this.live.holding(thread, work),
      tellAll: (notification) => deps.clients.tell(notification),
      log: thread.log,
    });
    const { live, index, sections, queues } = this;
    const stored = this.#stored;
    this.care = new ThreadCare({ home, live, stored, index, sections, queues, log: thread.log, now: thread.now });
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
    return this.live.keep(newThreadRecord(meta, metadata, settings), recorder, { isPersisted: false, config });
  }

  /** The live thread. Throws RpcError when it is not loaded. */
  get(threadId: string): Thread {
    checkThreadId(threadId);
    const thread = this.live.find(threadId);
    if (thread === undefined) throw threadNotFound(threadId);
    return thread;
  }

  /** Loads it from disk unless it is live. Throws RpcError when there is none. */
  async resume(threadId: string, overrides: Pick<StartOptions, "config" | "modelProvider"> = {}): Promise<Thread> {
    checkThreadId(threadId);
    this.#checkProvider(overrides);
    // One that is being let go of hears nobody any more.
    await this.live.letGo(threadId);
    const live = this.live.find(threadId);
    if (live !== undefined) return live;
    const { found, record, recorder } = await this.#stored.readToWrite(threadId);
    if (found.isArchived) {
      recorder.close();
      throw threadArchived(threadId);
    }
    const { cwd } = record.settings;
    if (!(await isFolder(cwd))) record.notices = [...record.notices, goneWords(cwd)];
    const config = this.#configOf(overrides.config);
    const thread = this.live.keep(record, recorder, { isPersisted: true, config });
    thread.record.writeRecovered();
    thread.announceStatus();
    return thread;
  }

  /** A new thread that begins as the other one was. Throws RpcError when there is none, or no such turn in it. */
  async fork(params: ThreadForkParams, originator: string): Promise<Thread> {
    const { threadId, ephemeral } = params;
    checkThreadId(threadId);
    this.#checkProvider(params);
    // It begins in the file, which must have all that is seen of the thread.
    checkSaved(this.live.find(threadId)?.record.savingTrouble ?? null);
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
    const thread = this.live.keep(record, recorder, { isPersisted: false, config });
    thread.record.beginFork(own === null ? livingLines(lines) : []);
    if (own !== null && (await findBase(this.#deps.home, own.threadId)) === null) {
      // Another process deleted it at this very moment, and has not seen this fork.
      await this.live.unload(thread.id);
      await rm(path, { force: true });
      throw noRollout(threadId);
    }
    return thread;
  }

  /** Reads without loading. Throws RpcError when there is none. */
  async read(threadId: string, { includeTurns }: { includeTurns: boolean }): Promise<ThreadData> {
    checkThreadId(threadId);
    const live = this.live.find(threadId);
    if (live?.record.isEphemeral && includeTurns) throw noTurnsOfEphemeral();
    if (live !== undefined) return live.toData({ includeTurns });
    const { found, record } = await this.#stored.read(threadId, threadNotLoaded);
    const turns = includeTurns ? record.turns : [];
    const place = this.sections.shownPlaceOf(threadId);
    return threadData({ ...record, place, path: found.path, status: { type: "notLoaded" }, turns });
  }

  /** The turns of a thread, loaded or not. Throws RpcError when there is none. */
  async turns(threadId: string): Promise<readonly Turn[]> {
    checkThreadId(threadId);
    const live = this.live.find(threadId);
    if (live !== undefined) return live.record.turns;
    return (await this.#stored.read(threadId, threadNotLoaded)).record.turns;
  }

  async list(params: ThreadListParams): Promise<ThreadListResponse> {
    const page = await listThreads(this, params);
    return { ...page, data: page.data.map((entry) => this.listed(entry)) };
  }

  /** As it is now, when it is loaded. */
  listed(entry: ListedRollout): ThreadData {
    const live = this.live.find(entry.id)?.toData({ includeTurns: false });
    const { meta, metadata, settings, path, updatedAt } = entry;
    // The time is the one that the list is in order of; what a thread takes is nothing a list says.
    if (live !== undefined) return { ...live, updatedAt, recencyAt: updatedAt, canAcceptDirectInput: null };
    const place = this.sections.shownPlaceOf(entry.id);
    return threadData({ meta, metadata, settings, path, updatedAt, place, status: { type: "notLoaded" }, turns: [] });
  }

  /** Cuts off the end of a loaded thread's history. Throws RpcError. */
  async revert(threadId: string, beforeTurnId: string): Promise<Thread> {
    const thread = this.get(threadId);
    await this.live.holding(thread, () => thread.revert(beforeTurnId));
    this.#indexThread(thread);
    // As if it were loaded anew: that is how clients of the protocol know it.
    this.live.tellUnloaded(threadId);
    thread.announceStatus();
    return thread;
  }

  /** What waits in its queue gets its turn, if it may have one now. Does nothing for one that is not loaded. */
  goOn(threadId: string): void {
    const thread = this.live.find(threadId);
    if (thread !== undefined) void this.queues.goOn(thread);
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

  #indexThread({ record }: Thread): void {
    if (record.storedAt !== null) this.index.changed(record.storedAt, record);
  }

  #configOf(overrides: Readonly<Record<string, unknown>> | null | undefined): Config {
    return overrides ? this.#deps.configWith(overrides) : this.#deps.thread.config;
  }

  /** Of what is asked for alone: a thread outlives the provider it was started with. */
  #checkProvider({ modelProvider, config }: Pick<StartOptions, "config" | "modelProvider">): void {
    const asked = modelProvider ?? config?.["model_provider"] ?? null;
    if (typeof asked === "string" && !this.#deps.isProvider(asked)) throw providerNotConfigured(asked);
  }
}

/** So that an absent override does not hide what the source has. */
function definedOnly<T extends object>(params: T): Partial<T> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value != null)) as Partial<T>;
}

function goneWords(cwd: string): string {
  return `The folder of this thread is not there any more: ${cwd}. What was said can be read. To go on, bring the folder back, or choose another one.`;
}
