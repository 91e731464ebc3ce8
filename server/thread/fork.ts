// Which lines of a rollout a fork begins with. Pure.
import { invalidInput, turnNotFound } from "../protocol/rpc/errors.ts";
import { type LivingLine, startedTurn } from "../rollout/living-lines.ts";

/** Up to and with `lastTurnId`, or up to and without `beforeTurnId`. Throws RpcError for a turn that is not there. */
export function forkedLines(
  lines: readonly LivingLine[],
  { lastTurnId, beforeTurnId }: { lastTurnId?: string | null | undefined; beforeTurnId?: string | null | undefined },
): readonly LivingLine[] {
  if (lastTurnId && beforeTurnId) throw invalidInput("set only one of lastTurnId and beforeTurnId");
  if (beforeTurnId) {
    const start = lines.findIndex((line) => startedTurn(line) === beforeTurnId);
    if (start === -1) throw turnNotFound(beforeTurnId);
    return lines.slice(0, start);
  }
  if (lastTurnId) {
    const start = lines.findIndex((line) => startedTurn(line) === lastTurnId);
    if (start === -1) throw turnNotFound(lastTurnId);
    // A turn without an end is cut off where the next one begins.
    const next = lines.findIndex((line, at) => at > start && startedTurn(line) !== null);
    return next === -1 ? lines : lines.slice(0, next);
  }
  return lines;
}
