// A thread of the native server as lines of ours: its turns and items, what its model was told, names and tokens. Pure.
import type { HistoryItem } from "../../model/model.ts";
import type { ThreadItem } from "../../protocol/item.ts";
import type { ServerNotification } from "../../protocol/methods.ts";
import type { TokenUsageBreakdown, Turn } from "../../protocol/turn.ts";
import type { RolloutEntry, ThreadMeta } from "../line.ts";
import {
  derivedId,
  type ImportedThread,
  type ImportOptions,
  LeftOut,
  plausibleTime,
  type TimedEntry,
} from "./imported.ts";
import { type Loose, listOf, numberOf, objectOf, textOf } from "./loose.ts";
import type { NativeLine, NativeThread } from "./native-files.ts";
import { historyOf } from "./native-history.ts";
import { agentMessage, inputOf, itemOf, pathOf } from "./native-items.ts";

/** What the file says of where and with what the thread went on last. */
export function nativeSetting(native: NativeThread): { cwd: string; model: string; modelProvider: string } {
  const contexts = native.lines.filter(({ type }) => type === "turn_context").map(({ payload }) => payload);
  const last = contexts.at(-1) ?? {};
  return {
    cwd: pathOf(last["cwd"] ?? native.meta["cwd"]),
    model: textOf(last["model"]) ?? "",
    modelProvider: textOf(native.meta["model_provider"]) ?? "",
  };
}

export function convertNative(native: NativeThread, threadId: string, options: ImportOptions): ImportedThread {
  const conversion = new Conversion(native, threadId, options);
  for (const line of native.lines) conversion.take(line);
  const { entries, leftOut } = conversion;
  if (native.unreadable > 0) leftOut.counts.set("unreadable line", native.unreadable);
  const own: RolloutEntry[] = [{ type: "settings", payload: options.settings }, namesOf(native)];
  const timestamp = textOf(native.meta["timestamp"]) ?? entries[0]?.timestamp ?? new Date(0).toISOString();
  return {
    meta: metaOf(native, threadId, { preview: conversion.preview, timestamp, ...options }),
    entries: [...own.map((entry) => ({ timestamp, entry })), ...entries],
    isArchived: native.isArchived,
    leftOut: leftOut.counts,
    notes: native.missing,
  };
}

function metaOf(
  { meta }: NativeThread,
  id: string,
  { preview, timestamp, settings }: { preview: string; timestamp: string } & ImportOptions,
): ThreadMeta {
  const { cwd, model, modelProvider } = settings;
  return {
    id,
    createdAt: plausibleTime(Date.parse(timestamp) / 1000),
    ...{ cwd, model, modelProvider, preview },
    cliVersion: textOf(meta["cli_version"]) ?? "",
    originator: textOf(meta["originator"]) ?? "",
    // Others are in no list unless it is asked for them.
    source: meta["source"] === "cli" ? "cli" : "vscode",
    forkedFromId: textOf(meta["forked_from_id"]),
    base: null,
    ...{ threadSource: null, baseInstructions: null, developerInstructions: null, dynamicTools: [] },
  };
}

function namesOf({ meta, name }: NativeThread): RolloutEntry {
  const git = objectOf(meta["git"]);
  const [sha, branch] = [textOf(git["commit_hash"]), textOf(git["branch"])];
  const originUrl = textOf(git["repository_url"]);
  const gitInfo = sha === null && branch === null && originUrl === null ? null : { sha, branch, originUrl };
  return { type: "metadata", payload: { name, gitInfo } };
}

/** Lines and events that say nothing which is not said elsewhere, or that a resumed thread does not need. */
const passedOver = new Set([
  ...["session_meta", "turn_context", "world_state", "token_usage_record", "thread_settings_applied"],
  ...["item_started", "error", "warning", "stream_error", "turn_diff", "thread_name_updated", "session_configured"],
  ...["context_compacted", "deprecation_notice", "background_event", "mcp_startup_update", "mcp_startup_complete"],
]);
/** Of versions before items: read only where there are none. */
const olderEvents = new Set(["user_message", "agent_message", "agent_reasoning", "agent_reasoning_raw_content"]);
const toolEvent = /_(begin|end|delta)$/;

class Conversion {
  readonly entries: TimedEntry[] = [];
  readonly leftOut = new LeftOut();
  preview = "";
  readonly #threadId: string;
  readonly #options: ImportOptions;
  readonly #hasItems: boolean;
  readonly #turns = new Map<string, Turn>();
  #turnId: string | null = null;
  /** Of the last item. */
  #lastSaidIn: string | null = null;
  /** The last one, until its item has come. */
  #compaction: { itemId: string; summary: string | null } | null = null;
  #timestamp = "";
  /** The opening is told once there is something behind it. */
  #isOpen = false;

  constructor(native: NativeThread, threadId: string, options: ImportOptions) {
    this.#threadId = threadId;
    this.#options = options;
    this.#hasItems = native.lines.some(({ payload }) => payload["type"] === "item_completed");
  }

  take({ timestamp, type, payload }: NativeLine): void {
    this.#timestamp = timestamp;
    if (type === "event_msg") this.#event(payload);
    else if (type === "response_item") this.#told(payload);
    else if (type === "compacted") this.#compacted(payload);
    else if (!passedOver.has(type)) this.leftOut.add(type);
  }

  #event(event: Loose): void {
    const type = textOf(event["type"]) ?? "";
    switch (type) {
      case "task_started":
      case "turn_started":
        this.#start(textOf(event["turn_id"]) ?? this.#newId("turn"), numberOf(event["started_at"]));
        return;
      case "task_complete":
      case "turn_complete":
        this.#end(event, objectOf(event["error"])["message"] === undefined ? "completed" : "failed");
        return;
      case "turn_aborted":
        this.#end(event, "interrupted");
        return;
      case "item_completed":
        this.#item(event);
        return;
      case "token_count":
        this.#usage(objectOf(event["info"]));
        return;
      default:
        if (olderEvents.has(type) && !this.#hasItems) this.#older(type, event);
        else if (!passedOver.has(type) && !olderEvents.has(type) && !toolEvent.test(type)) this.leftOut.add(type);
    }
  }

  #start(id: string, startedAt: number | null): void {
    if (this.#turns.has(id)) return;
    this.#turnId = id;
    const turn: Turn = {
      ...{ id, rootTurnId: id, items: [], itemsView: "notLoaded", status: "inProgress", error: null },
      startedAt: startedAt ?? this.#seconds(),
      ...{ completedAt: null, durationMs: null },
    };
    this.#turns.set(id, turn);
    this.#notify({ method: "turn/started", params: { threadId: this.#threadId, turn } });
  }

  #end(event: Loose, status: Turn["status"]): void {
    const turn = this.#turns.get(textOf(event["turn_id"]) ?? this.#turnId ?? "");
    if (turn === undefined) return;
    const failure = objectOf(event["error"]);
    const info = failure["codex_error_info"];
    const error = {
      message: textOf(failure["message"]) ?? "",
      codexErrorInfo: typeof info === "string" ? info : "other",
      ...{ additionalDetails: null, misalignment: null },
    };
    const ended: Turn = {
      ...turn,
      status,
      error: status === "failed" ? error : null,
      completedAt: numberOf(event["completed_at"]) ?? this.#seconds(),
      durationMs: numberOf(event["duration_ms"]),
    };
    this.#notify({ method: "turn/completed", params: { threadId: this.#threadId, turn: ended } });
  }

  #item(event: Loose): void {
    const native = objectOf(event["item"]);
    const startedAtMs = numberOf(event["started_at_ms"]);
    const completedAtMs = numberOf(event["completed_at_ms"]) ?? Date.parse(this.#timestamp);
    const times = { startedAtMs, completedAtMs };
    const isCompaction = native["type"] === "ContextCompaction";
    const item = isCompaction ? this.#compactionItem(native, times) : itemOf(native, times);
    if (item === null) this.leftOut.add(`item ${textOf(native["type"]) ?? ""}`);
    else this.#complete(item, textOf(event["turn_id"]), completedAtMs);
  }

  #compactionItem(native: Loose, times: Pick<ThreadItem, "startedAtMs" | "completedAtMs">): ThreadItem {
    const { itemId, summary } = this.#compaction ?? { itemId: textOf(native["id"]) ?? "", summary: null };
    this.#compaction = null;
    return { type: "contextCompaction", id: itemId, status: "completed", summary, ...times };
  }

  #complete(item: ThreadItem, ofTurn: string | null, completedAtMs: number): void {
    const turnId = ofTurn ?? this.#turnId ?? this.#newId("turn");
    // Its beginning may be in a file that is not here.
    if (!this.#turns.has(turnId)) this.#start(turnId, null);
    if (item.type === "userMessage" && this.preview === "") {
      const texts = item.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
      this.preview = texts.join(" ").replace(/\s+/g, " ").trim().slice(0, 400);
    }
    this.#lastSaidIn = turnId;
    const params = { item, threadId: this.#threadId, turnId, contentTokenCount: null, completedAtMs };
    this.#notify({ method: "item/completed", params });
  }

  /** Before there were items, what was said stood in events of its own, and a message of the user began a turn. */
  #older(type: string, event: Loose): void {
    const completedAtMs = Date.parse(this.#timestamp);
    const common = { id: this.#newId("item"), startedAtMs: completedAtMs, completedAtMs };
    const text = textOf(event["message"] ?? event["text"]) ?? "";
    if (type === "user_message") {
      if (this.#turnId === null || this.#turnId === this.#lastSaidIn) this.#start(this.#newId("turn"), null);
      const content = inputOf([{ type: "text", text }]);
      this.#complete({ type: "userMessage", ...common, clientId: null, content }, null, completedAtMs);
    } else if (type === "agent_message") this.#complete(agentMessage(text, null, common), null, completedAtMs);
    else this.#complete({ type: "reasoning", ...common, summary: [text], content: [] }, null, completedAtMs);
  }

  #usage(info: Loose): void {
    const total = usageOf(info["total_token_usage"]);
    const last = usageOf(info["last_token_usage"]);
    if (total === null || last === null || this.#turnId === null) return;
    const modelContextWindow = numberOf(info["model_context_window"]);
    const params = {
      ...{ threadId: this.#threadId, turnId: this.#turnId },
      tokenUsage: { total, last, modelContextWindow },
    };
    this.#notify({ method: "thread/tokenUsage/updated", params });
  }

  #told(item: Loose): void {
    const told = historyOf(item);
    if (told === "unknown") this.leftOut.add(`response item ${textOf(item["type"]) ?? ""}`);
    else if (told !== "context") this.#tell([told]);
  }

  /** From here on its model was told this in place of all before. The item that shows it comes behind. */
  #compacted({ replacement_history, message }: Loose): void {
    const replaced = listOf(replacement_history).map((each) => historyOf(objectOf(each)));
    const told = replaced.filter((each) => each !== "context" && each !== "unknown");
    const text = textOf(message);
    const summary: HistoryItem = { type: "message", role: "user", text: text ?? "" };
    const itemId = this.#newId("compaction");
    const history = [...this.#options.opening, ...(told.length === 0 ? [summary] : told)];
    this.#isOpen = true;
    this.#compaction = { itemId, summary: text };
    const turnId = this.#turnId ?? this.#newId("turn");
    this.#add({ type: "compacted", payload: { itemId, turnId, history, tokensBefore: 0, tokensAfter: 0 } });
  }

  #tell(items: readonly HistoryItem[]): void {
    const opening = this.#isOpen ? [] : this.#options.opening;
    this.#isOpen = true;
    for (const payload of [...opening, ...items]) this.#add({ type: "history", payload });
  }

  #notify(payload: ServerNotification): void {
    this.#add({ type: "notification", payload });
  }

  #add(entry: RolloutEntry): void {
    this.entries.push({ timestamp: this.#timestamp, entry });
  }

  #newId(what: string): string {
    return derivedId(`${this.#threadId} ${what} ${this.entries.length}`, Date.parse(this.#timestamp) || 0);
  }

  #seconds(): number {
    return Math.floor((Date.parse(this.#timestamp) || 0) / 1000);
  }
}

function usageOf(value: unknown): TokenUsageBreakdown | null {
  const usage = objectOf(value);
  const count = (name: string) => Math.trunc(numberOf(usage[name]) ?? 0);
  if (numberOf(usage["total_tokens"]) === null) return null;
  return {
    totalTokens: count("total_tokens"),
    inputTokens: count("input_tokens"),
    cachedInputTokens: count("cached_input_tokens"),
    cacheWriteInputTokens: count("cache_write_input_tokens"),
    outputTokens: count("output_tokens"),
    reasoningOutputTokens: count("reasoning_output_tokens"),
  };
}
