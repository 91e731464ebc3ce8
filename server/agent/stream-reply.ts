// One answer of the model: its stream becomes items and deltas for the clients and entries for the history.
// Every item that starts here completes here, also when the stream fails or is stopped.
import type { HistoryItem, Model, ModelFailure, ModelRequest, Reconnecting, ToolCallEntry } from "../model/model.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { TokenUsageBreakdown } from "../protocol/turn.ts";
import { isRepeated, type ToolRunner } from "./tool-calls.ts";

export type Reply =
  | { kind: "completed"; entries: HistoryItem[]; toolCalls: ToolCallEntry[]; usage: TokenUsageBreakdown | null }
  | { kind: "interrupted"; entries: HistoryItem[] }
  | { kind: "failed"; entries: HistoryItem[]; failure: ModelFailure };

export interface ReplyDeps {
  threadId: string;
  turnId: string;
  model: Model;
  signal: AbortSignal;
  tools: Pick<ToolRunner, "preview" | "settle">;
  emit(notification: ServerNotification): void;
  now(): number;
  newId(): string;
}

type StreamedItem = ThreadItemOf<"agentMessage" | "reasoning">;

/** Never throws: the model's contract, kept. */
export async function streamReply(request: ModelRequest, deps: ReplyDeps): Promise<Reply> {
  const reply = await readReply(request, deps);
  deps.tools.settle(reply.kind === "completed" ? reply.toolCalls : []);
  return reply;
}

async function readReply(request: ModelRequest, deps: ReplyDeps): Promise<Reply> {
  const open = new OpenItems(deps);
  const entries: HistoryItem[] = [];
  const toolCalls: ToolCallEntry[] = [];
  for await (const event of deps.model.stream(request, deps.signal)) {
    switch (event.type) {
      case "messageStarted":
        open.start(event.id, {
          type: "agentMessage",
          id: deps.newId(),
          text: "",
          phase: null,
          moderation: null,
          memoryCitation: null,
          delivery: null,
          questions: null,
          startedAtMs: deps.now(),
          completedAtMs: null,
        });
        break;
      case "messageDelta":
        open.appendText(event.id, event.delta);
        break;
      case "messageCompleted":
        open.complete(event.id, (item) => (item.type === "agentMessage" ? { ...item, text: event.text } : item));
        if (event.text !== "") entries.push({ type: "message", role: "assistant", text: event.text });
        break;
      case "reasoningStarted":
        open.start(event.id, {
          type: "reasoning",
          id: deps.newId(),
          summary: [],
          content: [],
          startedAtMs: deps.now(),
          completedAtMs: null,
        });
        break;
      case "reasoningSummaryPart":
        open.addSummaryPart(event.id, event.index);
        break;
      case "reasoningSummaryDelta":
        open.appendSummary(event.id, event.index, event.delta);
        break;
      case "reasoningTextDelta":
        open.appendReasoning(event.id, event.index, event.delta);
        break;
      case "reasoningCompleted": {
        const { id, summary, content, encrypted } = event;
        open.complete(id, (item) => (item.type === "reasoning" ? { ...item, summary, content } : item));
        entries.push({ type: "reasoning", id, summary, encrypted });
        break;
      }
      case "toolInputDelta":
        deps.tools.preview(event);
        break;
      case "toolCall":
        if (toolCalls.some((call) => isRepeated(call, event.call))) break;
        toolCalls.push(event.call);
        entries.push(event.call);
        break;
      case "reconnecting":
        entries.length = 0;
        toolCalls.length = 0;
        announceRetry(event, [...open.takeBack(), ...deps.tools.settle([])], deps);
        break;
      case "completed":
        return { kind: "completed", entries: [...entries, ...open.completeAll()], toolCalls, usage: event.usage };
      case "interrupted":
      case "failed": {
        const said = withoutCalls([...entries, ...open.completeAll()]);
        return event.type === "failed"
          ? { kind: "failed", entries: said, failure: event.failure }
          : { kind: "interrupted", entries: said };
      }
      default:
        event satisfies never;
    }
  }
  const failure = { message: "The model's stream ended without an end. Try again.", info: "other", details: null };
  return { kind: "failed", entries: withoutCalls([...entries, ...open.completeAll()]), failure };
}

/** What was said stays said, for the person and for the model. Calls that never ran do not, nor reasoning about them. */
function withoutCalls(entries: readonly HistoryItem[]): HistoryItem[] {
  return entries.filter(({ type }, at) => {
    if (type !== "reasoning") return type === "message";
    // A model refuses reasoning that leads to nothing.
    return entries.slice(at).find((later) => later.type !== "reasoning")?.type === "message";
  });
}

export function announceRetry(
  { attempt, of, failure }: Reconnecting,
  takenBack: readonly string[],
  { emit, threadId, turnId }: Pick<ReplyDeps, "emit" | "threadId" | "turnId">,
): void {
  const error = {
    message: `Reconnecting... ${attempt}/${of}`,
    codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: failure.retry?.httpStatus ?? null } },
    additionalDetails: failure.message,
    misalignment: null,
  };
  const items = takenBack.length === 0 ? {} : { takenBack: [...takenBack] };
  emit({ method: "error", params: { error, willRetry: true, ...items, threadId, turnId } });
}

/** The items of this answer that have begun and not ended, by the model's own ids. */
class OpenItems {
  readonly #items = new Map<string, StreamedItem>();
  /** All of this answer, ended ones too. */
  #ids: string[] = [];
  readonly #deps: ReplyDeps;

  constructor(deps: ReplyDeps) {
    this.#deps = deps;
  }

  start(key: string, item: StreamedItem): void {
    this.#items.set(key, item);
    this.#ids.push(item.id);
    this.#emit({
      method: "item/started",
      params: { item: structuredClone(item), ...this.#place(), startedAtMs: this.#deps.now() },
    });
  }

  appendText(key: string, delta: string): void {
    const item = this.#items.get(key);
    if (item?.type !== "agentMessage") return;
    item.text += delta;
    this.#emit({ method: "item/agentMessage/delta", params: { ...this.#place(), itemId: item.id, delta } });
  }

  addSummaryPart(key: string, summaryIndex: number): void {
    const item = this.#items.get(key);
    if (item?.type !== "reasoning") return;
    item.summary[summaryIndex] ??= "";
    const params = { ...this.#place(), itemId: item.id, summaryIndex };
    this.#emit({ method: "item/reasoning/summaryPartAdded", params });
  }

  appendSummary(key: string, summaryIndex: number, delta: string): void {
    const item = this.#items.get(key);
    if (item?.type !== "reasoning") return;
    item.summary[summaryIndex] = (item.summary[summaryIndex] ?? "") + delta;
    const params = { ...this.#place(), itemId: item.id, delta, summaryIndex };
    this.#emit({ method: "item/reasoning/summaryTextDelta", params });
  }

  appendReasoning(key: string, contentIndex: number, delta: string): void {
    const item = this.#items.get(key);
    if (item?.type !== "reasoning") return;
    item.content[contentIndex] = (item.content[contentIndex] ?? "") + delta;
    const params = { ...this.#place(), itemId: item.id, delta, contentIndex };
    this.#emit({ method: "item/reasoning/textDelta", params });
  }

  complete(key: string, finish: (item: StreamedItem) => StreamedItem): void {
    const item = this.#items.get(key);
    if (item === undefined) return;
    this.#items.delete(key);
    const completedAtMs = this.#deps.now();
    const finished = { ...finish(item), completedAtMs };
    this.#emit({
      method: "item/completed",
      params: { item: finished, ...this.#place(), contentTokenCount: null, completedAtMs },
    });
  }

  /** The answer is void: what is open completes as nothing. Returns all that was shown of it, to be taken back. */
  takeBack(): string[] {
    for (const key of [...this.#items.keys()]) this.complete(key, emptied);
    const ids = this.#ids;
    this.#ids = [];
    return ids;
  }

  /** Completes what is open as far as it came. Returns the texts that were already shown. */
  completeAll(): HistoryItem[] {
    const shown = [...this.#items.values()].flatMap((item): HistoryItem[] =>
      item.type === "agentMessage" && item.text !== "" ? [{ type: "message", role: "assistant", text: item.text }] : [],
    );
    for (const key of [...this.#items.keys()]) this.complete(key, (item) => item);
    return shown;
  }

  #emit(notification: ServerNotification): void {
    this.#deps.emit(notification);
  }

  #place(): { threadId: string; turnId: string } {
    return { threadId: this.#deps.threadId, turnId: this.#deps.turnId };
  }
}

function emptied(item: StreamedItem): StreamedItem {
  return item.type === "agentMessage" ? { ...item, text: "" } : { ...item, summary: [], content: [] };
}
