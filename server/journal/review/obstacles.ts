// What stands where a file is to be put back: a folder with something of others in it, or a file or a link in a folder's
// place.
import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { dirname } from "node:path";
import { staysIn } from "../../files/name-turns.ts";
import { inParallel } from "../../util/in-parallel.ts";
import { linkAbove, linkInTheWay } from "../links.ts";
import { atATime } from "./pending.ts";
import { leftBy, placeOf, type Restoration } from "./undo-plan.ts";

/** Those that have something in their way which does not go with them are conflicts, with its name. */
export async function withObstacles(
  restorations: readonly Restoration[],
  shown: (path: string) => string,
): Promise<Restoration[]> {
  const going = leftBy(restorations);
  return inParallel(restorations, atATime, async (each) => {
    const { path, goal, reason } = each;
    for (const place of new Set([path, placeOf(each)])) {
      const link = await linkAbove(place, going);
      if (link !== null) return { ...each, outcome: "conflict", reason: await linkInTheWay(link, shown) };
    }
    if (goal.kind === "missing" || reason !== null) return each;
    const obstacle = await obstacleAt(placeOf(each), going, shown);
    return obstacle === null ? each : { ...each, outcome: "conflict", reason: obstacle };
  });
}

/** As a sentence; null: nothing is in the way. */
async function obstacleAt(
  path: string,
  going: ReadonlySet<string>,
  shown: (path: string) => string,
): Promise<string | null> {
  if ((await at(path))?.isDirectory()) {
    const staying = await staysIn(path, going);
    return staying === null ? null : `${shown(path)} is a folder now, and ${shown(staying)} is in it`;
  }
  for (let place = dirname(path); place !== dirname(place); place = dirname(place)) {
    const found = await at(place);
    if (found === null || going.has(place)) continue;
    return found.isFile() ? `${shown(place)} is a file now` : null;
  }
  return null;
}

/** Null for what is not there, or cannot be seen: to write there says why. */
function at(path: string): Promise<Stats | null> {
  return lstat(path).catch(() => null);
}
