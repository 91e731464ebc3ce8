// Requests of the server that wait for a person. They outlive the panel, which can be hidden or reloaded at any moment,
// and end with the server. Shown by the panel only: nothing is ever approved from here.
import { serverRequests } from "../../server/protocol/methods.ts";
import type { Connection } from "../../server/protocol/rpc/connection.ts";
import { ConnectionClosed, RpcError } from "../../server/protocol/rpc/errors.ts";
import type { RequestId } from "../../server/protocol/rpc/messages.ts";

interface Question {
  id: RequestId;
  method: string;
  params: unknown;
  answer: PromiseWithResolvers<unknown>;
  /** Takes it back from the panel that shows it now. */
  shown: AbortController;
}

const REQUEST_CANCELLED = -32800;

export class Approvals {
  readonly #questions = new Map<RequestId, Question>();
  readonly #changed: () => void;
  #panel: Connection | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#questions.size;
  }

  /** The methods of those that wait, oldest first. */
  get methods(): string[] {
    return [...this.#questions.values()].map(({ method }) => method);
  }

  /** Whether a person has yet to say if this item may happen. */
  isWaiting(itemId: string): boolean {
    return [...this.#questions.values()].some(
      ({ method, params }) => method.endsWith("/requestApproval") && itemOf(params) === itemId,
    );
  }

  /** Resolves with the panel's answer, checked by the row of the method. Rejects with RpcError when taken back. */
  async ask(request: { id: RequestId; method: string; params: unknown }, signal: AbortSignal): Promise<unknown> {
    const question = { ...request, answer: Promise.withResolvers<unknown>(), shown: new AbortController() };
    this.#questions.set(question.id, question);
    signal.addEventListener("abort", () => this.drop(question.id), { once: true });
    if (signal.aborted) this.drop(question.id);
    else this.#show(question);
    this.#changed();
    return question.answer.promise;
  }

  /** The panel is there and has drawn itself: it gets everything that waits, under the ids it may know already. */
  panelReady(panel: Connection): void {
    this.#panel = panel;
    for (const question of this.#questions.values()) this.#show(question);
  }

  panelGone(): void {
    this.#panel = null;
  }

  /** Someone else answered, or the turn ended. */
  drop(id: RequestId): void {
    this.#settle(id, (answer) => answer.reject(new RpcError(REQUEST_CANCELLED, "The request was taken back.")));
  }

  /** The server that asked is gone. */
  serverEnded(): void {
    for (const id of [...this.#questions.keys()]) this.drop(id);
  }

  #show(question: Question): void {
    if (this.#panel === null) return;
    question.shown.abort();
    question.shown = new AbortController();
    const { id, method, params } = question;
    this.#panel.request(method, params, { id, signal: question.shown.signal }).then(
      (result) => this.#answered(question, result),
      (error: unknown) => this.#notAnswered(question, error),
    );
  }

  #answered(question: Question, result: unknown): void {
    const row = serverRequests[question.method as keyof typeof serverRequests];
    const valid = row.result.safeParse(result);
    this.#settle(question.id, (answer) => {
      if (valid.success) answer.resolve(valid.data);
      else answer.reject(new RpcError(REQUEST_CANCELLED, `The panel's answer to ${question.method} cannot be read.`));
    });
  }

  #notAnswered(question: Question, error: unknown): void {
    // The panel is gone or was asked anew: the question keeps waiting.
    if (error instanceof ConnectionClosed || question.shown.signal.aborted || !(error instanceof RpcError)) return;
    this.#settle(question.id, (answer) => answer.reject(error));
  }

  #settle(id: RequestId, settle: (answer: PromiseWithResolvers<unknown>) => void): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    this.#questions.delete(id);
    settle(question.answer);
    question.shown.abort();
    this.#changed();
  }
}

function itemOf(params: unknown): unknown {
  return typeof params === "object" && params !== null && "itemId" in params ? params.itemId : undefined;
}
