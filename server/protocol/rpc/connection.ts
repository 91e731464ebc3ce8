// One end of a JSON-RPC wire: matches answers to questions, and fails everyone at once when the wire ends.
// Knows no method and no transport; the same code runs in the server, in the extension's tests and in the panel.
import { ConnectionClosed, internalError, RpcError, serverOverloaded } from "./errors.ts";
import { classify, type Message, type NotificationMessage, type RequestId, type RequestMessage } from "./messages.ts";

export interface Transport {
  /** Resolves once the other side's pipe has taken the message. Rejects when it never will. */
  send(message: Message): Promise<void>;
  /** Called once. `onClose` fires at most once, after the last message. */
  listen(onMessage: (value: unknown) => void, onClose: (reason: string) => void): void;
  close(): void;
  /** The other side does not read what it was sent: nothing more is done for it meanwhile. */
  readonly isBehind?: boolean;
}

/** A request of the other side while it is being answered. */
export interface Call {
  id: RequestId;
  /** Aborted when the other side no longer wants the answer, or is gone. */
  signal: AbortSignal;
  /** From now on nothing else is sent until this answer is: what follows it builds on it. */
  answerFirst(): void;
}

export interface Receiver {
  /** Must return what goes into `result`; throws RpcError for what the caller can understand. */
  request(method: string, params: unknown, call: Call): Promise<unknown>;
  notification(method: string, params: unknown): void;
  /** It is taken on however much is being answered already. */
  isUrgent?(method: string): boolean;
  /** Something that cannot be a message: logged, never answered. */
  malformed(reason: string): void;
  closed(reason: string): void;
}

// open --close(), transport ended or a write failed--> closed.  No way back.
type State =
  | { kind: "open"; pending: Map<RequestId, PendingRequest>; running: Map<RequestId, AbortController> }
  | { kind: "closed"; reason: string };

interface PendingRequest {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export interface ConnectionOptions {
  /** Names our own requests; shared between connections where ids must be unique in the process. */
  nextId?: () => RequestId;
  /** False: a request we give up is not cancelled by `$/cancelRequest`, because the other side does not know it. */
  cancels?: boolean;
  /**
   * So many requests of the other side are answered at a time; those beyond, and those of a side that does not read,
   * are refused at once. Absent: none is.
   */
  maxRunning?: number;
}

const CANCEL_METHOD = "$/cancelRequest";

export class Connection {
  readonly #transport: Transport;
  readonly #receiver: Receiver;
  readonly #nextId: () => RequestId;
  readonly #cancels: boolean;
  readonly #maxRunning: number | null;
  #running = 0;
  #state: State = { kind: "open", pending: new Map(), running: new Map() };
  /** How many answers must go first, and what waits behind them. */
  #answersFirst = 0;
  readonly #held: Message[] = [];
  readonly #ended = new AbortController();
  #lastSent: Promise<void> = Promise.resolve();

  constructor(transport: Transport, receiver: Receiver, options: ConnectionOptions = {}) {
    this.#transport = transport;
    this.#receiver = receiver;
    this.#nextId = options.nextId ?? counter();
    this.#cancels = options.cancels ?? true;
    this.#maxRunning = options.maxRunning ?? null;
    transport.listen(
      (value) => this.#onMessage(value),
      (reason) => this.#end(reason),
    );
  }

  get isOpen(): boolean {
    return this.#state.kind === "open";
  }

  /** Aborted when the wire has ended; its reason is ConnectionClosed. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Asks the other side. Rejects with RpcError (its answer), ConnectionClosed, or the signal's reason. `id` is for a
   * request that goes to several connections under one id.
   */
  request(method: string, params: unknown, options: { signal?: AbortSignal; id?: RequestId } = {}): Promise<unknown> {
    const state = this.#state;
    if (state.kind === "closed") return Promise.reject(new ConnectionClosed(state.reason));
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const id = options.id ?? this.#nextId();
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const settle = () => {
        state.pending.delete(id);
        signal?.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        settle();
        if (this.#cancels) this.notify(CANCEL_METHOD, { id });
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      state.pending.set(id, {
        resolve: (result) => (settle(), resolve(result)),
        reject: (error) => (settle(), reject(error)),
      });
      this.#write({ id, method, params });
    });
  }

  notify(method: string, params: unknown): void {
    this.tell({ method, params });
  }

  /** Like `notify`, of a message that may go to other connections as well. */
  tell(message: NotificationMessage): void {
    if (this.#state.kind === "open") this.#write(message);
  }

  /** Resolves when the other side's pipe has taken what was sent so far. May never, once the wire has ended. */
  drained(): Promise<void> {
    return this.#lastSent;
  }

  close(reason: string): void {
    if (this.#state.kind === "closed") return;
    this.#transport.close();
    this.#end(reason);
  }

  #write(message: Message): void {
    if (this.#answersFirst > 0 && "method" in message) {
      this.#held.push(message);
      return;
    }
    // A failed write means the other side is gone: everyone who waits must hear of it now.
    this.#lastSent = this.#transport
      .send(message)
      .catch((error: unknown) => this.#end(`writing failed (${String(error)})`));
  }

  #onMessage(value: unknown): void {
    if (this.#state.kind === "closed") return;
    const incoming = classify(value);
    switch (incoming.kind) {
      case "request":
        this.#onRequest(incoming.message);
        return;
      case "notification":
        this.#onNotification(incoming.message.method, incoming.message.params);
        return;
      case "result":
        // An id nobody waits for is ignored: its request was cancelled or answered by another client.
        this.#state.pending.get(incoming.message.id)?.resolve(incoming.message.result);
        return;
      case "error": {
        const { code, message, data } = incoming.message.error;
        this.#state.pending.get(incoming.message.id)?.reject(new RpcError(code, message, { data }));
        return;
      }
      case "malformed":
        this.#receiver.malformed(incoming.reason);
        return;
      default:
        incoming satisfies never;
    }
  }

  #onNotification(method: string, params: unknown): void {
    if (method === CANCEL_METHOD && this.#state.kind === "open") {
      const id = (params as { id?: RequestId } | undefined)?.id;
      if (id !== undefined) this.#state.running.get(id)?.abort();
      return;
    }
    this.#receiver.notification(method, params);
  }

  #onRequest({ id, method, params }: RequestMessage): void {
    const max = this.#maxRunning;
    const isTooMuch = max !== null && (this.#running >= max || this.#transport.isBehind === true);
    if (isTooMuch && this.#receiver.isUrgent?.(method) !== true) {
      this.#write({ error: serverOverloaded().toBody(), id });
    } else {
      void this.#answer(id, method, params);
    }
  }

  async #answer(id: RequestId, method: string, params: unknown): Promise<void> {
    if (this.#state.kind === "closed") return;
    const { running } = this.#state;
    this.#running++;
    const abort = new AbortController();
    running.set(id, abort);
    let goesFirst = false;
    const answerFirst = () => {
      if (!goesFirst) this.#answersFirst++;
      goesFirst = true;
    };
    try {
      const result = await this.#receiver.request(method, params, { id, signal: abort.signal, answerFirst });
      if (this.isOpen) this.#write({ id, result: result ?? null });
    } catch (error) {
      const known = error instanceof RpcError ? error : internalError(method, error);
      if (this.isOpen) this.#write({ error: known.toBody(), id });
    } finally {
      // Two requests may share an id; only the one that put the entry there removes it.
      if (running.get(id) === abort) running.delete(id);
      this.#running--;
      if (goesFirst) this.#release();
    }
  }

  #release(): void {
    this.#answersFirst--;
    if (this.#answersFirst > 0) return;
    for (const message of this.#held.splice(0)) if (this.isOpen) this.#write(message);
  }

  #end(reason: string): void {
    if (this.#state.kind === "closed") return;
    const { pending, running } = this.#state;
    this.#state = { kind: "closed", reason };
    for (const waiting of [...pending.values()]) waiting.reject(new ConnectionClosed(reason));
    for (const abort of running.values()) abort.abort();
    this.#ended.abort(new ConnectionClosed(reason));
    this.#receiver.closed(reason);
  }
}

/** Integers from 0, as the original numbers its requests. */
export function counter(): () => number {
  let next = 0;
  return () => next++;
}
