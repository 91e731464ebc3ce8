// The questions of one thread that wait for a person. Each goes to every subscribed client under one id and again to
// those who join later; the first answer wins, and all learn that it is answered.
import { ApprovalResponse, type ApprovalDecision } from "../protocol/approval.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import { ConnectionClosed } from "../protocol/rpc/errors.ts";
import type { RequestId } from "../protocol/rpc/messages.ts";
import type { ApprovalRequest } from "../tools/orchestrator.ts";
import type { Client } from "./client.ts";

interface Question {
  id: RequestId;
  request: ApprovalRequest;
  /** Clients that can still answer. */
  asked: Set<Client>;
  settled: AbortController;
  settle(decision: ApprovalDecision | "failed"): void;
}

export interface DeskDeps {
  threadId: string;
  nextRequestId(): RequestId;
  subscribers(): Iterable<Client>;
  emit(notification: ServerNotification): void;
  /** Called when the first question comes in and when the last one is answered. */
  waitingChanged(): void;
}

export class ApprovalDesk {
  readonly #deps: DeskDeps;
  readonly #questions = new Map<RequestId, Question>();

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  get isWaiting(): boolean {
    return this.#questions.size > 0;
  }

  /**
   * `cancel` when the turn is stopped or nobody is left who could answer; `failed` when a client answers with an error
   * or with something that is no decision. Never rejects.
   */
  ask(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalDecision | "failed"> {
    if (signal.aborted) return Promise.resolve("cancel");
    const id = this.#deps.nextRequestId();
    return new Promise((resolve) => {
      const stop = () => question.settle("cancel");
      const question: Question = {
        id,
        request,
        asked: new Set(),
        settled: new AbortController(),
        settle: (decision) => {
          if (!this.#questions.delete(id)) return;
          signal.removeEventListener("abort", stop);
          question.settled.abort();
          this.#deps.emit({
            method: "serverRequest/resolved",
            params: { threadId: this.#deps.threadId, requestId: id },
          });
          if (!this.isWaiting) this.#deps.waitingChanged();
          resolve(decision);
        },
      };
      this.#questions.set(id, question);
      signal.addEventListener("abort", stop, { once: true });
      if (this.#questions.size === 1) this.#deps.waitingChanged();
      const clients = [...this.#deps.subscribers()];
      if (clients.length === 0) question.settle("cancel");
      for (const client of clients) this.#put(question, client);
    });
  }

  /** A client that joins is asked what the others are asked. */
  joined(client: Client): void {
    for (const question of this.#questions.values()) this.#put(question, client);
  }

  /** A client that left cannot answer; the last one leaving cancels. */
  left(client: Client): void {
    for (const question of [...this.#questions.values()]) this.#dropFrom(question, client);
  }

  #put(question: Question, client: Client): void {
    const { id, request, settled } = question;
    question.asked.add(client);
    client.request(request.method, request.params, { id, signal: settled.signal }).then(
      (answer) => {
        const parsed = ApprovalResponse.safeParse(answer);
        question.settle(parsed.success ? parsed.data.decision : "failed");
      },
      (error: unknown) => {
        if (settled.signal.aborted) return;
        if (error instanceof ConnectionClosed) this.#dropFrom(question, client);
        else question.settle("failed");
      },
    );
  }

  #dropFrom(question: Question, client: Client): void {
    if (question.asked.delete(client) && question.asked.size === 0) question.settle("cancel");
  }
}
