// What is left of a rollout's lines when those that a revert cut off are taken out. Pure.
import type { ServerNotification } from "../protocol/methods.ts";
import type { ReadLine } from "./line.ts";

/** A line of a thread whose history nobody has cut off. */
export type LivingLine = Exclude<ReadLine, { type: "reverted" }>;

/**
 * A revert takes back what was said from the beginning of its turn on: all that the model was told since, compactions
 * too, and what clients were told of that turn and later ones. Settings, the name, and the end of a command that an
 * earlier turn started stay. What was said to a turn is left only while no turn has taken it, be it one that was cut off
 * since. Cut at any line, the rest still says what the thread was at that moment.
 */
export function livingLines(lines: readonly ReadLine[]): LivingLine[] {
  let living: LivingLine[] = [];
  for (const line of lines) {
    if (line.type === "reverted") living = withoutTurns(living, line.payload.beforeTurnId);
    else living.push(line);
    const undone = undoneCompaction(line);
    if (undone !== null) living = living.filter((each) => each.type !== "compacted" || each.payload.itemId !== undone);
  }
  return living.some(({ type }) => type === "said") ? withoutTaken(living, lines) : living;
}

function withoutTaken(living: readonly LivingLine[], lines: readonly ReadLine[]): LivingLine[] {
  // A process that died between the two lines of a message has shown it, and not told it.
  const taken = new Set(lines.map((line, at) => (lines[at + 1]?.type === "history" ? saidItem(line) : null)));
  return living.filter((line) => line.type !== "said" || !taken.has(line.payload.itemId));
}

/** The id of the item, where the line has a message of a person. */
function saidItem(line: ReadLine): string | null {
  if (line.type !== "notification" || line.payload.method !== "item/completed") return null;
  const { item } = line.payload.params;
  return item.type === "userMessage" ? item.id : null;
}

/** Null for a line that begins no turn. */
export function startedTurn(line: ReadLine): string | null {
  return line.type === "notification" ? startedTurnOf(line.payload) : null;
}

/** Null for one that says something else. */
export function startedTurnOf(notification: ServerNotification): string | null {
  return notification.method === "turn/started" ? notification.params.turn.id : null;
}

/** A compaction that is taken back has never been: its item says the rest. Null for a line that takes back none. */
function undoneCompaction(line: ReadLine): string | null {
  if (line.type !== "notification" || line.payload.method !== "belay/compaction/undone") return null;
  return line.payload.params.itemId;
}

function withoutTurns(lines: LivingLine[], firstTurnId: string): LivingLine[] {
  const start = startOf(lines, firstTurnId);
  if (start === -1) return lines;
  const behind = lines.slice(start);
  const cut = new Set([firstTurnId, ...behind.map(startedTurn)]);
  const earlier = new Set(lines.slice(0, start).map((line) => startedTurn(line) ?? promptTurn(line)));
  const kept = behind.filter((line) => {
    if (line.type === "history" || line.type === "compacted") return false;
    const turnId = line.type === "notification" ? turnOf(line.payload.params) : saidTo(line);
    return turnId === null || earlier.has(turnId);
  });
  // The prompt of a turn is said before it begins.
  const before = lines.slice(0, start).filter((line) => line.type !== "said" || !cut.has(line.payload.turnId));
  return [...before, ...kept];
}

/** The line that begins the turn; where that is damaged, the first that has what was said in it. -1: there is neither. */
export function startOf(lines: readonly ReadLine[], turnId: string): number {
  const start = lines.findIndex((line) => startedTurn(line) === turnId);
  return start === -1 ? lines.findIndex((line) => promptTurn(line) === turnId) : start;
}

/** The turn that has taken what a person said in the line. Null for a line that has nothing of that kind. */
export function promptTurn(line: ReadLine): string | null {
  if (line.type !== "notification" || line.payload.method !== "item/completed") return null;
  const { item, turnId } = line.payload.params;
  return item.type === "userMessage" ? turnId : null;
}

/** The turn to which a person said what is in the line. Null for a line that has nothing of that kind. */
export function saidTo(line: ReadLine): string | null {
  return line.type === "said" ? line.payload.turnId : null;
}

/** Null for what is about no turn. */
function turnOf(params: object): string | null {
  if ("turn" in params) return (params.turn as { id: string }).id;
  return "turnId" in params ? (params.turnId as string | null) : null;
}
