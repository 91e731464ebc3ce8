// VS Code's part on a real forked server: JSON-RPC over node IPC, without VS Code.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ApplyEditParams } from "../../server/protocol/apply-edit.ts";
import type { RunInTerminalParams } from "../../server/protocol/command.ts";
import { type AnyMessage, compileCache, root, withDeadline } from "./test-server.ts";

export interface EditorOptions {
  /** Of a TestServer: its home has the configuration. */
  like: { home: string; workspace: string };
  initializationOptions?: Record<string, unknown>;
  env?: Record<string, string>;
  /** False leaves the handshake to the test. */
  initialize?: boolean;
}

export async function editorClient(options: EditorOptions): Promise<EditorClient> {
  const client = new EditorClient(options);
  if (options.initialize === false) return client;
  const initializationOptions = options.initializationOptions ?? { belay: { workspaceEdits: true } };
  await client.request("initialize", { processId: process.pid, clientInfo: { name: "vscode" }, initializationOptions });
  client.send({ method: "initialized", params: {} });
  return client;
}

export class EditorClient implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly workspace: string;
  readonly heard: AnyMessage[] = [];
  readonly exited: Promise<number | null>;
  stderr = "";
  /** Answers `workspace/applyEdit`; undefined: not at all. */
  onApplyEdit: (params: ApplyEditParams) => unknown = () => ({ applied: true });
  /** Answers `belay/runInTerminal`. */
  onRunInTerminal: (params: RunInTerminalParams) => unknown = () => undefined;
  /** Answers approvals. */
  onApproval: () => unknown = () => ({ decision: "accept" });
  readonly #watchers = new Set<() => void>();
  #nextId = 1;

  constructor({ like, env }: EditorOptions) {
    this.workspace = like.workspace;
    const { OPENAI_API_KEY: _, ...inherited } = process.env;
    this.child = fork(join(root, "server/main.ts"), ["editor"], {
      cwd: like.workspace,
      env: { ...inherited, BELAY_HOME: like.home, NODE_COMPILE_CACHE: compileCache, ...env },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.child.stderr?.on("data", (bytes: Buffer) => (this.stderr += bytes.toString()));
    this.child.on("message", (message) => this.#onMessage(message as AnyMessage));
    this.exited = new Promise((resolve) => this.child.once("exit", resolve));
  }

  uri(name: string): string {
    return pathToFileURL(join(this.workspace, name)).href;
  }

  send(message: unknown): void {
    this.child.send(message as object);
  }

  async request(method: string, params: unknown): Promise<Record<string, unknown>> {
    const answer = await this.requestRaw(method, params);
    assert.ok("result" in answer, `${method}: ${JSON.stringify(answer)}`);
    return answer["result"] as Record<string, unknown>;
  }

  requestRaw(method: string, params: unknown): Promise<AnyMessage> {
    const id = this.#nextId++;
    this.send({ jsonrpc: "2.0", id, method, params });
    return this.expect((message) => message.id === id && message.method === undefined, `an answer to ${method}`);
  }

  open(name: string, text: string, version = 1): void {
    const textDocument = { uri: this.uri(name), languageId: "plaintext", version, text };
    this.send({ method: "textDocument/didOpen", params: { textDocument } });
  }

  /** Starts a thread and runs one turn to its end. */
  async completeTurn(text: string): Promise<{ threadId: string; status: string }> {
    const { thread } = await this.request("thread/start", { cwd: this.workspace });
    const threadId = (thread as { id: string }).id;
    const { turn } = await this.request("turn/start", { threadId, input: [{ type: "text", text }] });
    const { id } = turn as { id: string };
    const turnOf = ({ params }: AnyMessage) => (params as { turn: { id: string; status: string } }).turn;
    const ended = await this.expect(
      (message) => message.method === "turn/completed" && turnOf(message).id === id,
      "turn/completed",
    );
    return { threadId, status: turnOf(ended).status };
  }

  expect(matches: (message: AnyMessage) => boolean, name: string): Promise<AnyMessage> {
    const found = new Promise<AnyMessage>((resolve) => {
      const look = () => {
        const message = this.heard.find(matches);
        if (message === undefined) return;
        this.#watchers.delete(look);
        resolve(message);
      };
      this.#watchers.add(look);
      look();
    });
    return withDeadline(
      found,
      () => `${name}; heard ${this.heard.map(({ method, id }) => method ?? id).join(", ")}; stderr: ${this.stderr}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    const code = await withDeadline(this.exited, () => `the editor's server to exit; stderr: ${this.stderr}`).catch(
      (error: unknown) => {
        this.child.kill("SIGKILL");
        throw error;
      },
    );
    assert.equal(code, 0, this.stderr);
  }

  #answerTo(method: string, params: unknown): unknown {
    if (method === "workspace/applyEdit") return this.onApplyEdit(params as ApplyEditParams);
    if (method === "belay/runInTerminal") return this.onRunInTerminal(params as RunInTerminalParams);
    return this.onApproval();
  }

  #onMessage(message: AnyMessage): void {
    this.heard.push(message);
    if (message.id !== undefined && message.method !== undefined) {
      const result = this.#answerTo(message.method, message["params"]);
      if (result !== undefined) this.send({ jsonrpc: "2.0", id: message.id, result });
    }
    for (const look of this.#watchers) look();
  }
}
