// What was said to the other side of a wire and has not been read yet: bounded, whatever the other side does.
// While it keeps up, a message goes straight through and costs nothing here. While it does not, what waits is merged as
// the method's row says; pieces of items that grow too many are left out, since the completed item has all of it; and
// who takes nothing of the rest for a while is disconnected. Knows no method.
import type { Transport } from "./connection.ts";
import { serverOverloaded } from "./errors.ts";
import { type Message, type NotificationMessage, textOf } from "./messages.ts";

/**
 * What may be done to a notification that waits to be read. `keep`: nothing. `latest`: a newer one takes its place.
 * `append`: a newer one is joined to it by its member `delta`, and both may be left out. "Newer one" means of the same
 * method and with the same ids (members named ...Id or ...Index), with no answer between: an answer may be a snapshot,
 * which what was said before it is part of, and what was said behind it is not.
 */
export type Backlog = "keep" | "latest" | "append";

/** A transport that can tell when the other side does not keep up. */
export interface Pipe extends Transport {
  /** More waits in it than it should hold. Has changed, at the latest, when the last `send` has settled. */
  readonly isFull: boolean;
  /** Like `send`, of a message that was made into text before. */
  sendText(text: string): Promise<void>;
}

export interface OutboxOptions {
  backlogOf(method: string): Backlog;
  /** Runs it after so many milliseconds; what it returns calls that off. */
  later(run: () => void, afterMs: number): () => void;
  /** Above it the longest merged delta is left out. */
  maxDeltaBytes?: number;
  /**
   * Above it the other side must go on taking something: else the connection is closed, after a while, or when so much
   * was said besides answers that it asked for.
   */
  maxBytes?: number;
  stalledAfterMs?: number;
  /** Never more than this: an answer that would be is refused, and for all else the connection is closed. */
  hardMaxBytes?: number;
}

const BEHIND_BYTES = 1024 * 1024;
const MAX_DELTA_BYTES = 4 * 1024 * 1024;
const MAX_BYTES = 64 * 1024 * 1024;
const STALLED_AFTER_MS = 30_000;
const HARD_MAX_BYTES = 512 * 1024 * 1024;
/** What a message that waits takes besides its text, about. */
const OVERHEAD_BYTES = 500;

type Delta = NotificationMessage & { params: { delta: string } };
/** As text, because what it tells of changes meanwhile; a delta stays a value that more can be joined to. */
type Waiting = { kind: "text"; text: string } | { kind: "delta"; message: Delta };

/** The same transport with a bounded queue in front of it. */
export function bounded(pipe: Pipe, options: OutboxOptions): Transport {
  const { maxBytes = MAX_BYTES, hardMaxBytes = HARD_MAX_BYTES, stalledAfterMs = STALLED_AFTER_MS } = options;
  const queue = new Queue(options.backlogOf, options.maxDeltaBytes ?? MAX_DELTA_BYTES);
  let lastSent = Promise.resolve();
  let emptying: Deferred | null = null;
  let callOff: (() => void) | null = null;
  let bytesSinceTaken = 0;

  const giveUp = (limit: number) => {
    queue.clear();
    emptying?.reject(new Error(`the other side does not read: more than ${limit} bytes wait for it`));
    pipe.close();
  };
  const watch = () => {
    if (queue.bytes > maxBytes) callOff ??= options.later(() => giveUp(maxBytes), stalledAfterMs);
  };
  // The while begins anew with it: a large answer takes its time, and so do those behind it.
  const taken = () => {
    callOff?.();
    callOff = null;
    bytesSinceTaken = 0;
    watch();
  };
  const push = (message: Message) => {
    const before = queue.bytes;
    queue.push(message);
    if (!("result" in message)) {
      bytesSinceTaken += queue.bytes - before;
      if (bytesSinceTaken > maxBytes) giveUp(maxBytes);
    } else if (queue.bytes > hardMaxBytes) {
      queue.replaceNewest({ error: serverOverloaded().toBody(), id: message.id });
    }
    if (queue.bytes > hardMaxBytes) giveUp(hardMaxBytes);
    watch();
  };

  // Sends at least one between two waits, so that it never spins.
  const empty = async () => {
    for (await lastSent; !queue.isEmpty; await lastSent) {
      do {
        const next = queue.shift();
        if (next === null) break;
        lastSent = next.kind === "text" ? pipe.sendText(next.text) : pipe.send(next.message);
        // What fails for one fails for the last, which is waited for.
        lastSent.catch(() => {});
      } while (!pipe.isFull);
      taken();
    }
  };
  const startEmptying = () => {
    // Known before it begins: what is sent meanwhile waits for the same.
    const started = deferred();
    emptying = started;
    const ended = () => {
      emptying = null;
      taken();
    };
    empty().finally(ended).then(started.resolve, started.reject);
    return started;
  };

  return {
    get isBehind() {
      return queue.bytes > BEHIND_BYTES;
    },
    send(message) {
      if (queue.isEmpty && !pipe.isFull) {
        lastSent = pipe.send(message);
        return lastSent;
      }
      const { promise } = emptying ?? startEmptying();
      push(message);
      return promise;
    },
    listen: (onMessage, onClose) => pipe.listen(onMessage, onClose),
    close: () => pipe.close(),
  };
}

class Queue {
  readonly #backlogOf: (method: string) => Backlog;
  readonly #maxDeltaBytes: number;
  /** In order. What can be merged is found by the key of what it is about, the rest has a number. */
  readonly #waiting = new Map<string | number, Waiting>();
  readonly #deltas = new Map<string, Delta>();
  /** One iterator for many: each new one would walk again over what has left. */
  #next: MapIterator<[string | number, Waiting]> | null = null;
  #number = 0;
  /** How many answers were pushed: what stands on either side of one is never merged. */
  #answers = 0;
  #bytes = 0;
  #deltaBytes = 0;

  constructor(backlogOf: (method: string) => Backlog, maxDeltaBytes: number) {
    this.#backlogOf = backlogOf;
    this.#maxDeltaBytes = maxDeltaBytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(message: Message): void {
    const isNotification = "method" in message && !("id" in message);
    const backlog = isNotification ? this.#backlogOf(message.method) : "keep";
    if (isNotification && backlog === "append") {
      this.#append(message as Delta);
      return;
    }
    const key = isNotification && backlog === "latest" ? this.#keyOf(message) : this.#number++;
    if ("result" in message) this.#answers++;
    this.#remove(key);
    this.#add(key, { kind: "text", text: textOf(message) });
  }

  /** Puts an answer in the place of the one that came last. */
  replaceNewest(answer: Message): void {
    this.#remove(this.#number - 1);
    this.push(answer);
  }

  /** The oldest. Null when none is left. */
  shift(): Waiting | null {
    this.#next ??= this.#waiting.entries();
    const { value, done } = this.#next.next();
    if (done) {
      this.#next = null;
      return this.isEmpty ? null : this.shift();
    }
    this.#remove(value[0]);
    return value[1];
  }

  clear(): void {
    for (const key of [...this.#waiting.keys()]) this.#remove(key);
  }

  #append(message: Delta): void {
    const key = this.#keyOf(message);
    const before = this.#deltas.get(key);
    if (before === undefined) {
      const copy = { ...message, params: { ...message.params } };
      this.#deltas.set(key, copy);
      this.#add(key, { kind: "delta", message: copy });
      this.#deltaBytes += copy.params.delta.length;
    } else {
      const { delta } = message.params;
      Object.assign(before, message, { params: { ...message.params, delta: before.params.delta + delta } });
      this.#bytes += delta.length;
      this.#deltaBytes += delta.length;
    }
    while (this.#deltaBytes > this.#maxDeltaBytes) this.#remove(this.#longestDelta());
  }

  #keyOf({ method, params }: NotificationMessage): string {
    const ids = Object.entries(params ?? {}).filter(([name]) => /(?:Id|Index)$/.test(name));
    return JSON.stringify([method, this.#answers, ...ids]);
  }

  #longestDelta(): string {
    let [longest, length] = ["", -1];
    for (const [key, { params }] of this.#deltas) {
      if (params.delta.length > length) [longest, length] = [key, params.delta.length];
    }
    return longest;
  }

  #add(key: string | number, waiting: Waiting): void {
    this.#waiting.set(key, waiting);
    this.#bytes += bytesOf(waiting);
  }

  #remove(key: string | number): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    this.#bytes -= bytesOf(waiting);
    if (waiting.kind === "delta") {
      this.#deltas.delete(String(key));
      this.#deltaBytes -= waiting.message.params.delta.length;
    }
  }
}

function bytesOf(waiting: Waiting): number {
  return OVERHEAD_BYTES + (waiting.kind === "text" ? waiting.text : waiting.message.params.delta).length;
}

interface Deferred {
  promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

/** As newer versions of the language have it. */
function deferred(): Deferred {
  let settle: Pick<Deferred, "resolve" | "reject"> | null = null;
  const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...(settle as unknown as Pick<Deferred, "resolve" | "reject">) };
}
