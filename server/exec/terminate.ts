// How a program's life ends: by itself, asked to, or forced to. Never hangs, whatever holds its pipes.
import { patientTimeout } from "../util/patient-timeout.ts";

export type StopReason = "timedOut" | "aborted";

/** A program that was started, with everything it started in its process group. */
export interface Child {
  kill(signal: "SIGTERM" | "SIGKILL"): void;
  onceExited(listener: () => void): void;
  closePipes(): void;
}

export interface Ending {
  /** Null when nobody asked for it. */
  stopReason(): StopReason | null;
  /** Resolves when even SIGKILL had no effect in time: the program is then left to the kernel. */
  readonly givenUp: Promise<void>;
  /** Ends every timer and listener. */
  [Symbol.dispose](): void;
}

// running -> stopping (SIGTERM unless in a hurry, then SIGKILL) -> draining (its pipes may still hold output)
// running -> draining, when it exits by itself
type Stage =
  | { kind: "running" }
  | { kind: "stopping"; reason: StopReason }
  | { kind: "draining"; reason: StopReason | null };

const usualGraceMs = 300;
const giveUpAfterKillMs = 1500;
const drainMs = 500;

export function superviseEnd(
  child: Child,
  limits: {
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
    /** How long SIGTERM may take; 0: none is sent. */
    termGraceMs?: number | undefined;
  },
): Ending {
  const termGraceMs = limits.termGraceMs ?? usualGraceMs;
  let stage: Stage = { kind: "running" };
  let giveUp = () => {};
  const givenUp = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const calledOff: (() => void)[] = [];
  const after = (delayMs: number, act: () => void) => {
    const timer = setTimeout(act, delayMs);
    calledOff.push(() => clearTimeout(timer));
  };
  /** What the child has for itself: not the time in which nobody could run, and its end could not be seen. */
  const patientlyAfter = (delayMs: number, act: () => void) => calledOff.push(patientTimeout(act, delayMs));

  function stop(reason: StopReason): void {
    if (stage.kind !== "running") return;
    stage = { kind: "stopping", reason };
    if (termGraceMs === 0) {
      child.kill("SIGKILL");
    } else {
      child.kill("SIGTERM");
      patientlyAfter(termGraceMs, () => child.kill("SIGKILL"));
    }
    patientlyAfter(termGraceMs + giveUpAfterKillMs, () => {
      child.closePipes();
      giveUp();
    });
  }

  const abort = () => stop("aborted");
  child.onceExited(() => {
    stage = { kind: "draining", reason: stage.kind === "running" ? null : stage.reason };
    // What it left running in its group ends with it: a command that has returned holds nothing.
    child.kill("SIGKILL");
    // A process that left the group may hold the pipes for ever. The detour through setImmediate reads what is in them
    // already, even if the event loop was busy until now.
    after(drainMs, () => setImmediate(() => child.closePipes()));
  });
  limits.signal?.addEventListener("abort", abort);
  if (limits.signal?.aborted) abort();
  // A timer above this fires at once; a limit of 24 days is no limit.
  // By the same detour one that has ended while we could not run has not taken too long.
  const late = () => setImmediate(() => stop("timedOut"));
  if (limits.timeoutMs !== undefined && limits.timeoutMs < 2 ** 31) after(limits.timeoutMs, late);

  return {
    stopReason: () => (stage.kind === "running" ? null : stage.reason),
    givenUp,
    [Symbol.dispose]() {
      limits.signal?.removeEventListener("abort", abort);
      for (const callOff of calledOff) callOff();
    },
  };
}
