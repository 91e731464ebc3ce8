// Signs of life of who holds a lock, for those who cannot see its process: the time of the file moves every few seconds.
import { futimesSync } from "node:fs";
import { Silence } from "../util/silence.ts";

const EVERY_MS = 5_000;
/** So many beats may stay away. */
const MISSED = 4;

export interface Clocks {
  /** Only goes forward; it may stand still while the machine sleeps. */
  monotonicMs(): number;
  /** May be set; it has gone on while the machine slept. */
  wallMs(): number;
}

export class Heartbeat {
  readonly #clocks: Clocks;
  readonly #held = new Map<string, { fd: number; isOurs: () => boolean; beatAt: ReturnType<Heartbeat["now"]> }>();
  readonly #others: Silence;
  #timer: NodeJS.Timeout | null = null;

  constructor(clocks: Clocks = { monotonicMs: () => performance.now(), wallMs: () => Date.now() }) {
    this.#clocks = clocks;
    this.#others = new Silence(EVERY_MS * MISSED, clocks.monotonicMs);
  }

  /** `isOurs` looks whether the lock was taken over, and beats when it was not. */
  begin(path: string, fd: number, isOurs: () => boolean): void {
    this.#held.set(path, { fd, isOurs, beatAt: this.now() });
    this.#timer ??= setInterval(() => this.beatAll(), EVERY_MS).unref();
  }

  end(path: string): void {
    this.#held.delete(path);
    if (this.#held.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  beatAll(): void {
    for (const [path, { isOurs }] of [...this.#held]) {
      if (this.isOverdue(path)) isOurs();
      else this.beat(path);
    }
  }

  /** Does not throw. */
  beat(path: string): void {
    const held = this.#held.get(path);
    if (held === undefined) return;
    const beatAt = this.now();
    try {
      futimesSync(held.fd, beatAt.wallMs / 1000, beatAt.wallMs / 1000);
      held.beatAt = beatAt;
    } catch {
      // Overdue from now on, by and by.
    }
  }

  /** Long enough without a beat that another may be about to take it over: stopped, asleep, or out of touch. */
  isOverdue(path: string): boolean {
    const held = this.#held.get(path);
    if (held === undefined) return false;
    const { monotonicMs, wallMs } = this.now();
    const silentMs = Math.max(monotonicMs - held.beatAt.monotonicMs, Math.abs(wallMs - held.beatAt.wallMs));
    return silentMs > (EVERY_MS * MISSED) / 2;
  }

  /** Somebody else's: it has not been touched for long. */
  isSilent(path: string, owner: string): boolean {
    return this.#others.isSilent(path, owner);
  }

  now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.#clocks.monotonicMs(), wallMs: this.#clocks.wallMs() };
  }
}
