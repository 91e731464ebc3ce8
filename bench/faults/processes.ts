// The processes of the fault bench: servers on stdio and on a Unix socket, and the model. Each can be killed and comes back.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocket } from "ws";
import { markVariable } from "../../server/exec/left-behind.ts";
import { LineSplitter } from "../../server/protocol/rpc/lines.ts";
import { Client } from "./client.ts";
import type { Book } from "./book.ts";

export interface Place {
  readonly home: string;
  readonly workspace: string;
  /** The arguments of Node that start a server. */
  readonly server: readonly string[];
  readonly book: Book;
}

let runs = 0;

/** One server after the other in the same place; each has a mark of its own, which all that it starts inherits. */
export class ServerSlot {
  readonly name: string;
  readonly #place: Place;
  readonly #socket: string | null;
  clients: Client[] = [];
  #child: ChildProcess | null = null;
  #mark = "";
  #stderr = "";
  #isExpectedToEnd = false;

  constructor(name: string, place: Place, socket: string | null) {
    this.name = name;
    this.#place = place;
    this.#socket = socket;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start(): Promise<void> {
    const { home, workspace, server } = this.#place;
    this.#mark = `faults-${process.pid}-${++runs}.`;
    this.#stderr = "";
    this.#isExpectedToEnd = false;
    const listen = this.#socket === null ? [] : ["--listen", `unix://${this.#socket}`];
    const child = spawn(process.execPath, [...server, "app-server", ...listen], {
      cwd: workspace,
      // A login shell that is killed in the middle of its profile would leave what that had begun.
      env: {
        ...process.env,
        HOME: "/nonexistent",
        BELAY_HOME: home,
        OPENAI_API_KEY: "none",
        [markVariable]: this.#mark,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    child.stdin.on("error", () => {});
    child.once("exit", (code, signal) => this.#onExit(child, signal ?? `code ${code}`));
    const listening = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.stderr.on("data", (bytes: Buffer) => {
        this.#place.book.trace(`${this.name} ! ${bytes.toString().trimEnd()}`);
        this.#stderr = (this.#stderr + bytes.toString()).slice(-20_000);
        if (this.#stderr.includes("listening on:")) resolve();
      });
    });
    if (this.#socket !== null) await listening;
    await this.connect();
  }

  /** As many clients as there can be: one on stdio, two on a socket. */
  async connect(): Promise<void> {
    this.clients = this.clients.filter(({ isOpen }) => isOpen);
    const wanted = this.#socket === null ? 1 : 2;
    while (this.clients.length < wanted && this.isRunning) {
      const client = this.#socket === null ? this.#overStdio() : await this.#overSocket(this.#socket);
      if (!(await client.initialize())) return;
      this.clients.push(client);
    }
  }

  /** Resolves with the mark of what must be gone now. */
  async end(how: "SIGKILL" | "close"): Promise<string> {
    const child = this.#child;
    const mark = this.#mark;
    if (child === null || !this.isRunning) return mark;
    this.#isExpectedToEnd = true;
    const ended = once(child, "exit");
    if (how === "SIGKILL") child.kill("SIGKILL");
    else if (this.#socket === null) child.stdin?.end();
    else child.kill("SIGTERM");
    await ended;
    return mark;
  }

  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    this.#child?.kill(signal);
  }

  #onExit(child: ChildProcess, how: string): void {
    for (const client of this.clients) client.lost();
    this.clients = [];
    if (this.#isExpectedToEnd || child !== this.#child) return;
    this.#place.book.violate(`the server ${this.name} ended by itself with ${how}: ${this.#stderr.slice(-2_000)}`);
  }

  #overStdio(): Client {
    const child = this.#child as ChildProcess;
    const wire = { send: (line: string) => void child.stdin?.write(`${line}\n`), close: () => void child.stdin?.end() };
    const client = new Client(this.name, { book: this.#place.book, wire });
    const lines = new LineSplitter((line) => client.onLine(line));
    child.stdout?.on("data", (bytes: Buffer) => lines.push(bytes));
    return client;
  }

  async #overSocket(path: string): Promise<Client> {
    const socket = new WebSocket(`ws+unix://${path}:/`, { perMessageDeflate: false });
    const wire = {
      send: (line: string) => socket.readyState === WebSocket.OPEN && socket.send(line),
      close: () => socket.terminate(),
    };
    const client = new Client(`${this.name}.${this.clients.length}`, { book: this.#place.book, wire });
    socket.on("message", (data) => client.onLine((data as Buffer).toString()));
    socket.on("error", () => client.lost());
    socket.once("close", () => client.lost());
    await new Promise((resolve) => socket.once("open", resolve).once("close", resolve));
    return client;
  }
}

export class ModelSlot {
  readonly #marks: string;
  readonly #onRequest: (said: ModelSaid) => void;
  #child: ChildProcess | null = null;
  #port = 0;

  constructor(marks: string, onRequest: (said: ModelSaid) => void) {
    this.#marks = marks;
    this.#onRequest = onRequest;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/v1`;
  }

  /** Always at the same port. */
  async start(seed: number): Promise<void> {
    const program = join(import.meta.dirname, "model.ts");
    const child = spawn(process.execPath, [program, String(this.#port), String(seed), this.#marks], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child = child;
    child.stdin.on("error", () => {});
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      const lines = new LineSplitter((line) => {
        const said = JSON.parse(line) as ModelSaid | { port: number };
        if ("port" in said) {
          this.#port = said.port;
          resolve();
        } else this.#onRequest(said);
      });
      child.stdout.on("data", (bytes: Buffer) => lines.push(bytes));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}

export interface ModelSaid {
  threadId: string;
  calls: string[];
  faults: string[];
}

/** Processes with this in their environment. */
export function processesMarked(mark: string): number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${markVariable}=${mark}`);
      } catch {
        // Ended meanwhile.
        return false;
      }
    })
    .map(Number);
}
