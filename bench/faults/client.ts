// One client of a server: asks, hears, and folds what it hears into the panel's own state, which must be the server's at
// each snapshot.
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { Thread, ThreadStartResponse } from "../../server/protocol/thread.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import { reduce } from "../../webview-ui/state/reducer.ts";
import { initialState, type PanelState } from "../../webview-ui/state/state.ts";
import type { Book } from "./book.ts";
import { differenceOf } from "./difference.ts";

export interface Wire {
  send(line: string): void;
  close(): void;
}

export interface Question {
  readonly id: number | string;
  readonly threadId: string;
}

/** `lost`: the connection ended first. */
export type Answer =
  | { kind: "result"; result: Record<string, unknown> }
  | { kind: "error"; code: number; message: string }
  | { kind: "lost" };

interface Message {
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

interface Asked {
  method: string;
  threadId: string;
  settle(answer: Answer): void;
}

const opening = new Set(["thread/start", "thread/resume", "thread/fork"]);
/** Failures inside that are none of ours: a thread that is gone, by the original's words, and a disk that is broken. */
const excused = /no rollout found|ENOSPC|EFBIG|EROFS|read-only file system|no space left|may not grow|disk .* is full/i;

/** A panel takes a new snapshot then. */
const followsNoMore = new Set(["thread/reverted", "thread/closed", "thread/archived", "thread/deleted"]);

export class Client {
  readonly name: string;
  readonly #book: Book;
  readonly #wire: Wire;
  readonly #asked = new Map<number | string, Asked>();
  readonly #folded = new Map<string, PanelState>();
  readonly #endedTurns = new Set<string>();
  readonly questions: Question[] = [];
  isOpen = true;
  #nextId = 1;

  constructor(name: string, { book, wire }: { book: Book; wire: Wire }) {
    this.name = name;
    this.#book = book;
    this.#wire = wire;
  }

  /** Threads that it follows. */
  get follows(): string[] {
    return [...this.#folded.keys()];
  }

  async initialize(): Promise<boolean> {
    const clientInfo = { name: "vscode", title: "Fault bench", version: "1" };
    const answer = await this.ask("initialize", { clientInfo, capabilities: { experimentalApi: true, belay: {} } });
    if (answer.kind === "result") this.#send({ method: "initialized" });
    return answer.kind === "result";
  }

  ask(method: string, params: Record<string, unknown>): Promise<Answer> {
    if (!this.isOpen) return Promise.resolve({ kind: "lost" });
    const id = this.#nextId++;
    const threadId = typeof params["threadId"] === "string" ? params["threadId"] : "";
    return new Promise((settle) => {
      this.#asked.set(id, { method, threadId, settle });
      this.#send({ id, method, params });
    });
  }

  answer(question: Question, decision: string): void {
    this.questions.splice(this.questions.indexOf(question), 1);
    this.#send({ id: question.id, result: { decision } });
  }

  close(): void {
    this.#wire.close();
    this.lost();
  }

  /** Its connection has ended. */
  lost(): void {
    this.isOpen = false;
    this.#folded.clear();
    for (const { settle } of this.#asked.values()) settle({ kind: "lost" });
    this.#asked.clear();
  }

  onLine(line: string): void {
    this.#book.trace(`${this.name} < ${line.slice(0, 1_000)}`);
    const message = JSON.parse(line) as Message;
    if (message.method === undefined) this.#onAnswer(message);
    else if (message.id !== undefined) this.#onQuestion(message.id, message);
    else this.#onNotification({ method: message.method, params: message.params } as ServerNotification);
  }

  #onAnswer({ id = "", result, error }: Message): void {
    const asked = this.#asked.get(id);
    if (asked === undefined)
      return this.#book.violate(`${this.name}: an answer that nobody asked for, or a second one`);
    this.#asked.delete(id);
    if (result === undefined) {
      const { code = 0, message = "" } = error ?? {};
      if (code === -32603 && !excused.test(message))
        this.#book.violate(`${this.name}: ${asked.method} failed inside: ${message}`);
      return asked.settle({ kind: "error", code, message });
    }
    this.#onResult(asked, result);
    asked.settle({ kind: "result", result });
  }

  #onResult({ method, threadId }: Asked, result: Record<string, unknown>): void {
    if (method === "thread/unsubscribe") this.#folded.delete(threadId);
    const thread = result["thread"] as Thread | undefined;
    if (thread === undefined) return;
    if (method === "thread/resume" || method === "thread/read") this.#compare(thread, method);
    if (method === "thread/fork") this.#book.learn(thread.id, thread.turns);
    if (!opening.has(method)) return;
    if (method === "thread/resume" && thread.id !== threadId) this.#book.violate(`${threadId} is resumed as another`);
    if (this.#book.isDiskBroken) this.#book.thread(thread.id).mayBeUnlocked = true;
    const response = result as unknown as ThreadStartResponse;
    const loading = reduce(initialState, { type: "threadOpening", threadId: thread.id });
    this.#folded.set(thread.id, reduce(loading, { type: "threadOpened", response }));
  }

  /** At the place of the answer among the notifications, both are the same. */
  #compare(thread: Thread, method: string): void {
    const view = this.#folded.get(thread.id)?.view;
    if (view?.kind !== "shown") return;
    const [ours, theirs] = [view.thread.turns, thread.turns].map((turns) => turns.map(plainTurn));
    const what = differenceOf(ours, theirs);
    if (what !== null)
      this.#book.violate(`${this.name}: thread ${thread.id} is not what was told (${method}): ${what}`);
  }

  #onQuestion(id: number | string, { method = "", params = {} }: Message): void {
    if (!method.endsWith("requestApproval")) return;
    this.questions.push({ id, threadId: String(params["threadId"]) });
  }

  #onNotification(notification: ServerNotification): void {
    const { method, params } = notification;
    this.#book.heard(notification);
    if (method === "turn/completed") {
      if (this.#endedTurns.has(params.turn.id)) this.#book.violate(`turn ${params.turn.id} ended twice`);
      this.#endedTurns.add(params.turn.id);
    }
    if (method === "turn/started" && this.#endedTurns.has(params.turn.id)) {
      this.#book.violate(`turn ${params.turn.id} began behind its end`);
    }
    if (method === "serverRequest/resolved") {
      const at = this.questions.findIndex(({ id }) => id === params.requestId);
      if (at !== -1) this.questions.splice(at, 1);
    }
    if (!("threadId" in params) || typeof params.threadId !== "string") return;
    if (followsNoMore.has(method)) this.#folded.delete(params.threadId);
    const state = this.#folded.get(params.threadId);
    if (state !== undefined) this.#folded.set(params.threadId, reduce(state, { type: "notified", notification }));
  }

  #send(message: object): void {
    this.#book.trace(`${this.name} > ${JSON.stringify(message)}`);
    this.#wire.send(JSON.stringify(message));
  }
}

/** Without times, of which not every notification has each. */
function plainTurn({ id, status, items }: Turn): object {
  return {
    ...{ id, status },
    items: items.map((item) => {
      const { startedAtMs: _, completedAtMs: __, ...rest } = item;
      // Absent and false mean the same.
      if ("isWriting" in rest && rest.isWriting !== true) delete rest.isWriting;
      return Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
    }),
  };
}
