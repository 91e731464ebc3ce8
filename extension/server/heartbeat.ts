// Notices that the server does not answer: asks it something cheap, over and over, and says how long it has been silent.
// Counts its own beats, not the clock: after the machine has slept every clock has jumped, and nobody was silent.

/** `short`: it should have answered by now. `long`: only a person can tell whether it is worth waiting any longer. */
export type Silence = "none" | "short" | "long";

export interface HeartbeatOptions {
  /** Settles with whatever the server answers; an error is an answer. */
  ask(): Promise<unknown>;
  changed(silence: Silence): void;
  beatMs: number;
}

export const BEAT_MS = 5_000;
/** So many beats without an answer: 10 and 30 seconds. */
const SHORT_BEATS = 2;
const LONG_BEATS = 6;

/** Until the function that it returns is called. One question is open at a time, so that silence piles nothing up. */
export function startHeartbeat({ ask, changed, beatMs }: HeartbeatOptions): () => void {
  let isOver = false;
  let isAsked = false;
  let missed = 0;
  let silence: Silence = "none";
  const become = (next: Silence) => {
    if (isOver || next === silence) return;
    silence = next;
    changed(next);
  };
  const answered = () => {
    isAsked = false;
    missed = 0;
    become("none");
  };
  const beat = () => {
    timer = setTimeout(beat, beatMs);
    if (isAsked) {
      missed++;
      become(missed >= LONG_BEATS ? "long" : missed >= SHORT_BEATS ? "short" : "none");
      return;
    }
    isAsked = true;
    ask().then(answered, answered);
  };
  let timer = setTimeout(beat, beatMs);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
