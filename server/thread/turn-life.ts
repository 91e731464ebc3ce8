// The life of a thread's turns: at most one runs; who starts it, what joins it, what stops it, and how it ends.
import {
  noTurnToInterrupt,
  noTurnToSteer,
  otherTurnActive,
  otherTurnSteered,
  turnIsPending,
  turnNotSteerable,
} from "../protocol/rpc/errors.ts";
import type { Turn } from "../protocol/turn.ts";
import { afterAnswer } from "../util/after-answer.ts";
import { orAborted } from "../util/or-aborted.ts";
import { endCrashed } from "./crashed-turn.ts";
import type { ReadInput } from "./read-input.ts";
import { emptyTurn, previewOf, summaryOf } from "./record.ts";
import { checkRoom } from "./saving.ts";
import type { SettingsOverrides } from "./settings.ts";
import { takeInput } from "./take-input.ts";
import type { Thread } from "./thread.ts";
import { runUserShell, type ShellCommand } from "./user-shell.ts";

//   idle --start--> running --the turn ends--> idle, or running again for what was said too late for it
// While it runs, further input joins the turn; `done` resolves when the turn has ended and said so.
type Activity = { kind: "idle"; failed: boolean } | { kind: "running"; done: Promise<void>; running: RunningTurn };

interface RunningTurn {
  readonly turnId: string;
  readonly abort: AbortController;
  /** It is to stop, as soon as who asked for that has an answer. */
  isStopping: boolean;
  /** Nothing may begin behind it: the thread is put away, or cut. */
  isLast: boolean;
  readonly waitingInput: QueuedInput[];
  /** What was said after the turn was told to stop: a turn of its own, by this id. */
  behind: { readonly turnId: string; readonly inputs: QueuedInput[] } | null;
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
  /** Of the item that it becomes; a new one when absent. */
  itemId?: string;
  /** Called once: it is in the rollout now. */
  taken?(): void;
}

/** What holds for one turn alone. */
export interface TurnOptions {
  outputSchema: Record<string, unknown> | null;
  rootTurnId: string | null;
}

/** A disk that takes longer holds up no turn's end: then it comes before what it says is safe from a loss of power. */
const MAX_SYNC_MS = 10_000;

export class TurnLife {
  readonly #thread: Thread;
  #activity: Activity = { kind: "idle", failed: false };
  #holds = 0;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  /** Null when none runs. */
  get runningTurnId(): string | null {
    return this.#running?.turnId ?? null;
  }

  /** The last turn did, and none has begun since. */
  get hasFailed(): boolean {
    return this.#activity.kind === "idle" && this.#activity.failed;
  }

  /** No turn runs, and nothing is going on that one must not begin in. */
  get isFree(): boolean {
    return this.#activity.kind === "idle" && this.#holds === 0;
  }

  forgetFailure(): void {
    if (this.#activity.kind === "idle") this.#activity.failed = false;
  }

  /** Until the result is called, `isFree` is false. */
  hold(): () => void {
    this.#holds++;
    return () => void this.#holds--;
  }

  /** Throws RpcError while the thread is being closed or cut: what began or joined then would be lost with it. */
  checkOpen(): void {
    if (this.#holds > 0) throw turnIsPending();
  }

  /** Starts a turn; while one runs, the input joins it, as the protocol has it. Returns the turn that takes it. */
  start(queued: QueuedInput, overrides: SettingsOverrides, options: TurnOptions): Turn {
    this.checkOpen();
    checkRoom(this.#thread.record.savingTrouble);
    const running = this.#running;
    if (running !== null) {
      checkSteerable(running);
      this.#thread.change(overrides);
      return emptyTurn(this.#join(running, queued));
    }
    return this.#beginWith(this.#thread.deps.newId(), [queued], { overrides, options });
  }

  /** Adds input to the turn that runs. Throws RpcError when none does, or another one. */
  steer(turnId: string, queued: QueuedInput): void {
    this.checkOpen();
    checkRoom(this.#thread.record.savingTrouble);
    const running = this.#running;
    if (running === null) throw noTurnToSteer();
    if (running.turnId !== turnId) throw otherTurnSteered(turnId, running.turnId);
    checkSteerable(running);
    this.#join(running, queued);
  }

  /** Makes the history shorter, in a turn of its own; one that runs is stopped for it. */
  compact(): void {
    this.checkOpen();
    const thread = this.#thread;
    checkRoom(thread.record.savingTrouble);
    // Before they are given up with their turn.
    const { openQuestions } = thread;
    const begin = () => {
      thread.record.persist("");
      this.#begin(
        emptyTurn(thread.deps.newId()),
        async (turn, { abort }) => {
          const { runCompactionTurn } = await loadTurns();
          return runCompactionTurn(thread, turn, openQuestions, abort);
        },
        { isCompaction: true },
      );
    };
    const running = this.#running;
    if (running === null) {
      begin();
      return;
    }
    running.next = begin;
    this.abort();
  }

  /** Runs a command of the user's own: within the turn that runs, else as a turn of its own. */
  runShell(command: ShellCommand): void {
    const thread = this.#thread;
    this.checkOpen();
    checkRoom(thread.record.savingTrouble);
    const running = this.#running;
    if (running === null) {
      thread.record.persist(`! ${command.command}`.slice(0, 400));
      this.#begin(emptyTurn(thread.deps.newId()), async (turn, { abort }) => {
        const { runShellTurn } = await loadTurns();
        return runShellTurn(thread, turn, command, abort);
      });
      return;
    }
    const ran = afterAnswer()
      .then(() => runUserShell(thread, running.turnId, command, running.abort.signal))
      // It takes no turn with it that goes on beside.
      .catch((error: unknown) => thread.deps.log("error", "a command of the user's own failed inside Belay", error))
      .finally(() => running.beside.delete(ran));
    running.beside.add(ran);
  }

  /** Throws RpcError when no turn runs, or another one. */
  interrupt(turnId: string): void {
    const running = this.#running;
    if (running === null) throw noTurnToInterrupt();
    if (running.turnId !== turnId) throw otherTurnActive(turnId, running.turnId);
    this.abort();
  }

  /** Stops whatever turn runs, once the client has its answer. False when none does. */
  abort(): boolean {
    const running = this.#running;
    if (running === null) return false;
    running.isStopping = true;
    void afterAnswer().then(() => running.abort.abort());
    return true;
  }

  /** Stops what runs and waits until it has ended. Nothing that was said meanwhile begins another. */
  async end(): Promise<void> {
    if (this.#activity.kind === "idle") return;
    const { running, done } = this.#activity;
    running.isLast = true;
    running.next = null;
    running.abort.abort();
    await done;
  }

  /** What the user added since; the reply that comes is not cut short for it any more. */
  takeWaitingInput(): QueuedInput[] {
    const running = this.#running;
    if (running === null) return [];
    running.newInput = new AbortController();
    return running.waitingInput.splice(0);
  }

  /** Waits for what runs beside the turn; true: there is input that the turn can still hear. */
  async hearsMore(): Promise<boolean> {
    const running = this.#running;
    if (running === null) return false;
    const { abort, waitingInput, beside } = running;
    while (beside.size > 0 && waitingInput.length === 0 && !abort.signal.aborted) {
      await orAborted(Promise.race(beside), AbortSignal.any([abort.signal, running.newInput.signal]));
    }
    return waitingInput.length > 0 && !abort.signal.aborted;
  }

  /** Resolves when nothing runs beside the turn any more. */
  async besideEnded(): Promise<void> {
    const beside = this.#running?.beside ?? new Set();
    while (beside.size > 0) await Promise.all(beside);
  }

  /** Aborted when input waits for the running turn. */
  get newInput(): AbortSignal {
    return this.#running?.newInput.signal ?? AbortSignal.abort();
  }

  get #running(): RunningTurn | null {
    return this.#activity.kind === "running" ? this.#activity.running : null;
  }

  /** Returns the id of the turn that will hear it. */
  #join(running: RunningTurn, queued: QueuedInput): string {
    if (isStopping(running)) {
      running.behind ??= { turnId: this.#thread.deps.newId(), inputs: [] };
      running.behind.inputs.push(queued);
      // If its process dies, it stays with the turn that ran, as what is said before a stop does.
      this.#thread.record.noteSaid(running.turnId, queued);
      return running.behind.turnId;
    }
    running.waitingInput.push(queued);
    this.#thread.record.noteSaid(running.turnId, queued);
    void afterAnswer().then(() => running.newInput.abort());
    return running.turnId;
  }

  #beginWith(
    turnId: string,
    [first, ...more]: readonly [QueuedInput, ...QueuedInput[]],
    { overrides, options }: { overrides: SettingsOverrides; options: TurnOptions },
  ): Turn {
    const thread = this.#thread;
    const tellSettings = thread.changeLater(overrides);
    // Before the answer: who has that relies on it, whenever the turn begins.
    thread.record.persist(previewOf(first.input));
    for (const queued of [first, ...more]) thread.record.noteSaid(turnId, queued);
    const run = async (turn: Turn, running: RunningTurn) => {
      running.waitingInput.unshift(...more);
      const { runThreadTurn } = await loadTurns();
      tellSettings();
      return runThreadTurn(thread, turn, first, { ...options, abort: running.abort });
    };
    return this.#begin(emptyTurn(turnId, options.rootTurnId ?? turnId), run, { prompt: first });
  }

  #begin(
    turn: Turn,
    run: (turn: Turn, running: RunningTurn) => Promise<boolean>,
    { isCompaction = false, prompt = null }: { isCompaction?: boolean; prompt?: QueuedInput | null } = {},
  ): Turn {
    const running: RunningTurn = {
      turnId: turn.id,
      abort: new AbortController(),
      isStopping: false,
      isLast: false,
      waitingInput: [],
      behind: null,
      newInput: new AbortController(),
      beside: new Set(),
      isCompaction,
      next: null,
    };
    const done = afterAnswer().then(async () => {
      try {
        const failed = await run(turn, running);
        await this.#endTurn(running, { failed });
      } catch (error) {
        endCrashed(this.#thread, turn.id, { error, prompt });
        await this.#endTurn(running, { failed: true });
      }
    });
    this.#activity = { kind: "running", done, running };
    return turn;
  }

  /** The model hears it with the next turn, whenever that is. */
  #recordUnheard(running: RunningTurn): void {
    for (const queued of takeUnheard(running)) takeInput(this.#thread, running.turnId, queued);
  }

  async #endTurn(running: RunningTurn, { failed }: { failed: boolean }): Promise<void> {
    const thread = this.#thread;
    const { turnId } = running;
    if (running.isLast) this.#recordUnheard(running);
    const turn = thread.record.takeEnded(turnId);
    thread.record.touch();
    const ids = { threadId: thread.id, turnId };
    const tellEnd =
      turn === null
        ? null
        : thread.record.emitLater({ method: "turn/completed", params: { threadId: thread.id, turn: summaryOf(turn) } });
    // What is told of as over outlives the machine's power, too. What is said meanwhile waits as for any turn, unless the
    // thread is put away or cut by then.
    await orAborted(thread.record.flush(), AbortSignal.timeout(MAX_SYNC_MS));
    if (running.isLast) this.#recordUnheard(running);
    this.#activity = { kind: "idle", failed };
    thread.announceStatus();
    if (turn?.error) thread.record.emit({ method: "error", params: { error: turn.error, willRetry: false, ...ids } });
    tellEnd?.();
    running.next?.();
    this.#answerUnheard(running);
    thread.deps.turnEnded(thread.id);
  }

  /** What was said too late for the turn that has just ended is answered all the same. */
  #answerUnheard(ended: RunningTurn): void {
    const [first, ...more] = takeUnheard(ended);
    if (first === undefined) return;
    const turnId = ended.behind?.turnId ?? this.#thread.deps.newId();
    const running = this.#running;
    if (running === null) {
      this.#beginWith(turnId, [first, ...more], { overrides: {}, options: { outputSchema: null, rootTurnId: null } });
      return;
    }
    running.behind = { turnId, inputs: [first, ...more] };
    for (const queued of running.behind.inputs) this.#thread.record.noteSaid(running.turnId, queued);
  }
}

function isStopping({ isStopping: isAsked, abort }: RunningTurn): boolean {
  return isAsked || abort.signal.aborted;
}

function checkSteerable(running: RunningTurn): void {
  if (running.isCompaction && !isStopping(running)) throw turnNotSteerable("compact");
}

function takeUnheard({ waitingInput, behind }: RunningTurn): QueuedInput[] {
  return [...waitingInput.splice(0), ...(behind?.inputs.splice(0) ?? [])];
}

/** What a turn takes (the loop, the tools) is loaded with the first one: starting and listing do without. */
function loadTurns() {
  return import("./thread-turn.ts");
}
