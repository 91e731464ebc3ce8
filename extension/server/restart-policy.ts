// When a server that ended by itself is started again. Pure: times go in, a decision comes out.

/** The pause before the first, second, ... restart. As many restarts are tried as there are pauses. */
const pausesMs: readonly number[] = [200, 1_000, 2_000, 4_000];
const withinMs = 3 * 60_000;

export type RestartDecision = { kind: "restart"; pauseMs: number } | { kind: "giveUp" };

/** Those that count: the newest, which is the last, and what came shortly before it. On a clock that never jumps. */
export function recentEnds(endedAtMs: readonly number[]): number[] {
  const newest = endedAtMs.at(-1) ?? 0;
  return endedAtMs.filter((time) => newest - time < withinMs);
}

/** `endedAtMs`: every unplanned end since a person last started the server, the newest last. */
export function decideRestart(endedAtMs: readonly number[]): RestartDecision {
  const pauseMs = pausesMs[recentEnds(endedAtMs).length - 1];
  return pauseMs === undefined ? { kind: "giveUp" } : { kind: "restart", pauseMs };
}
