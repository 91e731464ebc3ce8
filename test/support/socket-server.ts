// A real server process that listens on a WebSocket or a Unix socket, and clients of it that come and go. Every wait has
// a deadline; disposing asserts that SIGTERM ends it cleanly.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ClientOptions, WebSocket } from "ws";
import {
  type AnyMessage,
  type Directories,
  makeDirectories,
  root,
  type ServerOptions,
  serverEnvironment,
  withDeadline,
} from "./test-server.ts";

export async function socketServer(options: ServerOptions & { listen?: string } = {}): Promise<SocketServer> {
  const server = new SocketServer(makeDirectories(options), options);
  await server.until("the server to listen", () => /listening on: (\S+)/.exec(server.stderr)?.[1]);
  return server;
}

export class SocketServer implements AsyncDisposable {
  readonly home: string;
  readonly workspace: string;
  readonly child: ChildProcess;
  stderr = "";
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly #base: string | null;
  readonly #watchers = new Set<() => void>();
  readonly #clients = new Set<SocketClient>();
  #isExpectedToDie = false;

  constructor({ home, workspace, base }: Directories, options: ServerOptions & { listen?: string }) {
    this.home = home;
    this.workspace = workspace;
    this.#base = base;
    const listen = options.listen ?? "ws://127.0.0.1:0";
    const argv = [join(root, "server/main.ts"), "app-server", "--listen", listen, ...(options.args ?? [])];
    this.child = spawn(process.execPath, argv, {
      cwd: workspace,
      env: serverEnvironment(home, options.env),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.child.stderr?.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString("utf8");
      for (const watcher of this.#watchers) watcher();
    });
    this.exited = new Promise((resolve) => this.child.once("exit", (code, signal) => resolve({ code, signal })));
  }

  /** Where it listens, as it says itself. */
  get url(): string {
    return /listening on: (\S+)/.exec(this.stderr)?.[1] ?? "";
  }

  /** The same for a plain HTTP request. */
  get httpUrl(): string {
    return this.url.replace(/^ws:/, "http:");
  }

  get residentBytes(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }

  /** A client after the handshake. `initialize: null` leaves that to the test. */
  async connect(options: { headers?: Record<string, string>; initialize?: object | null } = {}): Promise<SocketClient> {
    const url = this.url.startsWith("unix://") ? `ws+unix://${this.url.slice("unix://".length)}:/` : this.url;
    const client = new SocketClient(url, { perMessageDeflate: false, headers: options.headers ?? {} });
    this.#clients.add(client);
    await client.opened;
    if (options.initialize !== null) {
      const capabilities = options.initialize ?? {};
      await client.request("initialize", { clientInfo: { name: "test", version: "1" }, capabilities });
    }
    return client;
  }

  /** Looks each time the server says something on stderr. */
  until<T>(name: string, find: () => T | undefined): Promise<T> {
    return watch(this.#watchers, find, () => `${name}; stderr: ${this.stderr}`);
  }

  expectDeath(): void {
    this.#isExpectedToDie = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    const { code, signal } = await withDeadline(this.exited, () => `the server to exit; stderr: ${this.stderr}`);
    for (const client of this.#clients) client.socket.terminate();
    if (this.#base !== null) rmSync(this.#base, { recursive: true, force: true });
    if (!this.#isExpectedToDie) assert.deepEqual({ code, signal }, { code: 0, signal: null }, this.stderr);
  }
}

/** The members that the tests look at; which of them a notification has is the method's business. */
export interface Params {
  threadId: string;
  turn: { id: string; status: string; items: { text?: string }[] };
  item: { type: string; status: string };
}

export class SocketClient {
  readonly socket: WebSocket;
  /** Everything it was told, in order. */
  readonly heard: AnyMessage[] = [];
  /** Rejects with the status and the text of a refusal. */
  readonly opened: Promise<void>;
  readonly closed: Promise<number>;
  readonly #watchers = new Set<() => void>();
  #nextId = 1;

  constructor(url: string, options: ClientOptions) {
    this.socket = new WebSocket(url, options);
    this.opened = new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.on("error", reject);
      this.socket.once("unexpected-response", (_, response) => {
        let text = "";
        response.on("data", (bytes: Buffer) => (text += bytes.toString()));
        response.once("end", () => reject(new Error(`${response.statusCode} ${text}`)));
      });
    });
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
    this.socket.on("message", (data) => {
      this.heard.push(JSON.parse((data as Buffer).toString()) as AnyMessage);
      for (const watcher of this.#watchers) watcher();
    });
  }

  send(message: AnyMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** The answer's result; an error fails the test. */
  async request(method: string, params: unknown): Promise<Record<string, unknown>> {
    const answer = await this.ask(method, params);
    assert.ok("result" in answer, `${method}: ${JSON.stringify(answer["error"])}`);
    return answer["result"] as Record<string, unknown>;
  }

  /** The answer, whatever it is. */
  ask(method: string, params: unknown, id: number | string = this.#nextId++): Promise<AnyMessage> {
    this.send({ id, method, params });
    return this.until(`an answer to ${method}`, () =>
      this.heard.find((message) => message.id === id && message.method === undefined),
    );
  }

  /** The first message of this method that fits, heard before or to come. */
  expect(method: string, fits: (params: Params) => boolean = () => true): Promise<AnyMessage> {
    return this.until(method, () =>
      this.heard.find((message) => message.method === method && fits(message["params"] as Params)),
    );
  }

  async startThread(params: object = {}): Promise<string> {
    return ((await this.request("thread/start", params))["thread"] as { id: string }).id;
  }

  async startTurn(threadId: string, text: string): Promise<string> {
    const { turn } = await this.request("turn/start", { threadId, input: [{ type: "text", text }] });
    return (turn as { id: string }).id;
  }

  until<T>(name: string, find: () => T | undefined): Promise<T> {
    const heard = () => this.heard.map(({ method, id }) => method ?? `answer ${String(id)}`).slice(-200);
    return watch(this.#watchers, find, () => `${name}; heard last ${heard().join(", ")}`);
  }
}

function watch<T>(watchers: Set<() => void>, find: () => T | undefined, waitedFor: () => string): Promise<T> {
  const found = new Promise<T>((resolve) => {
    const look = () => {
      const result = find();
      if (result === undefined) return;
      watchers.delete(look);
      resolve(result);
    };
    watchers.add(look);
    look();
  });
  return withDeadline(found, waitedFor);
}
