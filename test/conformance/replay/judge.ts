// Sorts differences into those that the table allows and those that it does not, and finds entries that are out of date.
import type { Difference } from "./compare.ts";
import type { Allowed, Change } from "./differences.ts";

export interface Found extends Difference {
  readonly replay: string;
}

export interface Judgement {
  /** What no entry allows, the same ones in several replays together. */
  readonly unlisted: readonly (Difference & { readonly replays: readonly string[] })[];
  readonly listed: number;
  /** What the table allows and no longer occurs. */
  readonly outdated: readonly (Change & Pick<Allowed, "why">)[];
}

/** `played`: the replays that were compared. What is allowed in others cannot be out of date. */
export function judge(found: readonly Found[], table: readonly Allowed[], played: readonly string[]): Judgement {
  const unlisted = new Map<string, Difference & { replays: string[] }>();
  const used = new Set<Change>();
  let listed = 0;
  for (const difference of found) {
    const changes = table
      .filter((entry) => entry.in?.includes(difference.replay) ?? true)
      .flatMap(({ what }) => what.filter((change) => allows(change, difference)));
    for (const change of changes) used.add(change);
    if (changes.length > 0) {
      listed++;
      continue;
    }
    const { replay, ...rest } = difference;
    const key = [rest.kind, rest.at, rest.member, rest.member === undefined ? "" : rest.detail].join(" ");
    const known = unlisted.get(key) ?? { ...rest, replays: [] };
    unlisted.set(key, { ...known, replays: [...new Set([...known.replays, replay])] });
  }
  const outdated = table
    .filter((entry) => entry.sometimes !== true && (entry.in ?? []).every((replay) => played.includes(replay)))
    .flatMap(({ why, what }) => what.filter((change) => !used.has(change)).map((change) => ({ ...change, why })));
  return { unlisted: [...unlisted.values()], listed, outdated };
}

function allows(change: Change, { kind, at, member }: Found): boolean {
  if (change.kind !== kind || !matchesAny(change.at, at)) return false;
  if (change.member === undefined || member === undefined) return change.member === member;
  return matchesAny(change.member, member);
}

function matchesAny(patterns: string | readonly string[], text: string): boolean {
  return [patterns].flat().some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replaceAll(/[.[\]]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`).test(text);
  });
}
