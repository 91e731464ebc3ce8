// One server process on stdio, ours or the original, and everything that both sides said, in order.
import { type ChildProcess, spawn } from "node:child_process";
import { LineSplitter } from "../../server/protocol/rpc/lines.ts";
import { withDeadline } from "../support/test-server.ts";

/** A message as it crosses the wire. */
export interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { code: number; message: string; data?: unknown };
  readonly emittedAtMs?: number;
}

/** One thing that was said. An answer knows what it answers. */
export interface Said {
  readonly from: "client" | "server";
  readonly message: Message;
  /** Of an answer: the request, as it was sent. */
  readonly request?: Message;
}

export interface Launch {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const DEADLINE_MS = 20_000;

export class Peer implements AsyncDisposable {
  readonly said: Said[] = [];
  stderr = "";
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  /** Requests that wait for an answer, by who asked and id. */
  readonly #asked = new Map<string, Message>();
  readonly #taken = new Set<Message>();
  readonly #standing = new Map<string, unknown>();
  readonly #watchers = new Set<() => void>();
  readonly #open: Promise<Message>[] = [];
  #nextId = 1;

  constructor({ argv: [file = "", ...args], cwd, env }: Launch) {
    this.#child = spawn(file, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] });
    const lines = new LineSplitter((line) => this.#onLine(line));
    this.#child.stdout?.on("data", (bytes: Buffer) => lines.push(bytes));
    this.#child.stderr?.on("data", (bytes: Buffer) => (this.stderr += bytes.toString("utf8")));
    // It may be gone already: then waiting for its words says so.
    this.#child.stdin?.on("error", () => {});
    this.exited = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        resolve(code);
        for (const look of this.#watchers) look();
      });
    });
  }

  /** The answer, whether it is a result or an error. */
  request(method: string, params?: unknown): Promise<Message> {
    const id = this.#nextId++;
    const message = params === undefined ? { method, id } : { method, id, params };
    this.send(message);
    const find = () => this.said.find(({ request }) => request === message)?.message;
    const answer = this.#until(`an answer to ${method}`, find);
    this.#open.push(answer);
    return answer;
  }

  /** The result; throws when it is refused. */
  async result(method: string, params?: unknown): Promise<Record<string, unknown>> {
    const { result, error } = await this.request(method, params);
    if (error !== undefined) throw new Error(`${method} was refused: ${error.message}`);
    return result as Record<string, unknown>;
  }

  send(message: Message): void {
    const asker = message.method === undefined ? "server" : "client";
    const key = `${asker} ${String(message.id)}`;
    const request = message.method === undefined ? this.#asked.get(key) : undefined;
    this.said.push({ from: "client", message, ...(request && { request }) });
    if (message.method !== undefined && message.id !== undefined) this.#asked.set(key, message);
    this.sendLine(JSON.stringify(message));
  }

  sendLine(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next message of this method that nobody took yet, and that fits. */
  async hear(method: string, fits: (params: never) => boolean = () => true): Promise<Message> {
    const find = () =>
      this.said.find(
        ({ from, message }) =>
          from === "server" &&
          message.method === method &&
          !this.#taken.has(message) &&
          fits((message.params ?? {}) as never),
      )?.message;
    const found = await this.#until(method, find);
    this.#taken.add(found);
    return found;
  }

  /** Answers every request of this method with the result from here on, if there ever is one. */
  answerAll(method: string, result: unknown): void {
    this.#standing.set(method, result);
  }

  /** Waits until nothing that was asked waits for its answer. */
  async answered(): Promise<void> {
    await Promise.all(this.#open);
  }

  /** Closes its input and waits for its end. */
  async end(): Promise<number | null> {
    this.#child.stdin?.end();
    return withDeadline(this.exited, () => `the end of the server; ${this.#state()}`, DEADLINE_MS);
  }

  async terminate(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return withDeadline(this.exited, () => `the end of the server; ${this.#state()}`, DEADLINE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    await withDeadline(this.exited, () => "the end of the server", 5_000).catch(() => this.#child.kill("SIGKILL"));
  }

  #onLine(line: string): void {
    const message = JSON.parse(line) as Message;
    const asker = message.method === undefined ? "client" : "server";
    const key = `${asker} ${String(message.id)}`;
    const request = message.method === undefined ? this.#asked.get(key) : undefined;
    this.said.push({ from: "server", message, ...(request && { request }) });
    if (message.method !== undefined && message.id !== undefined) this.#asked.set(key, message);
    if (message.method !== undefined && message.id !== undefined && this.#standing.has(message.method))
      this.send({ id: message.id, result: this.#standing.get(message.method) });
    for (const look of this.#watchers) look();
  }

  #until<T>(name: string, find: () => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = () => {
      const found = find();
      if (found !== undefined) resolve(found);
      else if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        reject(new Error(`the server ended before ${name}; ${this.#state()}`));
    };
    this.#watchers.add(look);
    look();
    return withDeadline(promise, () => `${name}; ${this.#state()}`, DEADLINE_MS).finally(() =>
      this.#watchers.delete(look),
    );
  }

  #state(): string {
    const heard = this.said
      .filter(({ from }) => from === "server")
      .map(({ message, request }) => message.method ?? `answer to ${request?.method ?? "nothing"}`);
    return `heard ${heard.slice(-12).join(", ") || "nothing"}; stderr: ${this.stderr.slice(-600)}`;
  }
}
