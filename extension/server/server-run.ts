// One run of the server, from fork to exit: starts it, notices how it ends, ends it in time.
// vscode-languageclient is loaded by the first run, so that activation does not pay for it. Only that library may be
// behind import(): a module of ours there would load zod lazily inside a CommonJS bundle, which breaks it.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { LanguageClient } from "vscode-languageclient/node";
import type { EditorOptions } from "../../server/protocol/editor.ts";
import type { editorRequests } from "../../server/protocol/editor-methods.ts";
import { messageOf } from "../../server/protocol/rpc/errors.ts";
import type { Client } from "./client.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { createLanguageClient, type ProcessEvents, typedClient, type WireOptions } from "./language-client.ts";
import { findCause, readLogLine } from "./server-log.ts";
import type { RunEvents, ServerRun } from "./server-process.ts";

export interface RunOptions extends Omit<WireOptions, "editorOptions"> {
  editorOptions(): Promise<EditorOptions>;
  /** How long the server may take to answer `initialize`, from when its process exists. */
  startTimeoutMs: number;
  /** How often a server that runs is asked whether it is there. */
  beatMs: number;
}

const SHUTDOWN_TIMEOUT_MS = 1_300;
const EXIT_TIMEOUT_MS = 300;
/** Output that is still in the pipes after the exit is waited for this long. */
const DRAIN_TIMEOUT_MS = 200;
const KEPT_LINES = 50;
const ping: keyof typeof editorRequests = "belay/ping";
const neverAborted = new AbortController().signal;

export function startRun(options: RunOptions, events: RunEvents): ServerRun {
  const run = new Run(options, events);
  queueMicrotask(() => void run.start());
  return run;
}

class Run implements ServerRun, ProcessEvents {
  readonly #options: RunOptions;
  readonly #events: RunEvents;
  #client: LanguageClient | undefined;
  #child: ChildProcess | undefined;
  #isOver = false;
  #stopHeartbeat = () => {};
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** The newest of what it printed to stderr: why it ended is said there. */
  readonly #lastLines: string[] = [];

  constructor(options: RunOptions, events: RunEvents) {
    this.#options = options;
    this.#events = events;
  }

  async start(): Promise<void> {
    const { launch } = this.#options;
    if (!existsSync(launch.module)) {
      const missing = `Belay's server is not where it belongs (dist/${basename(launch.module)} is missing).`;
      this.#end(`${missing} Reinstall the extension, or run \`npm run build\` in a checkout.`, { canRetry: false });
      return;
    }
    try {
      const editorOptions = await this.#options.editorOptions();
      const library = await import("vscode-languageclient/node");
      if (this.#isOver) return;
      const client = createLanguageClient(library, { ...this.#options, editorOptions }, this);
      this.#client = client;
      await client.start();
      if (!this.#isOver) this.#runs(typedClient(library, client));
    } catch (error) {
      this.#options.log.error("The server did not start.", error);
      // A process that ended says more than the broken wire does, and is reported when it closes.
      if (this.#child === undefined) {
        this.#end(`Belay's server could not be started: ${messageOf(error)}.`, { canRetry: true });
      } else if (isAlive(this.#child)) {
        this.#lastLines.push(messageOf(error));
        this.#child.kill("SIGKILL");
      }
    } finally {
      clearTimeout(this.#deadline);
    }
  }

  #runs(client: Client): void {
    this.#events.running(client);
    this.#stopHeartbeat = startHeartbeat({
      ask: () => client.relay(ping, {}, neverAborted),
      changed: (silence) => {
        this.#options.log.info(silence === "none" ? "The server answers again." : "The server does not answer.");
        this.#events.silent(silence);
      },
      beatMs: this.#options.beatMs,
    });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#stopHeartbeat();
    const child = this.#child;
    if (child === undefined || !isAlive(child)) return;
    const exited = once(child, "exit");
    if (this.#client?.isRunning()) {
      await this.#client.stop(SHUTDOWN_TIMEOUT_MS).catch((error: unknown) => {
        this.#options.log.warn(`The server did not shut down in time: ${messageOf(error)}`);
      });
    } else {
      child.kill("SIGTERM");
    }
    const kill = setTimeout(() => child.kill("SIGKILL"), EXIT_TIMEOUT_MS);
    if (isAlive(child)) await exited;
    clearTimeout(kill);
  }

  forked(child: ChildProcess): void {
    this.#child = child;
    // Stopped while the process was being forked.
    if (this.#isOver) child.kill("SIGKILL");
    const { startTimeoutMs } = this.#options;
    this.#deadline = setTimeout(() => {
      this.#lastLines.push(`it did not answer within ${startTimeoutMs / 1000} s`);
      child.kill("SIGKILL");
    }, startTimeoutMs);
    // A program the server started may keep its pipes open; without the timer `close` would wait for that program.
    child.once("exit", () => {
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, DRAIN_TIMEOUT_MS).unref();
    });
    child.once("close", (code: number | null, signal: string | null) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      const cause = findCause(this.#lastLines);
      const said = cause === null ? "" : ` (${cause})`;
      this.#end(`Belay's server ended unexpectedly ${how}${said}.`, { canRetry: true });
    });
    child.once("error", (error) =>
      this.#end(`Belay's server could not be started: ${error.message}.`, { canRetry: true }),
    );
  }

  printed(line: string): void {
    this.#lastLines.push(line);
    this.#lastLines.splice(0, this.#lastLines.length - KEPT_LINES);
    const { level, message } = readLogLine(line);
    this.#options.log[level](message);
  }

  #end(reason: string, options: { canRetry: boolean }): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopHeartbeat();
    this.#options.log.error(reason);
    this.#events.ended(reason, options);
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
