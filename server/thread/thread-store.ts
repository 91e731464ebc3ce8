// All threads: the live ones, and those that wait on disk.
import { stat } from "node:fs/promises";
import {
  invalidCursor,
  invalidThreadId,
  missingFolder,
  noRollout,
  threadNotFound,
  threadNotLoaded,
} from "../protocol/rpc/errors.ts";
import type { Thread as ThreadData, ThreadListParams, ThreadSettings } from "../protocol/thread.ts";
import { findRollout, type ListedRollout, RolloutList, rolloutPath } from "../rollout/index.ts";
import { openRecorder, type Recorder } from "../rollout/recorder.ts";
import { readRollout } from "../rollout/reader.ts";
import { isUuid } from "../util/uuid-v7.ts";
import type { ThreadDeps } from "./deps.ts";
import { rebuildRecord } from "./rebuild.ts";
import { changeSettings, initialSettings, type SettingsOverrides } from "./settings.ts";
import { newThreadRecord, Thread } from "./thread.ts";

export interface StoreDeps {
  readonly thread: ThreadDeps;
  readonly home: string;
  readonly version: string;
  /** Where a thread starts whose client names no folder. */
  readonly defaultCwd: string;
  defaultModel(): string;
}

export class ThreadStore {
  readonly #deps: StoreDeps;
  readonly #live = new Map<string, Thread>();
  readonly #rollouts: RolloutList;

  constructor(deps: StoreDeps) {
    this.#deps = deps;
    this.#rollouts = new RolloutList(deps.home, (message) => deps.thread.log("warning", message));
  }

  /** What a new thread starts with. */
  defaults(overrides: SettingsOverrides): ThreadSettings {
    const { config } = this.#deps.thread;
    return changeSettings(initialSettings(config, this.#deps.defaultModel(), this.#deps.defaultCwd), overrides, config);
  }

  async start(options: SettingsOverrides & { ephemeral: boolean; originator: string }): Promise<Thread> {
    const { thread: deps, version } = this.#deps;
    const settings = this.defaults(options);
    if (!(await isFolder(settings.cwd))) throw missingFolder(settings.cwd);
    const nowMs = deps.now();
    const record = newThreadRecord(
      {
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
      },
      settings,
    );
    const path = rolloutPath(this.#deps.home, record.meta.id, nowMs);
    const recorder = options.ephemeral ? null : this.#recorder(path, record.meta.id, 0);
    return this.#keep(new Thread(record, recorder, { isPersisted: false }, deps));
  }

  /** The live thread. Throws RpcError when it is not loaded. */
  get(threadId: string): Thread {
    checkId(threadId);
    const thread = this.#live.get(threadId);
    if (thread === undefined) throw threadNotFound(threadId);
    return thread;
  }

  /** Loads it from disk unless it is live. Throws RpcError when there is none. */
  async resume(threadId: string): Promise<Thread> {
    checkId(threadId);
    const live = this.#live.get(threadId);
    if (live !== undefined) return live;
    const path = await findRollout(this.#deps.home, threadId);
    if (path === null) throw noRollout(threadId);
    const { lines, unreadable, nextOrdinal } = await readRollout(path);
    const record = rebuildRecord(lines);
    if (record === null) throw noRollout(threadId);
    if (unreadable > 0)
      this.#deps.thread.log("warning", `${path}: ${unreadable} lines cannot be read; the rest is kept`);
    const recorder = this.#recorder(path, threadId, nextOrdinal);
    return this.#keep(new Thread(record, recorder, { isPersisted: true }, this.#deps.thread));
  }

  /** Reads without loading. Throws RpcError when there is none. */
  async read(threadId: string, options: { includeTurns: boolean }): Promise<ThreadData> {
    checkId(threadId);
    const live = this.#live.get(threadId);
    if (live !== undefined) return live.toData(options);
    const path = await findRollout(this.#deps.home, threadId);
    const record = path === null ? null : rebuildRecord((await readRollout(path)).lines);
    if (path === null || record === null) throw threadNotLoaded(threadId);
    const { meta, settings, turns, updatedAt } = record;
    const data = storedThread({ meta, path, updatedAt });
    return { ...data, model: settings.model, turns: options.includeTurns ? turns : [] };
  }

  async list(params: ThreadListParams): Promise<{ data: ThreadData[]; nextCursor: string | null }> {
    const all = (await this.#rollouts.read()).filter((entry) => wanted(entry, params));
    const key = params.sortKey === "updated_at" ? updatedKey : createdKey;
    const sign = params.sortDirection === "asc" ? 1 : -1;
    all.sort((a, b) => sign * (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    const start = params.cursor ? positionAfter(all.map(key), params.cursor, sign) : 0;
    const limit = Math.min(Math.max(params.limit ?? 25, 1), 100);
    const page = all.slice(start, start + limit);
    const last = page.at(-1);
    return {
      data: page.map((entry) => this.#live.get(entry.meta.id)?.toData({ includeTurns: false }) ?? storedThread(entry)),
      nextCursor: last !== undefined && start + limit < all.length ? JSON.stringify({ after: key(last) }) : null,
    };
  }

  live(): Iterable<Thread> {
    return this.#live.values();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#live.values()].map((thread) => thread.stop()));
  }

  #keep(thread: Thread): Thread {
    this.#live.set(thread.id, thread);
    return thread;
  }

  #recorder(path: string, threadId: string, nextOrdinal: number): Recorder {
    const { thread } = this.#deps;
    return openRecorder(path, {
      nextOrdinal,
      now: thread.now,
      onTrouble: (reason) => {
        const message = `This thread is not being saved: ${reason}. What is missing is written as soon as it works again.`;
        thread.log("error", `${path}: ${message}`);
        this.#live.get(threadId)?.emit({ method: "warning", params: { threadId, message } });
      },
    });
  }
}

function storedThread({ meta, path, updatedAt }: ListedRollout): ThreadData {
  return {
    id: meta.id,
    forkedFromId: meta.forkedFromId,
    preview: meta.preview,
    ephemeral: false,
    modelProvider: meta.modelProvider,
    model: meta.model,
    createdAt: meta.createdAt,
    updatedAt,
    status: { type: "notLoaded" },
    path,
    cwd: meta.cwd,
    cliVersion: meta.cliVersion,
    source: meta.source,
    name: null,
    turns: [],
  };
}

function wanted({ meta }: ListedRollout, { cwd, searchTerm }: ThreadListParams): boolean {
  const folders = cwd == null ? null : [cwd].flat();
  if (folders !== null && !folders.includes(meta.cwd)) return false;
  return !searchTerm || meta.preview.toLowerCase().includes(searchTerm.toLowerCase());
}

// The id behind the time makes the order total, so that a cursor names one place even among equals.
function updatedKey({ meta, updatedAt }: ListedRollout): string {
  return `${String(updatedAt).padStart(12, "0")} ${meta.id}`;
}

function createdKey({ meta }: ListedRollout): string {
  return `${String(meta.createdAt).padStart(12, "0")} ${meta.id}`;
}

function positionAfter(keys: readonly string[], cursor: string, sign: number): number {
  let after: unknown;
  try {
    after = (JSON.parse(cursor) as { after?: unknown }).after;
  } catch {
    // Reported below like every other cursor we did not give out.
  }
  if (typeof after !== "string") throw invalidCursor();
  const at = keys.findIndex((key) => (sign === 1 ? key > after : key < after));
  return at === -1 ? keys.length : at;
}

function checkId(threadId: string): void {
  if (!isUuid(threadId)) throw invalidThreadId(threadId);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there, or not to be seen: no place for a thread.
    return false;
  }
}
