// Notices that an answer will not go on, and ends it: too long without an event, a machine that was asleep meanwhile,
// or bytes without end and no event in them.
import { uptime } from "node:os";

/** What came of it. */
export type Lost = "idle" | "slept" | "flood";

export interface Watchdog {
  /** Aborted when the answer is lost. */
  readonly signal: AbortSignal;
  /** Null: it is not. */
  readonly lost: Lost | null;
  /**
   * Only events count as life. Comments and single bytes do not: a proxy sends those for hours in place of a model that
   * is gone.
   */
  sawEvent(): void;
  sawBytes(count: number): void;
  stop(): void;
}

/** The longest that a timer can wait. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
const BEAT_MS = 100;
const LOOK_MS = 5_000;
/** Shorter, and the connection may well live on; a process that was only stopped for a moment reads what has come. */
const AWAY_MS = 30_000;
const MAX_BYTES_WITHOUT_EVENT = 64 * 1024 * 1024;

/** `clockMs` must go on while the machine sleeps, and must not be set by anybody: timers alone stand still, then. */
export function startWatchdog(idleTimeoutMs: number, clockMs: () => number = sinceBootMs): Watchdog {
  const abort = new AbortController();
  let lost: Lost | null = null;
  const lose = (why: Lost) => {
    lost ??= why;
    abort.abort();
  };
  let bytes = 0;
  let lookedAt = clockMs();
  // In time that this process had: what came while it could not run is read before the next beat.
  let silentMs = 0;
  const beats = setInterval(() => {
    silentMs += BEAT_MS;
    if (silentMs >= idleTimeoutMs) lose("idle");
  }, BEAT_MS);
  const looks = setInterval(() => {
    const now = clockMs();
    if (now - lookedAt - LOOK_MS > AWAY_MS) lose("slept");
    lookedAt = now;
  }, LOOK_MS);
  return {
    signal: abort.signal,
    get lost() {
      return lost;
    },
    sawEvent() {
      bytes = 0;
      silentMs = 0;
    },
    sawBytes(count) {
      bytes += count;
      if (bytes > MAX_BYTES_WITHOUT_EVENT) lose("flood");
    },
    stop() {
      clearInterval(beats);
      clearInterval(looks);
    },
  };
}

/** Not the time of day, which people and time servers set. */
function sinceBootMs(): number {
  try {
    return uptime() * 1000;
  } catch {
    // Some sandboxes do not tell. Then a sleep shows as silence.
    return performance.now();
  }
}
