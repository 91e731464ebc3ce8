// What differs between two servers in one conversation.
import type { Conversation, Event } from "./events.ts";
import { compareShapes } from "./shape.ts";

/** Seen from our server: it adds or omits a message or a member, moves a message, or has another type or word. */
export interface Difference {
  readonly kind: "adds" | "omits" | "moves" | "differs";
  /** The message, such as "item/completed commandExecution" or "answer to thread/start". */
  readonly at: string;
  /** The member, such as "thread.extra"; absent: the whole message. */
  readonly member?: string;
  readonly detail: string;
}

export function compare(ours: Conversation, native: Conversation): Difference[] {
  const names = new Set([...ours.lanes.keys(), ...native.lanes.keys()]);
  const lanes = [...names].flatMap((name) => compareLanes(ours.lanes.get(name) ?? [], native.lanes.get(name) ?? []));
  const answers = ours.answers.flatMap((mine, at) => {
    const theirs = native.answers[at];
    return theirs === undefined ? [] : compareEvents(mine, theirs);
  });
  return [...lanes, ...answers];
}

/** Both in normal form. */
export function compareLanes(ours: readonly Event[], native: readonly Event[]): Difference[] {
  const pairs = align(ours, native);
  const added = ours.filter((event) => !pairs.some(([mine]) => mine === event));
  const omitted = native.filter((event) => !pairs.some(([, theirs]) => theirs === event));
  const found = pairs.flatMap(([mine, theirs]) => compareEvents(mine, theirs));
  for (const event of added) {
    const same = omitted.findIndex(({ key }) => key === event.key);
    const [moved] = same === -1 ? [] : omitted.splice(same, 1);
    found.push(
      moved === undefined
        ? { kind: "adds", at: event.label, detail: event.key }
        : {
            kind: "moves",
            at: event.label,
            detail: `${event.key}: ${place(event, ours)}, not ${place(moved, native)}`,
          },
    );
    if (moved !== undefined) found.push(...compareEvents(event, moved));
  }
  return [...found, ...omitted.map((event) => ({ kind: "omits" as const, at: event.label, detail: event.key }))];
}

function compareEvents(mine: Event, theirs: Event): Difference[] {
  const [refusal, otherRefusal] = [refusalOf(mine), refusalOf(theirs)];
  if ((refusal === null) !== (otherRefusal === null)) {
    const detail = refusal === null ? `answered, not refused: ${otherRefusal}` : `refused, not answered: ${refusal}`;
    return [{ kind: "differs", at: mine.label, member: "error", detail }];
  }
  return compareShapes(mine.shape, theirs.shape).map(({ kind, member, detail }) => ({
    kind,
    at: mine.label,
    member,
    detail,
  }));
}

function refusalOf({ shape }: Event): string | null {
  if (typeof shape !== "object" || !("error" in shape)) return null;
  return (shape.error as { message?: string }).message ?? "";
}

function place(event: Event, lane: readonly Event[]): string {
  const before = lane[lane.indexOf(event) - 1];
  return before === undefined ? "first" : `after ${before.key}`;
}

/** The longest run of pairs with equal keys that keeps both orders. */
function align(ours: readonly Event[], native: readonly Event[]): [Event, Event][] {
  const best = Array.from({ length: ours.length + 1 }, () => Array.from({ length: native.length + 1 }, () => 0));
  const at = (i: number, j: number) => best[i]?.[j] ?? 0;
  const isPair = (i: number, j: number) => ours[i]?.key === native[j]?.key;
  for (let i = ours.length - 1; i >= 0; i--)
    for (let j = native.length - 1; j >= 0; j--)
      (best[i] as number[])[j] = isPair(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: [Event, Event][] = [];
  let [i, j] = [0, 0];
  while (i < ours.length && j < native.length) {
    if (isPair(i, j)) pairs.push([ours[i++] as Event, native[j++] as Event]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
