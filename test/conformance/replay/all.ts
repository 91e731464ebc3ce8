// All replays, and the run that compares both servers over each of them.
import { sideBySide } from "../side-by-side.ts";
import { clientRequests, serverRequests } from "../../../server/protocol/methods.ts";
import { compare } from "./compare.ts";
import { differences } from "./differences.ts";
import { conversation } from "./events.ts";
import { type Found, judge, type Judgement } from "./judge.ts";
import { methodsOf, play, type Replay } from "./replay.ts";
import { commandReplays } from "./replays/commands.ts";
import { interruptReplays } from "./replays/interrupts.ts";
import { lifecycleReplays } from "./replays/lifecycle.ts";
import { modelTroubleReplays } from "./replays/model-trouble.ts";
import { patchReplays } from "./replays/patches.ts";
import { queueReplays } from "./replays/queues.ts";
import { threadReplays } from "./replays/threads.ts";
import { workspaceReplays } from "./replays/workspace.ts";

const replays: readonly Replay[] = [
  ...commandReplays,
  ...patchReplays,
  ...lifecycleReplays,
  ...interruptReplays,
  ...modelTroubleReplays,
  ...threadReplays,
  ...queueReplays,
  ...workspaceReplays,
];

/** What clients and servers ask of each other in them. */
export const replayedMethods: ReadonlySet<string> = new Set(replays.flatMap(methodsOf));

export interface ReplayReport extends Judgement {
  readonly played: readonly string[];
  /** Replays that could not be played to their end, and why. */
  readonly broken: readonly string[];
  /** Replays of methods that our server does not have, with these methods. */
  readonly waiting: readonly { name: string; for: readonly string[] }[];
  /** Methods that were compared. */
  readonly methods: ReadonlySet<string>;
}

/** `told` hears of each replay when it is through. */
export async function driveReplays(filter: string, told: (line: string) => void): Promise<ReplayReport> {
  const chosen = replays.filter((replay) => [replay.name, ...methodsOf(replay)].some((word) => word.includes(filter)));
  const waiting = chosen
    .map((replay) => ({ name: replay.name, for: missing(replay) }))
    .filter((one) => one.for.length > 0);
  const playable = chosen.filter(({ name }) => !waiting.some((one) => one.name === name));
  const broken: string[] = [];
  const played: string[] = [];
  const found = await sideBySide(playable, async (replay): Promise<Found[]> => {
    try {
      const [ours, native] = await both(replay);
      const differing = compare(conversation(ours), conversation(native));
      played.push(replay.name);
      told(`${replay.name}: ${differing.length} differences`);
      return differing.map((difference) => ({ ...difference, replay: replay.name }));
    } catch (error) {
      broken.push(`${replay.name}: ${(error as Error).message}`);
      told(`${replay.name}: FAILED`);
      return [];
    }
  });
  const methods = new Set(playable.filter(({ name }) => played.includes(name)).flatMap(methodsOf));
  const judgement = judge(found.flat(), differences, played);
  // A part of the replays says nothing about entries for all of them.
  const outdated = filter === "" ? judgement.outdated : [];
  return { ...judgement, outdated, played, broken, waiting, methods };
}

/** Side by side; a failure names the server, and the other one is awaited, so that it leaves nothing behind. */
async function both(replay: Replay) {
  const [ours, native] = await Promise.allSettled([play(replay, "ours"), play(replay, "native")]);
  if (ours.status === "rejected") throw new Error(`ours: ${(ours.reason as Error).message}`);
  if (native.status === "rejected") throw new Error(`the original: ${(native.reason as Error).message}`);
  return [ours.value, native.value] as const;
}

const neverThere = new Set(["foo/bar", "thread/rollback"]);

function missing(replay: Replay): string[] {
  return methodsOf(replay).filter(
    (method) =>
      !Object.hasOwn(clientRequests, method) && !Object.hasOwn(serverRequests, method) && !neverThere.has(method),
  );
}
