// From the lines of a rollout, behind those of the rollouts it begins in, back to a thread, as it was when the last one
// was written. Pure. The lines are not to be used afterwards: the thread is made of what is in them.
import { isDeepStrictEqual } from "node:util";
import type { HistoryItem } from "../model/model.ts";
import type { Turn, TurnPlanUpdatedNotification } from "../protocol/turn.ts";
import type { Compacted, ReadLine, RolloutEntry, Said, ThreadMeta } from "../rollout/line.ts";
import { promptTurn, livingLines, startedTurn } from "../rollout/living-lines.ts";
import { otherHalf } from "./half-told.ts";
import { restoreSettings } from "./settings.ts";
import { type AnnouncedUsage, emptyTurn, type ThreadRecord } from "./record.ts";
import { takenLines } from "./said.ts";
import { noteStart, noteUsage, replaceHistory, type ToldHistory } from "./told-history.ts";
import { applyToTurns, closeAbandoned } from "./turn-log.ts";

/** Null when the lines do not say whose they are. */
export function rebuildRecord(lines: readonly ReadLine[]): ThreadRecord | null {
  let meta: ThreadMeta | null = null;
  /** Whoever cannot read what was allowed allows little. */
  let stored: Record<string, unknown> = {};
  const told: Told[] = [];
  const record: Pick<ThreadRecord, "turns" | "metadata"> = { turns: [], metadata: { name: null, gitInfo: null } };
  const said: SaidLines = new Map();
  const cutAt = forkTimes(lines);
  const begun = new Set(lines.map(startedTurn));
  for (const line of livingLines(lines)) {
    const unbegun = begun.has(promptTurn(line)) ? null : promptTurn(line);
    // The line that begins its turn is damaged, and not the turn with it.
    if (unbegun !== null) record.turns.push({ ...emptyTurn(unbegun), itemsView: "full" });
    begun.add(unbegun);
    const turnId = startedTurn(line) ?? unbegun;
    if (turnId !== null) told.push({ type: "turnStart", turnId });
    switch (line.type) {
      case "threadMeta":
        if (meta === null) meta = line.payload;
        else if (line.payload.base?.threadId === meta.id) {
          // What ran there when the fork was made goes on there alone.
          closeAbandoned(record.turns, cutAt.get(line) ?? null);
          // What the fork has of it, it wrote down itself.
          said.clear();
          meta = line.payload;
        }
        break;
      case "settings":
        stored = line.payload;
        break;
      case "metadata":
        record.metadata = line.payload;
        break;
      case "history":
        told.push(line.payload);
        break;
      case "notification":
        // The lines are read for this alone: what is in them need not be copied.
        applyToTurns(record.turns, line.payload, (item) => item);
        if (line.payload.method === "thread/tokenUsage/updated") {
          told.push({ type: "usage", usage: line.payload.params });
        } else if (line.payload.method === "turn/plan/updated") {
          told.push({ type: "plan", plan: line.payload.params });
        }
        break;
      case "said":
        // Once more when it goes to another turn than it was said to.
        said.set(line.payload.itemId, { said: line.payload, atMs: timeOf(line) ?? 0 });
        break;
      case "compacted":
        told.push({ type: "compacted", ...line.payload });
        break;
      default:
        // The reader passes over what it does not know.
        line satisfies never;
    }
  }
  if (meta === null) return null;
  const { settings, substituted } = restoreSettings(stored, meta);
  const lastAtMs = timeOf(lines.at(-1));
  const recovered = recover(lines.at(-1), { turns: record.turns, told, said, threadId: meta.id });
  closeAbandoned(record.turns, lastAtMs);
  dropUnaskedOutputs(told);
  answerAbandonedCalls(told);
  return {
    ...record,
    ...toldHistory(told),
    meta,
    settings,
    notices: substituted === null ? [] : [substituted],
    missing: [],
    recovered,
    updatedAt: lastAtMs === null ? meta.createdAt : Math.floor(lastAtMs / 1000),
  };
}

/** What the last process has not written down any more: it is applied, and returned as the lines that it would have. */
function recover(
  last: ReadLine | undefined,
  { turns, told, said, threadId }: { turns: Turn[]; told: Told[]; said: SaidLines; threadId: string },
): RolloutEntry[] {
  const recovered: RolloutEntry[] = [];
  const half = otherHalf(last, said);
  if (half !== null && !isDeepStrictEqual(told.at(-1), half)) {
    recovered.push({ type: "history", payload: half });
    told.push(half);
  }
  for (const { said: each, atMs } of said.values()) {
    const begins = !turns.some(({ id }) => id === each.turnId);
    if (begins) told.push({ type: "turnStart", turnId: each.turnId });
    for (const entry of takenLines(each, { threadId, atMs, begins })) {
      recovered.push(entry);
      if (entry.type === "history") told.push(entry.payload);
      else applyToTurns(turns, entry.payload);
    }
  }
  return recovered;
}

/** By the item that it becomes. */
type SaidLines = Map<string, { said: Said; atMs: number }>;

/** By the line that begins a fork's own file: when the last one before it was written. */
function forkTimes(lines: readonly ReadLine[]): Map<ReadLine, number | null> {
  const times = new Map<ReadLine, number | null>();
  for (const [at, line] of lines.entries()) if (line.type === "threadMeta") times.set(line, timeOf(lines[at - 1]));
  return times;
}

function timeOf(line: ReadLine | undefined): number | null {
  const time = Date.parse(line?.timestamp ?? "");
  return Number.isNaN(time) ? null : time;
}

/** What the model is told, with the places where turns begin, where it was counted, and where it was made shorter. */
type Told =
  | HistoryItem
  | { type: "turnStart"; turnId: string }
  | { type: "usage"; usage: AnnouncedUsage }
  | { type: "plan"; plan: TurnPlanUpdatedNotification }
  | ({ type: "compacted" } & Compacted);

function toldHistory(told: readonly Told[]): ToldHistory {
  const empty = { history: [], compactions: [], measured: null, starts: new Map(), usage: null, plan: null };
  const record: ToldHistory = empty;
  for (const entry of told) {
    if (entry.type === "turnStart") noteStart(record, entry.turnId);
    else if (entry.type === "usage") noteUsage(record, entry.usage);
    else if (entry.type === "plan") record.plan = entry.plan;
    else if (entry.type === "compacted") replaceHistory(record, entry.itemId, entry.history);
    else record.history.push(entry);
  }
  return record;
}

/** A model refuses an output without its call, which is what an unreadable line leaves behind. */
function dropUnaskedOutputs(history: Told[]): void {
  const called = new Set<string>();
  const kept = history.filter((item) => {
    if (item.type === "toolCall") called.add(item.callId);
    return item.type !== "toolOutput" || called.has(item.callId);
  });
  history.splice(0, history.length, ...kept);
}

/** A model refuses a history in which a call has no output; the process died before there was one. */
function answerAbandonedCalls(history: Told[]): void {
  const answered = new Set(history.flatMap((item) => (item.type === "toolOutput" ? [item.callId] : [])));
  for (let at = history.length - 1; at >= 0; at--) {
    const item = history[at];
    if (item?.type !== "toolCall" || answered.has(item.callId)) continue;
    const output = "No result: Belay was stopped while this ran. It may have had effects.";
    let end = at + 1;
    while (history[end]?.type === "toolCall") end++;
    history.splice(end, 0, { type: "toolOutput", callId: item.callId, kind: item.kind, output });
  }
}
