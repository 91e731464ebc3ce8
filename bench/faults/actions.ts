// What clients do while things break: any of it at any time, on any thread.
import type { QueuedSubmission } from "../../server/protocol/queue.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import type { Book } from "./book.ts";
import type { Answer, Client } from "./client.ts";
import type { Chance } from "./random.ts";

const MAX_THREADS = 10;

const weights = {
  ...{ start: 4, turn: 25, steer: 8, interrupt: 6, approve: 30, resume: 12, read: 12, list: 4 },
  ...{ queueAdd: 14, queueDelete: 3, queueReorder: 3, queueStart: 3, sendNow: 3, queueList: 3 },
  ...{ fork: 4, revert: 3, compact: 3, archive: 2, unarchive: 3, rename: 3, remove: 2, leave: 2, shell: 3 },
} as const;

export class Actions {
  readonly #book: Book;
  readonly #luck: Chance;
  /** By what was asked, how it went. */
  readonly counts = new Map<string, number>();
  /** Those that nobody deleted. */
  readonly threads = new Set<string>();
  #words = 0;

  constructor(book: Book, luck: Chance) {
    this.#book = book;
    this.#luck = luck;
  }

  /** One of them; resolves when it is answered, or its connection is gone. */
  async act(client: Client): Promise<void> {
    const what = this.#luck.weighed(weights);
    const threadId = this.#luck.pick(this.#luck.happens(0.85) ? client.follows : [...this.threads]);
    if (threadId === undefined || what === "start") {
      if (this.threads.size < MAX_THREADS) await this.#start(client);
      else await this.#ask(client, "thread/resume", { threadId: this.#luck.pick([...this.threads]) });
      return;
    }
    await this.#on(threadId, client, what);
  }

  input(how = ""): { type: "text"; text: string }[] {
    return [{ type: "text", text: `Do ${how} number ${++this.#words}.` }];
  }

  async #on(threadId: string, client: Client, what: Exclude<keyof typeof weights, "start">): Promise<void> {
    const luck = this.#luck;
    switch (what) {
      case "turn": {
        const policy = luck.happens(0.3) ? { approvalPolicy: luck.pick(["untrusted", "never"]) } : {};
        return void (await this.#ask(client, "turn/start", { threadId, input: this.input(), ...policy }));
      }
      case "steer":
      case "interrupt": {
        const turn = (await this.#turns(client, threadId)).findLast(({ status }) => status === "inProgress");
        if (turn === undefined) return;
        const params = what === "steer" ? { input: this.input(), expectedTurnId: turn.id } : { turnId: turn.id };
        return void (await this.#ask(client, `turn/${what}`, { threadId, ...params }));
      }
      case "approve": {
        const question = luck.pick(client.questions);
        if (question !== undefined) client.answer(question, luck.pick(["accept", "decline", "cancel"]) ?? "decline");
        return;
      }
      case "shell":
        return void (await this.#ask(client, "thread/shellCommand", { threadId, command: "sleep 0.5; echo mine" }));
      case "resume":
        return void (await this.#ask(client, "thread/resume", { threadId }));
      case "read":
        return void (await this.#turns(client, threadId));
      case "list":
        return void (await this.#ask(client, "thread/list", { limit: 5, searchTerm: luck.pick(["number", null]) }));
      case "leave":
        return void (await this.#ask(client, "thread/unsubscribe", { threadId }));
      case "rename":
        return void (await this.#ask(client, "thread/name/set", { threadId, name: `Name ${++this.#words}` }));
      case "archive":
      case "unarchive":
        return void (await this.#ask(client, `thread/${what}`, { threadId }));
      case "compact":
        this.#book.thread(threadId).isCut = true;
        return void (await this.#ask(client, "thread/compact/start", { threadId }));
      case "fork":
      case "revert":
      case "remove":
        return this.#reshape(threadId, client, what);
      default:
        return this.#queue(threadId, client, what);
    }
  }

  async #start(client: Client): Promise<void> {
    const approvalPolicy = this.#luck.happens(0.3) ? "untrusted" : "never";
    const answer = await this.#ask(client, "thread/start", { approvalPolicy, sandbox: "danger-full-access" });
    if (answer.kind === "result") this.threads.add((answer.result["thread"] as Thread).id);
  }

  async #reshape(threadId: string, client: Client, what: "fork" | "revert" | "remove"): Promise<void> {
    if (what === "remove") {
      this.threads.delete(threadId);
      return void (await this.#ask(client, "thread/delete", { threadId }));
    }
    const turns = await this.#turns(client, threadId);
    const turn = this.#luck.pick(turns.slice(-3));
    if (what === "fork") {
      if (this.threads.size >= MAX_THREADS) return;
      const at = turn === undefined || this.#luck.happens(0.4) ? {} : { beforeTurnId: turn.id };
      const answer = await this.#ask(client, "thread/fork", { threadId, ...at });
      if (answer.kind !== "result") return;
      const fork = (answer.result["thread"] as Thread).id;
      this.#book.thread(fork).isCut = true;
      this.threads.add(fork);
    } else if (turn !== undefined) {
      // Before and behind it: what is heard meanwhile may be cut or not.
      this.#book.cut(threadId);
      await this.#ask(client, "thread/revert", { threadId, beforeTurnId: turn.id });
      this.#book.cut(threadId);
    }
  }

  async #queue(threadId: string, client: Client, what: string): Promise<void> {
    const { queued, unqueued } = this.#book.thread(threadId);
    if (what === "queueAdd") {
      const params = { threadId, input: this.input(), clientUserMessageId: `message ${this.#words}` };
      const answer = await this.#ask(client, "thread/queue/add", params);
      if (answer.kind === "result") queued.add((answer.result["queuedSubmission"] as QueuedSubmission).id);
      return;
    }
    const listed = await this.#ask(client, "thread/queue/list", { threadId, limit: 100 });
    if (listed.kind !== "result") return;
    const ids = (listed.result["data"] as QueuedSubmission[]).map(({ id }) => id);
    const id = this.#luck.pick(ids);
    if (id === undefined) return;
    switch (what) {
      case "queueDelete": {
        const wasKnown = queued.delete(id);
        const answer = await this.#ask(client, "thread/queue/delete", { threadId, queuedSubmissionId: id });
        if (answer.kind === "result" && answer.result["deleted"] === true) unqueued.add(id);
        else if (answer.kind !== "lost" && wasKnown) queued.add(id);
        return;
      }
      case "queueReorder":
        return void (await this.#ask(client, "thread/queue/reorder", {
          threadId,
          queuedSubmissionIds: ids.toReversed(),
        }));
      case "queueStart":
        return void (await this.#ask(client, "thread/queue/start", { threadId, queuedSubmissionId: id }));
      case "sendNow":
        return void (await this.#ask(client, "belay/queue/sendNow", { threadId, queuedSubmissionId: id }));
    }
  }

  async #turns(client: Client, threadId: string): Promise<Turn[]> {
    const answer = await this.#ask(client, "thread/read", { threadId, includeTurns: true });
    return answer.kind === "result" ? (answer.result["thread"] as Thread).turns : [];
  }

  async #ask(client: Client, method: string, params: Record<string, unknown>): Promise<Answer> {
    const answer = await client.ask(method, params);
    const how = answer.kind === "error" ? answer.message.replace(/[\da-f]{8}-[\da-f-]{27}/g, "ID") : answer.kind;
    const key = `${method}: ${how.slice(0, 140)}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return answer;
  }
}
