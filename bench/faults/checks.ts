// What must hold behind every fault, and what must hold once everything has come to rest.
import { readdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { QueuedSubmission } from "../../server/protocol/queue.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import type { Actions } from "./actions.ts";
import type { Book } from "./book.ts";
import type { Answer, Client } from "./client.ts";
import { differenceOf } from "./difference.ts";
import { checkFiles, checkMarks, rolloutIds, temporaries } from "./files.ts";
import type { ModelSaid, ServerSlot } from "./processes.ts";

export interface Checked {
  readonly book: Book;
  readonly actions: Actions;
  readonly slots: readonly ServerSlot[];
  readonly home: string;
  readonly marks: string;
}

const REST_MS = 60_000;

export class Checks {
  readonly #of: Checked;
  /** Of each thread, the calls that the last request told. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  count = 0;
  tornLines = 0;

  constructor(checked: Checked) {
    this.#of = checked;
  }

  /** The model was asked. */
  asked({ threadId, calls, faults }: ModelSaid): void {
    this.#told.set(threadId, new Set(calls));
    for (const fault of faults) this.#of.book.violate(`thread ${threadId}, as the model is told: ${fault}`);
  }

  async afterFault({ kills }: { kills: number }): Promise<void> {
    const { book, home, marks, actions, slots } = this.#of;
    this.tornLines = checkFiles(home, { book, kills }).torn;
    checkMarks(marks, book);
    for (const threadId of actions.threads) await this.#checkThread(threadId);
    for (const slot of slots) await this.#checkLists(slot);
    this.count++;
  }

  /** Stops every turn; then nothing may be on its way any more. */
  async atRest(): Promise<void> {
    const { book, actions } = this.#of;
    for (const threadId of actions.threads) {
      if (!(await this.#isAtRest(threadId))) {
        book.violate(`thread ${threadId} did not come to rest in ${REST_MS / 1000} s`);
        continue;
      }
      await this.#checkReads(threadId);
      await this.#checkQueue(threadId);
    }
  }

  /** The model is asked once more in every thread: what it is told there is complete. */
  async lastTurns(): Promise<void> {
    const { book, actions, marks } = this.#of;
    for (const threadId of actions.threads) {
      const client = await this.#writer(threadId);
      if (client === null || book.thread(threadId).turns.size === 0) continue;
      this.#told.delete(threadId);
      const begun = await client.ask("turn/start", {
        threadId,
        input: actions.input("calmly"),
        approvalPolicy: "never",
      });
      if (begun.kind !== "result") {
        book.violate(`thread ${threadId} takes no more turns: ${wordsOf(begun)}`);
        continue;
      }
      await waitFor(async () => (await read(client, threadId))?.at(-1)?.status === "completed");
      const told = this.#told.get(threadId);
      if (told === undefined) book.violate(`the model heard no more of thread ${threadId}`);
      if (book.thread(threadId).isCut) continue;
      const ran = readdirSync(marks).flatMap((name) =>
        name.startsWith(threadId) ? [name.slice(threadId.length + 1)] : [],
      );
      for (const call of ran) {
        if (told?.has(call) === false) book.violate(`thread ${threadId}: ${call} ran, and the model is not told`);
      }
    }
  }

  /** All servers ended in good order. */
  afterEnd(): void {
    const left = temporaries(this.#of.home);
    if (left.length > 0) this.#of.book.violate(`temporary files stay behind: ${left.join(", ")}`);
  }

  /** It can be taken up, unless the other server has it; and it shows all that was ever told of it. */
  async #checkThread(threadId: string): Promise<void> {
    const { book, slots } = this.#of;
    const answers: Answer[] = [];
    for (const { clients } of slots) {
      const known = book.known(threadId);
      const answer = (await clients[0]?.ask("thread/resume", { threadId })) ?? { kind: "lost" };
      answers.push(answer);
      if (answer.kind !== "result" || book.thread(threadId).isUnsaved) continue;
      book.check(threadId, (answer.result["thread"] as Thread).turns, known);
    }
    if (!this.#of.actions.threads.has(threadId)) return;
    const refusals = answers.flatMap((each) => (each.kind === "error" ? [each.message] : []));
    const resumed = answers.filter(({ kind }) => kind === "result");
    const { isUnsaved, mayBeUnlocked } = book.thread(threadId);
    if (resumed.length > 1 && !isUnsaved && !mayBeUnlocked)
      book.violate(`thread ${threadId} is written to by two servers`);
    if (resumed.length > 0 || refusals.length === 0) return;
    // A thread without a turn is nowhere when its server has ended, and an archived one waits.
    const isNowhere = refusals.every((each) => /no rollout|not found/.test(each));
    if (refusals.some((each) => /archived/.test(each)) || (isNowhere && book.thread(threadId).turns.size === 0)) return;
    book.violate(`thread ${threadId} cannot be taken up: ${refusals.join("; ")}`);
  }

  async #checkLists({ name, clients: [client] }: ServerSlot): Promise<void> {
    if (client === undefined) return;
    const before = rolloutIds(this.#of.home);
    const listed: string[] = [];
    for (const archived of [false, true]) {
      for (let cursor: string | null = null; ; ) {
        const answer: Answer = await client.ask("thread/list", { archived, cursor, limit: 7 });
        if (answer.kind !== "result") return;
        listed.push(...(answer.result["data"] as Thread[]).map(({ id }) => id));
        cursor = answer.result["nextCursor"] as string | null;
        if (cursor === null) break;
      }
    }
    const after = new Set(rolloutIds(this.#of.home));
    const there = before.filter((id) => after.has(id));
    for (const id of there) if (!listed.includes(id)) this.#of.book.violate(`${name} does not list thread ${id}`);
    for (const id of new Set(listed)) {
      const count = listed.filter((each) => each === id).length;
      if (count > 1) this.#of.book.violate(`${name} lists thread ${id} ${count} times`);
    }
  }

  /** No turn runs in it, and none begins. */
  async #isAtRest(threadId: string): Promise<boolean> {
    const client = await this.#writer(threadId);
    if (client === null) return true;
    return waitFor(async () => {
      const running = (await read(client, threadId))?.findLast(({ status }) => status === "inProgress");
      if (running === undefined) return true;
      await client.ask("turn/interrupt", { threadId, turnId: running.id });
      return false;
    });
  }

  /**
   * Looked at again where a turn from the queue has begun between the two. A server that said that it cannot save the
   * thread, or has lost it to another, shows more than the file has.
   */
  async #checkReads(threadId: string): Promise<void> {
    if (this.#of.book.thread(threadId).isUnsaved) return;
    const faults: string[] = [];
    await waitFor(async () => {
      const reads = await Promise.all(this.#of.slots.map((slot) => read(slot.clients[0], threadId)));
      const turns = reads.flatMap((each) => (each === null ? [] : [each.map(restedTurn)]));
      const what = turns.length > 1 ? differenceOf(turns[0], turns[1]) : null;
      faults.splice(0, 1, ...(what === null ? [] : [what]));
      if (what !== null) await this.#isAtRest(threadId);
      return what === null;
    }, 5_000);
    for (const what of faults) this.#of.book.violate(`thread ${threadId} is read differently by two servers: ${what}`);
  }

  /** Looked at again where something is on its way from the queue into a turn. */
  async #checkQueue(threadId: string): Promise<void> {
    let faults: string[] = [];
    await waitFor(async () => {
      faults = await this.#queueFaults(threadId);
      return faults.length === 0;
    }, 5_000);
    for (const fault of faults) this.#of.book.violate(`${fault} (thread ${threadId})`);
  }

  async #queueFaults(threadId: string): Promise<string[]> {
    const { queued, unqueued, isUnsaved } = this.#of.book.thread(threadId);
    const client = await this.#writer(threadId);
    if (client === null || isUnsaved) return [];
    const listed = await client.ask("thread/queue/list", { threadId, limit: 100 });
    const turns = await read(client, threadId);
    if (listed.kind !== "result" || turns === null) return [];
    const waiting = new Set((listed.result["data"] as QueuedSubmission[]).map(({ id }) => id));
    const begun = turns.flatMap(({ items }) => items.flatMap(({ type, id }) => (type === "userMessage" ? [id] : [])));
    const faultOf = (id: string): string[] => {
      if (waiting.has(id) && begun.includes(id)) return [`message ${id} has begun and still waits`];
      if (unqueued.has(id) && waiting.has(id)) return [`message ${id} was deleted and waits`];
      if (begun.filter((each) => each === id).length > 1) return [`message ${id} was sent twice`];
      if (queued.has(id) && !waiting.has(id) && !begun.includes(id)) return [`message ${id} is lost`];
      return [];
    };
    return [...new Set([...waiting, ...queued])].flatMap(faultOf);
  }

  /** A client of the server that writes to it. Null: nobody can. */
  async #writer(threadId: string): Promise<Client | null> {
    for (const { clients } of this.#of.slots) {
      const client = clients[0];
      if (client === undefined) continue;
      if ((await client.ask("thread/resume", { threadId })).kind === "result") return client;
    }
    return null;
  }
}

async function read(client: Client | undefined, threadId: string): Promise<Turn[] | null> {
  const answer = await client?.ask("thread/read", { threadId, includeTurns: true });
  return answer?.kind === "result" ? (answer.result["thread"] as Thread).turns : null;
}

async function waitFor(holds: () => Promise<boolean>, ms = REST_MS): Promise<boolean> {
  for (const until = performance.now() + ms; performance.now() < until; await pause(50)) {
    if (await holds()) return true;
  }
  return false;
}

/** A background command may go on at rest, which only its own server knows; and files have items as they completed. */
function restedTurn({ id, status, items }: Turn): object {
  const rested = items.filter(({ type }) => type !== "commandExecution");
  return { id, status, items: rested.map(({ id: itemId }) => itemId).sort() };
}

function wordsOf(answer: Answer): string {
  return answer.kind === "error" ? answer.message : answer.kind;
}
