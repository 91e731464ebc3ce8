// The life of the server process: start on first use, restart with back-off, stop. Does not know how a process is
// started or what is said to it; see language-client.ts.
import type { ServerStatus } from "../../server/protocol/panel.ts";
import type { Client } from "./client.ts";
import type { Silence } from "./heartbeat.ts";
import { decideRestart, recentEnds } from "./restart-policy.ts";

// stopped --start--> starting --initialize answered--> running
// running --no answer for a while, or an answer again--> running, with another silence
// starting, running --the process ended--> failed
// failed --its pause is over, or a person restarts--> starting   (retryInMs null: only a person)
// starting, running, failed --stop--> stopped
export type ServerState = Stopped | Starting | Running | Failed;
type Stopped = { kind: "stopped" };
/** `attempt` counts from 1 since a person started it, or since its last end was long enough ago. */
type Starting = { kind: "starting"; attempt: number; run: ServerRun };
/** However silent it is, it may only be busy: it is ended by nobody but a person. */
type Running = { kind: "running"; client: Client; run: ServerRun; silence: Silence };
type Failed = { kind: "failed"; reason: string; retryInMs: number | null };

const starting = (_from: Stopped | Failed, attempt: number, run: ServerRun): Starting => ({
  kind: "starting",
  attempt,
  run,
});
const running = (from: Starting, client: Client): Running => ({
  kind: "running",
  client,
  run: from.run,
  silence: "none",
});
const silent = (from: Running, silence: Silence): Running => ({ ...from, silence });
const failed = (_from: Starting | Running, reason: string, retryInMs: number | null): Failed => ({
  kind: "failed",
  reason,
  retryInMs,
});
const stopped = (_from: Starting | Running | Failed): Stopped => ({ kind: "stopped" });

/** One process from fork to exit. */
export interface ServerRun {
  /** Resolves within two seconds, when the process is gone. Must not reject. */
  stop(): Promise<void>;
}

/** What a run reports, never before startRun returned: `running` at most once and before `silent`, `ended` at most once and last. */
export interface RunEvents {
  running(client: Client): void;
  /** For so long it has not answered now. */
  silent(silence: Silence): void;
  /** `reason` is a sentence. `canRetry` false: the next start would end the same way. */
  ended(reason: string, options: { canRetry: boolean }): void;
}

export interface ServerProcessOptions {
  startRun(events: RunEvents): ServerRun;
  /** A sentence saying why the server must not be started now; null when it may. */
  obstacle(): string | null;
  changed(state: ServerState, from: ServerState): void;
  /** It keeps ending, or cannot start at all: only a person can help now. */
  gaveUp(reason: string): void;
  /** In milliseconds, on a clock that does not jump. */
  now(): number;
}

/** The server is not there for a request; the message is a sentence for the person who made it. */
export class ServerUnavailable extends Error {
  override readonly name = "ServerUnavailable";
}

interface Waiter {
  resolve(client: Client): void;
  reject(error: ServerUnavailable): void;
}

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #state: ServerState = { kind: "stopped" };
  #waiters: Waiter[] = [];
  #endedAtMs: number[] = [];
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopping: Promise<void> = Promise.resolve();

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** The running server; starts it when it is stopped, waits while it starts or recovers. Rejects with ServerUnavailable. */
  async running(): Promise<Client> {
    const obstacle = this.#options.obstacle();
    if (obstacle !== null) throw new ServerUnavailable(obstacle);
    // A start must not overlap the end of the run before it.
    if (this.#state.kind === "stopped") await this.#stopping;
    if (this.#state.kind === "stopped") this.#start(this.#state);
    if (this.#state.kind === "running") return this.#state.client;
    if (this.#state.kind === "failed" && this.#state.retryInMs === null)
      throw new ServerUnavailable(this.#state.reason);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Ends what runs and starts anew, at a person's wish: earlier crashes are forgotten. */
  async restart(): Promise<Client> {
    await this.stop();
    return this.running();
  }

  /** Resolves when the process is gone. */
  stop(): Promise<void> {
    this.#endedAtMs = [];
    const from = this.#state;
    if (from.kind === "stopped") return this.#stopping;
    if (from.kind !== "failed") this.#stopping = from.run.stop();
    this.#enter(stopped(from));
    return this.#stopping;
  }

  #start(from: Stopped | Failed): void {
    const isCurrent = () => "run" in this.#state && this.#state.run === run;
    const run = this.#options.startRun({
      running: (client) => {
        if (isCurrent() && this.#state.kind === "starting") this.#enter(running(this.#state, client));
      },
      silent: (silence) => {
        if (isCurrent() && this.#state.kind === "running") this.#enter(silent(this.#state, silence));
      },
      ended: (reason, { canRetry }) => {
        if (isCurrent() && "run" in this.#state) this.#ended(this.#state, reason, canRetry);
      },
    });
    this.#enter(starting(from, this.#endedAtMs.length + 1, run));
  }

  #ended(from: Starting | Running, reason: string, canRetry: boolean): void {
    this.#endedAtMs = recentEnds([...this.#endedAtMs, this.#options.now()]);
    const decision = canRetry ? decideRestart(this.#endedAtMs) : { kind: "giveUp" as const };
    if (decision.kind === "giveUp") {
      const why = canRetry
        ? `${reason} It ended ${this.#endedAtMs.length} times in a short while, so Belay does not start it again by itself.`
        : reason;
      this.#enter(failed(from, why, null));
      this.#options.gaveUp(why);
      return;
    }
    const state = failed(from, reason, decision.pauseMs);
    this.#enter(state);
    this.#retry = setTimeout(() => this.#start(state), decision.pauseMs);
  }

  #enter(state: ServerState): void {
    clearTimeout(this.#retry);
    const from = this.#state;
    this.#state = state;
    this.#options.changed(state, from);
    if (state.kind === "running") {
      for (const waiter of this.#takeWaiters()) waiter.resolve(state.client);
    } else if (state.kind === "stopped") {
      for (const waiter of this.#takeWaiters()) waiter.reject(new ServerUnavailable("Belay's server was stopped."));
    } else if (state.kind === "failed" && state.retryInMs === null) {
      for (const waiter of this.#takeWaiters()) waiter.reject(new ServerUnavailable(state.reason));
    }
  }

  #takeWaiters(): Waiter[] {
    return this.#waiters.splice(0);
  }
}

/** The state as the panel is told of it. */
export function statusOf(state: ServerState): ServerStatus {
  switch (state.kind) {
    case "stopped":
      return { kind: "stopped" };
    case "running":
      return state.silence === "none" ? { kind: "running" } : { kind: "running", silence: state.silence };
    case "starting":
      return { kind: "starting", attempt: state.attempt };
    case "failed":
      return { kind: "failed", reason: state.reason, retrying: state.retryInMs !== null };
    default:
      return state satisfies never;
  }
}
