// What of a thread's history a fork begins with. Pure.
import { invalidInput, turnNotFound } from "../protocol/rpc/errors.ts";
import { type Chain, isDeep } from "../rollout/chain.ts";
import type { ReadLine, ThreadBase } from "../rollout/line.ts";
import { promptTurn, livingLines, saidTo, startedTurn, startOf } from "../rollout/living-lines.ts";

export interface ForkStart {
  /** What the source was there, with what had been cut off before. */
  lines: readonly ReadLine[];
  /** Where that ends, in the file of the source or of one that it was itself forked from; null: the fork has a copy. */
  base: ThreadBase | null;
}

/** Up to and with `lastTurnId`, or up to and without `beforeTurnId`. Throws RpcError for a turn that is not there. */
export function forkStart(
  chain: Chain,
  { lastTurnId, beforeTurnId }: { lastTurnId?: string | null | undefined; beforeTurnId?: string | null | undefined },
): ForkStart {
  if (lastTurnId && beforeTurnId) throw invalidInput("set only one of lastTurnId and beforeTurnId");
  const first = lastTurnId ? turnBehind(chain, lastTurnId) : (beforeTurnId ?? null);
  const shared = (base: ThreadBase | null) => (isDeep(chain) ? null : base);
  if (!first) return { lines: chain.lines, base: shared(chain.end) };
  if (!livingTurns(chain).includes(first)) throw turnNotFound(first);
  // What a turn of another name has cut off since is cut off by a line that stands before this one.
  const at = chain.lines.findLastIndex((line) => startedTurn(line) === first);
  // Its process died before it began: nothing stands behind it.
  const prompt = at === -1 ? startOf(chain.lines, first) : -1;
  // What begins it is damaged: no place in a file is known to be right before it.
  if (prompt !== -1) return { lines: withoutSaid(chain.lines.slice(0, prompt)), base: null };
  if (at === -1) return { lines: chain.lines.filter((line) => saidTo(line) !== first), base: shared(chain.end) };
  // What was said before that has been taken, if not by a turn before that, then by one behind it.
  const lines = withoutSaid(chain.lines.slice(0, at));
  return { lines, base: shared(chain.turnStarts.get(first) ?? null) };
}

function withoutSaid(lines: readonly ReadLine[]): ReadLine[] {
  return lines.filter(({ type }) => type !== "said");
}

/** Null: that turn is the last one. */
function turnBehind(chain: Chain, turnId: string): string | null {
  const living = livingTurns(chain);
  const at = living.indexOf(turnId);
  if (at === -1) throw turnNotFound(turnId);
  return living[at + 1] ?? null;
}

function livingTurns({ lines }: Chain): string[] {
  return [
    ...new Set(livingLines(lines).flatMap((line) => startedTurn(line) ?? promptTurn(line) ?? saidTo(line) ?? [])),
  ];
}
