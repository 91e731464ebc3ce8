// Calls that the model still writes, shown as items ahead of their run. An item that is announced here is completed by
// the call that takes it over, or here, when that call never comes: exactly once.
import type { ToolCallEntry, ToolInputPiece } from "../model/model.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import { tools } from "./registry.ts";
import type { InputPreview } from "./tool.ts";

export interface CallPreviewsDeps {
  readonly threadId: string;
  readonly turnId: string;
  readonly cwd: string;
  emit(notification: ServerNotification): void;
  now(): number;
  newId(): string;
}

/** What clients were shown of a call. Who takes it has to complete it. */
export type Announced = ThreadItemOf<"fileChange">;

/** Besides what a large one adds to it: no timer, so the last piece waits for the next, or for the call. */
const PACE_MS = 100;
const CHARS_PER_MS = 200;

interface Open {
  readonly name: string;
  readonly input: InputPreview;
  /** Null until the input says which file it is about. */
  item: Announced | null;
  hasNews: boolean;
  dueAtMs: number;
}

export class CallPreviews {
  readonly #deps: CallPreviewsDeps;
  readonly #open = new Map<string, Open>();

  constructor(deps: CallPreviewsDeps) {
    this.#deps = deps;
  }

  push({ callId, name, delta }: ToolInputPiece): void {
    const open = this.#open.get(callId) ?? this.#begin(callId, name);
    if (open === null) return;
    if (open.input.push(delta)) open.hasNews = true;
    if (open.hasNews && this.#deps.now() >= open.dueAtMs) this.#show(open);
  }

  /** Completes as failed what none of these calls will take over, and says which items those are. */
  settle(calls: readonly Pick<ToolCallEntry, "callId" | "name">[]): string[] {
    const failed: string[] = [];
    for (const [callId, { name, item, input }] of [...this.#open]) {
      if (calls.some((call) => call.callId === callId && call.name === name)) continue;
      this.#open.delete(callId);
      if (item === null) continue;
      this.#fail({ ...item, changes: input.changes() });
      failed.push(item.id);
    }
    return failed;
  }

  /** Null when nothing was shown of this call, or somebody took it before. */
  take(call: Pick<ToolCallEntry, "callId" | "name">): Announced | null {
    const open = this.#open.get(call.callId);
    if (open === undefined || open.name !== call.name) return null;
    this.#open.delete(call.callId);
    if (open.hasNews) this.#show(open);
    return open.item;
  }

  #begin(callId: string, name: string): Open | null {
    const input = tools.find((tool) => tool.name === name)?.preview?.(this.#deps.cwd);
    if (input === undefined) return null;
    const open: Open = { name, input, item: null, hasNews: false, dueAtMs: 0 };
    this.#open.set(callId, open);
    return open;
  }

  #show(open: Open): void {
    const { threadId, turnId } = this.#deps;
    const changes = open.input.changes();
    open.hasNews = false;
    if (changes.length === 0) return;
    const now = this.#deps.now();
    const chars = changes.reduce((sum, { path, diff }) => sum + path.length + diff.length, 0);
    open.dueAtMs = now + PACE_MS + chars / CHARS_PER_MS;
    if (open.item !== null) {
      open.item = { ...open.item, changes };
      const params = { threadId, turnId, itemId: open.item.id, changes, isWriting: true };
      this.#deps.emit({ method: "item/fileChange/patchUpdated", params });
      return;
    }
    open.item = {
      ...{ type: "fileChange", id: this.#deps.newId(), changes, status: "inProgress", isWriting: true },
      ...{ startedAtMs: now, completedAtMs: null },
    };
    this.#deps.emit({ method: "item/started", params: { item: open.item, threadId, turnId, startedAtMs: now } });
  }

  #fail(item: Announced): void {
    const { threadId, turnId } = this.#deps;
    const completedAtMs = this.#deps.now();
    const failed = { ...neverWhole(item, cutShort), completedAtMs };
    const params = { item: failed, threadId, turnId, contentTokenCount: null, completedAtMs };
    this.#deps.emit({ method: "item/completed", params });
  }
}

const cutShort = "The patch was cut short before it was whole. Nothing was changed.";

/** The announced item of a call that became no change. */
export function neverWhole(announced: Announced, failure: string): Announced {
  const { isWriting: _, ...item } = announced;
  return { ...item, status: "failed", failure };
}
