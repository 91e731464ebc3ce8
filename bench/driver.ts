// A client of either peer: JSON lines over stdio. It parses what it is asked about and counts the rest, so that what is
// measured is the peer. Times are taken when the bytes arrive, before anything is done with them.
import { type ChildProcess, spawn } from "node:child_process";
import type { Peer } from "./peers.ts";

const DEADLINE_MS = 180_000;

export interface Answer<T = Record<string, unknown>> {
  result: T;
  tookMs: number;
}

/** A notification as it arrived. `at` is of `performance.now()`. */
export interface Heard {
  at: number;
  params(): Record<string, unknown>;
}

export interface Counted {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface TurnTimes {
  sentAt: number;
  /** Of the agent's message. */
  deltas: Counted;
  endedAt: number;
  commands: number;
}

type Waiter = { settle(at: number, line: Buffer): void; fail(error: Error): void };

export class Driver {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #spawnedAt = performance.now();
  readonly #answers = new Map<number, Waiter>();
  readonly #notifications = new Map<string, Waiter>();
  readonly #exited: Promise<void>;
  readonly #taps = new Map<string, (at: number, line: Buffer) => void>();
  #unfinished: Buffer[] = [];
  #stderr = "";
  #nextId = 1;
  #lastAnswerAt = 0;

  constructor(peer: Peer, home: string) {
    this.#name = peer.name;
    const { file, args, env } = peer.command(home);
    this.#child = spawn(file, args, { cwd: peer.workspace, env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdout?.on("data", (bytes: Buffer) => this.#onBytes(bytes));
    this.#child.stderr?.on("data", (bytes: Buffer) => (this.#stderr = (this.#stderr + bytes.toString()).slice(-4_000)));
    // A peer that is gone is reported by its exit.
    this.#child.stdin?.on("error", () => {});
    this.#exited = new Promise((resolve) => {
      const end = (reason: string) => {
        for (const { fail } of [...this.#answers.values(), ...this.#notifications.values()]) fail(this.#error(reason));
        resolve();
      };
      this.#child.once("error", (error) => end(`could not be started: ${error.message}`));
      this.#child.once("exit", (code, signal) => end(`ended with ${signal ?? `code ${code}`}`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** From the spawn on. */
  async initialize(): Promise<number> {
    const clientInfo = { name: "bench", title: "Bench", version: "1" };
    await this.request("initialize", { clientInfo, capabilities: { experimentalApi: true } });
    const tookMs = this.#lastAnswerAt - this.#spawnedAt;
    this.#write({ method: "initialized" });
    return tookMs;
  }

  async request<T = Record<string, unknown>>(method: string, params: object): Promise<Answer<T>> {
    const id = this.#nextId++;
    const answered = this.#wait<Answer<T>>(this.#answers, id, `the answer to ${method}`, (at, line) => {
      const { result, error } = JSON.parse(line.toString("utf8")) as { result?: T; error?: { message: string } };
      if (result === undefined) throw this.#error(`answered ${method} with: ${error?.message}`);
      this.#lastAnswerAt = at;
      return { result, tookMs: at - sentAt };
    });
    const sentAt = performance.now();
    this.#write({ id, method, params });
    return answered;
  }

  /** The next notification of this method. To be called before what causes it. */
  next(method: string): Promise<Heard> {
    return this.#wait(this.#notifications, method, method, (at, line) => ({
      at,
      params: () => (JSON.parse(line.toString("utf8")) as { params: Record<string, unknown> }).params,
    }));
  }

  /** Counts the notifications of this method from now on. */
  count(method: string): Counted {
    const counted = { count: 0, firstAt: 0, lastAt: 0 };
    this.#taps.set(method, (at) => {
      if (counted.count++ === 0) counted.firstAt = at;
      counted.lastAt = at;
    });
    return counted;
  }

  /** Reads each notification of this method until it is stopped. */
  each(method: string, read: (params: Record<string, unknown>) => void): { stop(): void } {
    this.#taps.set(method, (_, line) => {
      read((JSON.parse(line.toString("utf8")) as { params: Record<string, unknown> }).params);
    });
    return { stop: () => void this.#taps.delete(method) };
  }

  async startThread(params: object = {}): Promise<Answer<{ thread: { id: string; path: string } }>> {
    return this.request("thread/start", { approvalPolicy: "never", sandbox: "danger-full-access", ...params });
  }

  /** Starts a turn and waits for its end. Throws when it, or a command in it, did not succeed. */
  async turn(threadId: string, text: string): Promise<TurnTimes> {
    const deltas = this.count("item/agentMessage/delta");
    const items: Buffer[] = [];
    this.#taps.set("item/completed", (_, line) => items.push(line));
    const ended = this.next("turn/completed");
    const sentAt = performance.now();
    await Promise.all([ended, this.request("turn/start", { threadId, input: [{ type: "text", text }] })]);
    const { at, params } = await ended;
    const { status, error } = params()["turn"] as { status: string; error: unknown };
    if (status !== "completed") throw this.#error(`ended a turn as ${status}: ${JSON.stringify(error)}`);
    const commands = items.map(itemOf).filter(({ type }) => type === "commandExecution");
    const failed = commands.find(({ exitCode }) => exitCode !== 0);
    if (failed) throw this.#error(`ran a command in vain: ${JSON.stringify(failed).slice(0, 2_000)}`);
    return { sentAt, deltas, endedAt: at, commands: commands.length };
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    const impatience = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#exited;
    clearTimeout(impatience);
  }

  #wait<T>(
    waiters: Map<number, Waiter> | Map<string, Waiter>,
    key: number | string,
    what: string,
    read: (at: number, line: Buffer) => T,
  ): Promise<T> {
    const map = waiters as Map<number | string, Waiter>;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(
        () => fail(this.#error(`did not send ${what} in ${DEADLINE_MS / 1000} s`)),
        DEADLINE_MS,
      );
      const done = () => {
        clearTimeout(deadline);
        map.delete(key);
      };
      const fail = (error: Error) => {
        done();
        reject(error);
      };
      const settle = (at: number, line: Buffer) => {
        done();
        try {
          resolve(read(at, line));
        } catch (error) {
          reject(error);
        }
      };
      map.set(key, { settle, fail });
    });
  }

  #write(message: object): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #onBytes(bytes: Buffer): void {
    const at = performance.now();
    let from = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      const rest = bytes.subarray(from, end);
      const line = this.#unfinished.length === 0 ? rest : Buffer.concat([...this.#unfinished, rest]);
      this.#unfinished = [];
      from = end + 1;
      this.#onLine(line, at);
    }
    if (from < bytes.length) this.#unfinished.push(bytes.subarray(from));
  }

  #onLine(line: Buffer, at: number): void {
    const { method, id } = peek(line);
    if (method === undefined) {
      if (id !== undefined) this.#answers.get(id)?.settle(at, line);
      return;
    }
    this.#taps.get(method)?.(at, line);
    this.#notifications.get(method)?.settle(at, line);
    if (id === undefined) return;
    for (const { fail } of this.#notifications.values()) fail(this.#error(`asked ${method}, which no row expects`));
  }

  #error(what: string): Error {
    return new Error(`${this.#name} ${what}${this.#stderr === "" ? "" : `\n${this.#stderr}`}`);
  }
}

function itemOf(line: Buffer): { type: string; exitCode?: number } {
  return (JSON.parse(line.toString("utf8")) as { params: { item: { type: string; exitCode?: number } } }).params.item;
}

// Both peers write one of these heads; anything else is parsed.
const notificationHead = /^\{"method":"([^"]+)","params"/;
const answerHead = /^\{"id":(\d+),"result"/;

function peek(line: Buffer): { method?: string; id?: number } {
  const head = line.toString("latin1", 0, 96);
  const method = notificationHead.exec(head)?.[1];
  if (method !== undefined) return { method };
  const id = answerHead.exec(head)?.[1];
  if (id !== undefined) return { id: Number(id) };
  return JSON.parse(line.toString("utf8")) as { method?: string; id?: number };
}
