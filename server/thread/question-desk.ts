// The questions of one thread that wait for an answer. Each goes to every subscribed client under one id and again to
// those who join later; the first answer wins, and all learn that it is answered.
import type { ServerNotification } from "../protocol/methods.ts";
import { ConnectionClosed } from "../protocol/rpc/errors.ts";
import type { RequestId } from "../protocol/rpc/messages.ts";
import type { ThreadStatus } from "../protocol/thread.ts";
import type { ClientRequest } from "../tools/deps.ts";
import type { Client } from "./client.ts";

export type Answer =
  /** As the client gave it, not yet read. */
  | { kind: "answered"; value: unknown }
  /** The turn was stopped, or nobody is left who could answer and none will come. */
  | { kind: "cancelled" }
  /** Everyone who was asked answered with an error. */
  | { kind: "failed" };

type Flag = Extract<ThreadStatus, { type: "active" }>["activeFlags"][number];

/** What a thread says of itself while such a question waits, and whether clients are told that it is settled. */
const manners: Record<ClientRequest["method"], { flag: Flag | null; announced: boolean }> = {
  "item/commandExecution/requestApproval": { flag: "waitingOnApproval", announced: true },
  "item/fileChange/requestApproval": { flag: "waitingOnApproval", announced: true },
  "item/tool/requestUserInput": { flag: "waitingOnUserInput", announced: true },
  // Nobody waits for a person here, and the completed item says that it is over.
  "item/tool/call": { flag: null, announced: false },
};

interface Question {
  id: RequestId;
  request: ClientRequest;
  /** Clients that can still answer. */
  asked: Set<Client>;
  settled: AbortController;
  settle(answer: Answer): void;
}

export interface DeskDeps {
  threadId: string;
  /** A question that nobody is there to answer waits for a client that comes. False: it is cancelled. */
  clientsReturn: boolean;
  nextRequestId(): RequestId;
  subscribers(): Iterable<Client>;
  emit(notification: ServerNotification): void;
  /** Called when `flags` has changed. */
  flagsChanged(): void;
}

export class QuestionDesk {
  readonly #deps: DeskDeps;
  readonly #questions = new Map<RequestId, Question>();

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  /** What is waited for. */
  get flags(): Flag[] {
    const flags = [...this.#questions.values()].flatMap(({ request }) => manners[request.method].flag ?? []);
    return [...new Set(flags)];
  }

  /** What a person has been asked and has not answered. */
  get open(): ClientRequest[] {
    const waiting = [...this.#questions.values()].map(({ request }) => request);
    return waiting.filter(({ method }) => manners[method].flag !== null);
  }

  /** Never rejects. */
  ask(request: ClientRequest, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) return Promise.resolve({ kind: "cancelled" });
    const id = this.#deps.nextRequestId();
    return new Promise((resolve) => {
      const stop = () => question.settle({ kind: "cancelled" });
      const question: Question = {
        id,
        request,
        asked: new Set(),
        settled: new AbortController(),
        settle: (answer) => {
          if (!this.#questions.has(id)) return;
          this.#changeFlags(
            () => this.#questions.delete(id),
            () => this.#announce(question, answer),
          );
          signal.removeEventListener("abort", stop);
          question.settled.abort();
          resolve(answer);
        },
      };
      this.#changeFlags(() => this.#questions.set(id, question));
      signal.addEventListener("abort", stop, { once: true });
      const clients = [...this.#deps.subscribers()];
      if (clients.length === 0 && !this.#deps.clientsReturn) question.settle({ kind: "cancelled" });
      for (const client of clients) this.#put(question, client);
    });
  }

  /** A client that joins is asked what the others are asked. */
  joined(client: Client): void {
    for (const question of this.#questions.values()) this.#put(question, client);
  }

  /** A client that left cannot answer; the last one leaving cancels, unless clients come back. */
  left(client: Client): void {
    for (const question of [...this.#questions.values()]) this.#dropFrom(question, client, { kind: "cancelled" });
  }

  #put(question: Question, client: Client): void {
    const { id, request, settled } = question;
    question.asked.add(client);
    client.request(request.method, request.params, { id, signal: settled.signal }).then(
      (value) => question.settle({ kind: "answered", value }),
      (error: unknown) => {
        if (settled.signal.aborted) return;
        // One that cannot answer such a question says so with an error; another one may still know the answer.
        const kind = error instanceof ConnectionClosed ? ("cancelled" as const) : ("failed" as const);
        this.#dropFrom(question, client, { kind });
      },
    );
  }

  #dropFrom(question: Question, client: Client, answer: Answer): void {
    const wasLast = question.asked.delete(client) && question.asked.size === 0;
    const mayReturn = answer.kind === "cancelled" && this.#deps.clientsReturn;
    if (wasLast && !mayReturn) question.settle(answer);
  }

  #announce({ id, request }: Question, { kind }: Answer): void {
    if (!manners[request.method].announced) return;
    const ids = { threadId: this.#deps.threadId, requestId: id };
    const params = kind === "answered" ? { ...ids, answered: true } : ids;
    this.#deps.emit({ method: "serverRequest/resolved", params });
  }

  #changeFlags(change: () => void, then: () => void = () => {}): void {
    const was = this.flags.join();
    change();
    then();
    if (this.flags.join() !== was) this.#deps.flagsChanged();
  }
}
