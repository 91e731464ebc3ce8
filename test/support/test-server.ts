// A real server process on stdio, with a home and a workspace of its own, and a client that waits for messages by
// name. An unexpected request fails the test; every wait has a deadline; disposing asserts a clean exit.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type * as z from "zod";
import type { ItemStatus, ThreadItem } from "../../server/protocol/item.ts";
import { clientRequests, serverNotifications, serverRequests } from "../../server/protocol/methods.ts";
import type { NotificationOf, ParamsIn, ResultOf } from "../../server/protocol/rows.ts";
import { LineSplitter } from "../../server/protocol/rpc/lines.ts";
import { assertOrder } from "./order.ts";
import type { ResponsesApi } from "./responses-api.ts";

export const root = new URL("../..", import.meta.url).pathname;
/** A hundred servers start in the tests: Node compiles what they load once. */
export const compileCache = join(root, "out/compile-cache");
/** For who waits in vain: a busy machine may take most of it. */
const DEADLINE_MS = 60_000;

type Notifications = typeof serverNotifications;
type Requests = typeof clientRequests;
type ServerRequests = typeof serverRequests;

export type AnyMessage = Record<string, unknown> & { method?: string; id?: number | string };
type Decision = "accept" | "acceptForSession" | "decline" | "cancel";

export interface ServerOptions {
  api?: ResponsesApi;
  approvalPolicy?: "untrusted" | "on-request" | "never";
  sandboxMode?: "read-only" | "workspace-write" | "danger-full-access";
  /** More lines for config.toml, before the tables. */
  config?: string;
  /** More lines for the provider's table. */
  provider?: string;
  files?: Record<string, string>;
  env?: Record<string, string>;
  /** More arguments behind `app-server`. */
  args?: string[];
  /** And before it. */
  argsBefore?: string[];
  /** Keep using the directories of another server. */
  like?: { home: string; workspace: string };
  /** What the server is started by: an argv that ends where the server's begins. */
  startedBy?: string[];
  /** Capabilities of `initialize`; null leaves the handshake to the test. */
  initialize?: Record<string, unknown> | null;
}

export async function testServer(options: ServerOptions = {}): Promise<TestServer> {
  const server = new TestServer(makeDirectories(options), options);
  if (options.initialize !== null) {
    await server.request("initialize", {
      clientInfo: { name: "test", version: "1" },
      ...(options.initialize ? { capabilities: options.initialize } : {}),
    });
    server.send({ method: "initialized" });
  }
  return server;
}

export interface Directories {
  home: string;
  workspace: string;
  /** To be removed afterwards. */
  base: string | null;
}

export function makeDirectories(options: ServerOptions): Directories {
  // Not in /tmp, which is private inside the sandbox.
  const base = options.like ? null : mkdtempSync(join(homedir(), ".belay-test-"));
  const home = options.like?.home ?? join(base ?? "", "home");
  const workspace = options.like?.workspace ?? join(base ?? "", "workspace");
  mkdirSync(home, { recursive: true });
  mkdirSync(workspace, { recursive: true });
  if (!options.like) writeFileSync(join(home, "config.toml"), configText(options));
  for (const [name, text] of Object.entries(options.files ?? {})) {
    mkdirSync(join(workspace, name, ".."), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  return { home, workspace, base };
}

/** For commands of a person's own: a profile that is killed on its way may leave a lock for which all others wait. */
export const noProfile = { HOME: "/nonexistent" };

export function serverEnvironment(home: string, env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { BELAY_HOME: _, OPENAI_API_KEY: __, ...inherited } = process.env;
  return { ...inherited, BELAY_HOME: home, NODE_COMPILE_CACHE: compileCache, ...env };
}

function configText({ api, approvalPolicy, sandboxMode, config, provider }: ServerOptions): string {
  return [
    'model = "test-model"',
    'model_provider = "test"',
    approvalPolicy ? `approval_policy = "${approvalPolicy}"` : "",
    sandboxMode ? `sandbox_mode = "${sandboxMode}"` : "",
    config ?? "",
    "[model_providers.test]",
    `base_url = "${api?.url ?? "http://127.0.0.1:9/v1"}"`,
    // Trying again is for tests of it.
    ...(/max_retries/.test(provider ?? "") ? [] : ["request_max_retries = 0", "stream_max_retries = 0"]),
    provider ?? "",
  ].join("\n");
}

export class TestServer implements AsyncDisposable {
  readonly home: string;
  readonly workspace: string;
  readonly child: ChildProcess;
  /** Everything the server said, in order. */
  readonly heard: AnyMessage[] = [];
  /** What both sides said, in order, for transcripts. */
  readonly traffic: { from: "client" | "server"; message: AnyMessage }[] = [];
  /** Its log so far. What it says on stdout and here comes to us in no order, and some of it after its end: `expectLog`. */
  stderr = "";
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly #base: string | null;
  readonly #answers = new Map<number | string, (message: AnyMessage) => void>();
  readonly #watchers = new Set<() => void>();
  /** Messages that a test has already taken. */
  readonly #taken = new Set<AnyMessage>();
  readonly #automatic = new Map<string, (params: Record<string, unknown>) => unknown>();
  #nextId = 1000;
  #isExpectedToDie = false;
  #hasGivenUp = false;

  constructor(directories: Directories, { env, args = [], argsBefore = [], startedBy = [] }: ServerOptions) {
    this.home = directories.home;
    this.workspace = directories.workspace;
    this.#base = directories.base;
    const belay = [process.execPath, join(root, "server/main.ts")];
    const [file = "", ...argv] = [...startedBy, ...belay, ...argsBefore, "app-server", ...args];
    this.child = spawn(file, argv, {
      cwd: this.workspace,
      env: serverEnvironment(this.home, env),
      stdio: ["pipe", "pipe", "pipe"],
    });
    const lines = new LineSplitter((line) => this.#onLine(line));
    this.child.stdout?.on("data", (bytes: Buffer) => lines.push(bytes));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      for (const watcher of this.#watchers) watcher();
    });
    // Writing to a server that a test has killed is that test's business.
    this.child.stdin?.on("error", () => {});
    this.exited = new Promise((resolve) => this.child.once("exit", (code, signal) => resolve({ code, signal })));
  }

  send(message: AnyMessage): void {
    this.traffic.push({ from: "client", message });
    this.sendLine(JSON.stringify(message));
  }

  sendLine(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  /** The result; rejects with `{code, message, data}` as an AssertionError-free plain error. */
  async request<M extends keyof Requests & string>(
    method: M,
    params: ParamsIn<Requests, M>,
  ): Promise<ResultOf<Requests, M>> {
    const answer = await this.requestRaw(method, params);
    if ("error" in answer)
      throw Object.assign(new Error(`${method}: ${JSON.stringify(answer["error"])}`), { body: answer["error"] });
    return clientRequests[method].result.parse(answer["result"]) as ResultOf<Requests, M>;
  }

  requestRaw(method: string, params: unknown, id: number | string = this.#nextId++): Promise<AnyMessage> {
    const answer = this.#answerTo(method, id);
    this.send({ id, method, params });
    return answer;
  }

  /** All are with the server before it begins with any. Two requests that are sent one after the other need not be. */
  requestsTogether(requests: readonly (readonly [method: string, params: unknown])[]): Promise<AnyMessage[]> {
    const messages = requests.map(([method, params]) => ({ id: this.#nextId++, method, params }));
    const answers = messages.map(({ id, method }) => this.#answerTo(method, id));
    for (const message of messages) this.traffic.push({ from: "client", message });
    this.sendLine(messages.map((message) => JSON.stringify(message)).join("\n"));
    return Promise.all(answers);
  }

  /** The answers to a request that was sent as a raw line, once there are so many. */
  expectAnswers(id: number | string, count = 1): Promise<AnyMessage[]> {
    const answers = () => this.heard.filter((message) => message.id === id && message.method === undefined);
    return this.#until(`answers to ${id}`, () => (answers().length >= count ? answers() : undefined));
  }

  /** Resolves when its log fits, which may be after its end. */
  async expectLog(pattern: RegExp): Promise<void> {
    await this.#until(`its log to say ${pattern}`, () => pattern.test(this.stderr) || undefined);
  }

  /** The next notification of this name that was not taken yet, as its schema has it. */
  async expectNotification<M extends keyof Notifications & string>(
    method: M,
    matches: (params: Extract<NotificationOf<Notifications>, { method: M }>["params"]) => boolean = () => true,
  ): Promise<Extract<NotificationOf<Notifications>, { method: M }>["params"]> {
    const schema: z.ZodType = serverNotifications[method].params;
    const found = await this.#take(
      method,
      (message) => message.id === undefined && matches(message["params"] as never),
    );
    return schema.parse(found["params"]) as never;
  }

  /** Runs a turn to its end: the error it failed with. */
  async failTurn(text: string, threadId?: string): Promise<{ threadId: string; message: string; info: unknown }> {
    const { turn, threadId: id } = await this.completeTurn(text, threadId);
    assert.equal(turn.status, "failed");
    return { threadId: id, message: turn.error?.message ?? "", info: turn.error?.codexErrorInfo };
  }

  /** The message of the error that answers a request. */
  async refusal(method: string, params: unknown): Promise<{ code: number; message: string; data?: unknown }> {
    const answer = await this.requestRaw(method, params);
    assert.ok("error" in answer, `${method} was not refused: ${JSON.stringify(answer)}`);
    return answer["error"] as { code: number; message: string };
  }

  /** The next request of this name: its id and params. The test answers it. */
  async expectRequest<M extends keyof ServerRequests & string>(
    method: M,
  ): Promise<{ id: number | string; params: z.output<ServerRequests[M]["params"]> }> {
    const message = await this.#take(method, ({ id }) => id !== undefined);
    const params = serverRequests[method].params.parse(message["params"]) as z.output<ServerRequests[M]["params"]>;
    return { id: message.id ?? "", params };
  }

  respond(id: number | string, result: unknown): void {
    this.send({ id, result });
  }

  /** From now on requests of this name are answered at once. */
  answer(method: keyof ServerRequests & string, result: (params: Record<string, unknown>) => unknown): void {
    this.#automatic.set(method, result);
  }

  answerApprovals(decision: Decision): void {
    this.answer("item/commandExecution/requestApproval", () => ({ decision }));
    this.answer("item/fileChange/requestApproval", () => ({ decision }));
  }

  async startThread(params: ParamsIn<Requests, "thread/start"> = {}): Promise<string> {
    const { thread } = await this.request("thread/start", { cwd: this.workspace, ...params });
    return thread.id;
  }

  async startTurn(text: string, threadId?: string): Promise<{ threadId: string; turnId: string }> {
    const id = threadId ?? (await this.startThread());
    const { turn } = await this.request("turn/start", { threadId: id, input: [{ type: "text", text }] });
    return { threadId: id, turnId: turn.id };
  }

  /** Runs a turn to its end. */
  async completeTurn(text: string, threadId?: string) {
    const ids = await this.startTurn(text, threadId);
    const { turn } = await this.expectNotification("turn/completed", (params) => params.turn.id === ids.turnId);
    return { ...ids, turn };
  }

  /** The methods heard, for messages and for assertions on order. */
  summary(): string {
    return this.heard.map(({ method, id }) => method ?? `answer ${String(id)}`).join(", ");
  }

  /** The items that completed so far, in order. */
  completedItems(): ThreadItem[] {
    const params = this.heard.flatMap(({ method, params }) =>
      method === "item/completed" ? [params as { item: ThreadItem }] : [],
    );
    return params.map(({ item }) => item);
  }

  /** How the commands, file changes and other tool calls ended, in order. */
  toolStatuses(): ItemStatus[] {
    return this.completedItems().flatMap((item) =>
      "status" in item && item.type !== "contextCompaction" ? [item.status] : [],
    );
  }

  expectDeath(): void {
    this.#isExpectedToDie = true;
  }

  /** As if the client had gone: another process may write to its threads from then on. */
  async end(): Promise<void> {
    this.child.stdin?.end();
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.stdin?.end();
    const { code, signal } = await withDeadline(this.exited, () => `the server to exit; stderr: ${this.stderr}`).catch(
      (error: unknown) => {
        this.child.kill("SIGKILL");
        throw error;
      },
    );
    if (this.#base !== null) rmSync(this.#base, { recursive: true, force: true });
    // A test that failed has said why; what follows from that would hide it.
    if (this.#hasGivenUp) return;
    if (!this.#isExpectedToDie) assert.deepEqual({ code, signal }, { code: 0, signal: null }, this.stderr);
    const unexpected = this.heard.filter(
      (message) => message.method !== undefined && message.id !== undefined && !this.#taken.has(message),
    );
    assert.deepEqual(
      unexpected.map(({ method }) => method),
      [],
      "requests that the test did not expect",
    );
    assertOrder(this.heard);
  }

  #answerTo(method: string, id: number | string): Promise<AnyMessage> {
    const answered = new Promise<AnyMessage>((resolve) => this.#answers.set(id, resolve));
    return withDeadline(answered, () => `an answer to ${method}; heard ${this.summary()}`);
  }

  #onLine(line: string): void {
    const message = JSON.parse(line) as AnyMessage;
    this.heard.push(message);
    this.traffic.push({ from: "server", message });
    if (message.method === undefined) {
      if (message.id !== undefined) this.#answers.get(message.id)?.(message);
    } else if (message.id !== undefined) {
      const automatic = this.#automatic.get(message.method);
      if (automatic) {
        this.#taken.add(message);
        this.respond(message.id, automatic(message["params"] as Record<string, unknown>));
      }
    }
    for (const watcher of this.#watchers) watcher();
  }

  #take(method: string, matches: (message: AnyMessage) => boolean): Promise<AnyMessage> {
    const find = () => this.heard.find((m) => m.method === method && !this.#taken.has(m) && matches(m));
    return this.#until(method, find, (message) => void this.#taken.add(message));
  }

  /** Looks at each message that comes until `find` finds; `take` runs in the same step. */
  #until<T>(name: string, find: () => T | undefined, take: (found: T) => void = () => {}): Promise<T> {
    const found = new Promise<T>((resolve) => {
      const look = () => {
        const result = find();
        if (result === undefined) return;
        this.#watchers.delete(look);
        take(result);
        resolve(result);
      };
      this.#watchers.add(look);
      look();
    });
    return withDeadline(found, () => {
      this.#hasGivenUp = true;
      return `${name}; heard ${this.summary()}; stderr: ${this.stderr}`;
    });
  }
}

export async function withDeadline<T>(work: Promise<T>, waitedFor: () => string, ms = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`gave up after ${ms / 1000} s waiting for ${waitedFor()}`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
