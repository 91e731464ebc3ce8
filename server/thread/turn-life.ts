// The life of a thread's turns: at most one runs; who starts it, what joins it, what stops it, and how it ends.
import {
  noTurnToInterrupt,
  noTurnToSteer,
  otherTurnActive,
  otherTurnSteered,
  turnNotSteerable,
} from "../protocol/rpc/errors.ts";
import type { Turn } from "../protocol/turn.ts";
import { afterAnswer } from "../util/after-answer.ts";
import { endCrashed } from "./crashed-turn.ts";
import type { ReadInput } from "./read-input.ts";
import { emptyTurn, previewOf, summaryOf } from "./record.ts";
import { checkRoom } from "./saving.ts";
import type { SettingsOverrides } from "./settings.ts";
import type { Thread } from "./thread.ts";
import { runUserShell, type ShellCommand } from "./user-shell.ts";

//   idle --start--> running --the turn ends--> idle
// While it runs, further input joins the turn; `done` resolves when the turn has ended and said so.
type Activity = { kind: "idle"; failed: boolean } | ({ kind: "running"; done: Promise<void> } & RunningTurn);

interface RunningTurn {
  readonly turnId: string;
  readonly abort: AbortController;
  readonly waitingInput: QueuedInput[];
  /** Aborted when input waits: a reply that is being streamed is cut short for it. Renewed when it is taken. */
  newInput: AbortController;
  /** Commands of the user's own that run beside; the turn ends behind them. */
  readonly beside: Set<Promise<void>>;
  /** It makes the history shorter, and takes no input. */
  readonly isCompaction: boolean;
  /** Begins the turn that this one makes room for. */
  next: (() => void) | null;
}

export interface QueuedInput extends ReadInput {
  clientId: string | null;
}

/** What holds for one turn alone. */
export interface TurnOptions {
  outputSchema: Record<string, unknown> | null;
  rootTurnId: string | null;
}

/** What a turn does to the thread's own record and file. */
interface TurnHooks {
  /** From now on the thread is on disk, and called by this when it has no name yet. */
  persist(preview: string): void;
  /** Something has just happened in it. */
  touch(): void;
  /** Puts what was written onto the disk itself. */
  flush(): void;
}

export class TurnLife {
  readonly #thread: Thread;
  readonly #hooks: TurnHooks;
  #activity: Activity = { kind: "idle", failed: false };

  constructor(thread: Thread, hooks: TurnHooks) {
    this.#thread = thread;
    this.#hooks = hooks;
  }

  /** Null when none runs. */
  get runningTurnId(): string | null {
    return this.#activity.kind === "running" ? this.#activity.turnId : null;
  }

  /** The last turn did, and none has begun since. */
  get hasFailed(): boolean {
    return this.#activity.kind === "idle" && this.#activity.failed;
  }

  forgetFailure(): void {
    if (this.#activity.kind === "idle") this.#activity.failed = false;
  }

  /** Starts a turn; while one runs, the input joins it, as the protocol has it. Returns the turn that takes it. */
  start(queued: QueuedInput, overrides: SettingsOverrides, options: TurnOptions): Turn {
    const thread = this.#thread;
    checkRoom(thread.savingTrouble);
    if (this.#activity.kind === "running") {
      if (this.#activity.isCompaction) throw turnNotSteerable("compact");
      thread.change(overrides);
      join(this.#activity, queued);
      return emptyTurn(this.#activity.turnId);
    }
    return this.#begin(options.rootTurnId, async (turn, running) => {
      const { runThreadTurn } = await loadTurns();
      thread.change(overrides);
      this.#hooks.persist(previewOf(queued.input));
      return runThreadTurn(thread, turn, queued, { ...options, ...running });
    });
  }

  /** Adds input to the turn that runs. Throws RpcError when none does, or another one. */
  steer(turnId: string, queued: QueuedInput): void {
    checkRoom(this.#thread.savingTrouble);
    if (this.#activity.kind === "idle") throw noTurnToSteer();
    if (this.#activity.turnId !== turnId) throw otherTurnSteered(turnId, this.#activity.turnId);
    if (this.#activity.isCompaction) throw turnNotSteerable("compact");
    join(this.#activity, queued);
  }

  /** Makes the history shorter, in a turn of its own; one that runs is stopped for it. */
  compact(): void {
    const thread = this.#thread;
    // Before they are given up with their turn.
    const { openQuestions } = thread;
    const begin = () =>
      void this.#begin(
        null,
        async (turn, { abort }) => {
          const { runCompactionTurn } = await loadTurns();
          this.#hooks.persist("");
          return runCompactionTurn(thread, turn, openQuestions, abort);
        },
        { isCompaction: true },
      );
    if (this.#activity.kind === "idle") {
      begin();
      return;
    }
    this.#activity.next = begin;
    this.abort();
  }

  /** Runs a command of the user's own: within the turn that runs, else as a turn of its own. */
  runShell(command: ShellCommand): void {
    const thread = this.#thread;
    checkRoom(thread.savingTrouble);
    if (this.#activity.kind === "idle") {
      this.#begin(null, async (turn, { abort }) => {
        const { runShellTurn } = await loadTurns();
        this.#hooks.persist(`! ${command.command}`.slice(0, 400));
        return runShellTurn(thread, turn, command, abort);
      });
      return;
    }
    const running = this.#activity;
    const ran = afterAnswer().then(async () => {
      thread.recordHistory([await runUserShell(thread, running.turnId, command, running.abort.signal)]);
    });
    running.beside.add(ran);
    void ran.then(() => running.beside.delete(ran));
  }

  /** Throws RpcError when no turn runs, or another one. */
  interrupt(turnId: string): void {
    if (this.#activity.kind === "idle") throw noTurnToInterrupt();
    if (this.#activity.turnId !== turnId) throw otherTurnActive(turnId, this.#activity.turnId);
    this.abort();
  }

  /** Stops whatever turn runs, once the client has its answer. False when none does. */
  abort(): boolean {
    if (this.#activity.kind === "idle") return false;
    const { abort } = this.#activity;
    void afterAnswer().then(() => abort.abort());
    return true;
  }

  /** Stops what runs and waits until it has ended. */
  async end(): Promise<void> {
    const activity = this.#activity;
    if (activity.kind === "idle") return;
    activity.next = null;
    activity.abort.abort();
    await activity.done;
  }

  /** What the user added since; the reply that comes is not cut short for it any more. */
  takeWaitingInput(): QueuedInput[] {
    if (this.#activity.kind === "idle") return [];
    this.#activity.newInput = new AbortController();
    return this.#activity.waitingInput.splice(0);
  }

  /** Aborted when input waits for the running turn. */
  get newInput(): AbortSignal {
    return this.#activity.kind === "running" ? this.#activity.newInput.signal : AbortSignal.abort();
  }

  #begin(
    rootTurnId: string | null,
    run: (turn: Turn, running: RunningTurn) => Promise<boolean>,
    { isCompaction } = { isCompaction: false },
  ): Turn {
    const turnId = this.#thread.deps.newId();
    const turn = emptyTurn(turnId, rootTurnId ?? turnId);
    const running: RunningTurn = {
      turnId,
      abort: new AbortController(),
      waitingInput: [],
      newInput: new AbortController(),
      beside: new Set(),
      isCompaction,
      next: null,
    };
    const done = afterAnswer().then(async () => {
      try {
        const failed = await run(turn, running);
        await Promise.all(running.beside);
        this.#endTurn(turn.id, { failed });
      } catch (error) {
        endCrashed(this.#thread, turn.id, error);
        this.#endTurn(turn.id, { failed: true });
      }
    });
    this.#activity = { kind: "running", done, ...running };
    return turn;
  }

  #endTurn(turnId: string, { failed }: { failed: boolean }): void {
    const thread = this.#thread;
    const turn = thread.turns.find(({ id }) => id === turnId);
    const next = this.#activity.kind === "running" ? this.#activity.next : null;
    this.#activity = { kind: "idle", failed };
    this.#hooks.touch();
    thread.announceStatus();
    const ids = { threadId: thread.id, turnId };
    if (turn?.error) thread.emit({ method: "error", params: { error: turn.error, willRetry: false, ...ids } });
    if (turn !== undefined) {
      thread.emit({ method: "turn/completed", params: { threadId: thread.id, turn: summaryOf(turn) } });
    }
    this.#hooks.flush();
    next?.();
    thread.deps.turnEnded(thread.id);
  }
}

function join(running: RunningTurn, queued: QueuedInput): void {
  running.waitingInput.push(queued);
  void afterAnswer().then(() => running.newInput.abort());
}

/** What a turn takes (the loop, the tools) is loaded with the first one: starting and listing do without. */
function loadTurns() {
  return import("./thread-turn.ts");
}
