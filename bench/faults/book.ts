// What clients were told and what they asked for, held against what is there later: a server that is killed must have lost
// nothing that it said.
import type { ThreadItem } from "../../server/protocol/item.ts";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { Turn } from "../../server/protocol/turn.ts";

export interface KnownTurn {
  /** Null: its end was not heard. */
  status: Turn["status"] | null;
  /** Items whose completion was heard. */
  readonly items: Set<string>;
}

interface KnownThread {
  readonly turns: Map<string, KnownTurn>;
  /** Messages in the queue, or begun: those that were answered for. */
  readonly queued: Set<string>;
  /** Deleted from the queue before they began. */
  readonly unqueued: Set<string>;
  /** Its history was cut or made shorter at some time. */
  isCut: boolean;
  /** The server said that it cannot save it. */
  isUnsaved: boolean;
  /** Taken up while the disk took no lock: then two servers have it until one of them says that it has lost it. */
  mayBeUnlocked: boolean;
}

export class Book {
  readonly threads = new Map<string, KnownThread>();
  readonly violations: string[] = [];
  isDiskBroken = false;
  /** Gets everything that is asked and heard, to see how it came to a violation. */
  readonly trace: (line: string) => void;

  constructor(trace: (line: string) => void) {
    this.trace = trace;
  }

  violate(sentence: string): void {
    this.violations.push(sentence);
    this.trace(`VIOLATION ${sentence}`);
  }

  thread(threadId: string): KnownThread {
    let thread = this.threads.get(threadId);
    if (thread === undefined) {
      thread = {
        turns: new Map(),
        queued: new Set(),
        unqueued: new Set(),
        isCut: false,
        isUnsaved: false,
        mayBeUnlocked: false,
      };
      this.threads.set(threadId, thread);
    }
    return thread;
  }

  /** Its turns may be fewer from now on. */
  cut(threadId: string): void {
    const thread = this.thread(threadId);
    thread.turns.clear();
    thread.queued.clear();
    thread.isCut = true;
  }

  /** What is told to clients of any server. */
  heard(notification: ServerNotification): void {
    const { method, params } = notification;
    switch (method) {
      case "turn/started":
        return void this.#turn(params.threadId, params.turn.id);
      case "turn/completed":
        this.#turn(params.threadId, params.turn.id).status = params.turn.status;
        return;
      case "item/completed":
        this.#turn(params.threadId, params.turnId).items.add(params.item.id);
        this.#seeSummedUp(params.threadId, [params.item]);
        return;
      case "error":
        // Also what is open: what of it completed a moment before is void all the same.
        if (params.willRetry) this.#takeBack(params.threadId, params.turnId, params.takenBack ?? []);
        return;
      case "thread/reverted":
        return this.cut(params.threadId);
      case "belay/thread/saving/updated":
        this.thread(params.threadId).isUnsaved = params.trouble !== null;
        return;
      default:
        return;
    }
  }

  /** What a server that is asked now has to show, unless it is taken back before it answers. */
  known(threadId: string): Map<string, KnownTurn> {
    const { turns } = this.thread(threadId);
    return new Map([...turns].map(([id, { status, items }]) => [id, { status, items: new Set(items) }]));
  }

  /** `known`: when it was asked for. */
  check(threadId: string, turns: readonly Turn[], known: ReadonlyMap<string, KnownTurn>): void {
    const shown = new Map(turns.map((turn) => [turn.id, turn]));
    if (shown.size !== turns.length) this.violate(`thread ${threadId} shows a turn twice`);
    for (const { items } of turns) this.#seeSummedUp(threadId, items);
    const now = this.thread(threadId).turns;
    for (const [id, { status, items }] of known) {
      const stays = now.get(id);
      if (stays === undefined) continue;
      const turn = shown.get(id);
      const name = `turn ${id} of thread ${threadId}`;
      if (turn === undefined) this.violate(`${name} is gone`);
      if (turn === undefined) continue;
      if (status !== null && turn.status !== status) this.violate(`${name} ended as ${status}, and is ${turn.status}`);
      const there = new Set(turn.items.map((item) => item.id));
      if (there.size !== turn.items.length) this.violate(`${name} shows an item twice`);
      for (const item of items) {
        if (!there.has(item) && stays.items.has(item)) this.violate(`item ${item} of ${name} is gone`);
      }
    }
  }

  /** A fork has all that its answer shows. */
  learn(threadId: string, turns: readonly Turn[]): void {
    for (const turn of turns) {
      const known = this.#turn(threadId, turn.id);
      if (turn.status !== "inProgress") known.status = turn.status;
      for (const item of turn.items) if (isOver(item)) known.items.add(item.id);
    }
  }

  #turn(threadId: string, turnId: string): KnownTurn {
    const { turns } = this.thread(threadId);
    const known = turns.get(turnId) ?? { status: null, items: new Set<string>() };
    turns.set(turnId, known);
    return known;
  }

  /** Also by the server itself, when the model says that it was told too much. */
  #seeSummedUp(threadId: string, items: readonly ThreadItem[]): void {
    if (items.some(({ type }) => type === "contextCompaction")) this.thread(threadId).isCut = true;
  }

  #takeBack(threadId: string, turnId: string, items: readonly string[]): void {
    const known = this.#turn(threadId, turnId);
    for (const item of items) known.items.delete(item);
  }
}

function isOver(item: ThreadItem): boolean {
  return (item.completedAtMs ?? null) !== null && !("status" in item && item.status === "inProgress");
}
