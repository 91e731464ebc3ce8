// From a recording to what can be compared: ids, times and paths are gone, deltas are one, and what the protocol lets
// swap stands in one order.
import type { Message, Said } from "../peer.ts";
import type { Recording } from "./replay.ts";
import { isUuid, merge, type Shape, shapeOf } from "./shape.ts";

/** One thing that a server said. */
export interface Event {
  /** What is the same for both servers, such as "item/completed commandExecution 1". */
  readonly key: string;
  /** The key without numbers, by which differences are listed. */
  readonly label: string;
  readonly shape: Shape;
  /** Which events keep their order: see `mayNotSwap`. */
  readonly role: Role;
}

type Role =
  /** Bounds a turn or a thread's state: keeps its order with everything but an answer that may come late. */
  | { kind: "bound"; isBeginning?: boolean }
  /** Keeps its order with its like and with ends: the original sends `turn/started` now before, now after its answer. */
  | { kind: "answer" }
  /** What is told in order: messages, reasoning. */
  | { kind: "story" }
  /** About one tool call; calls run side by side. */
  | { kind: "tool"; item: string }
  /** Keeps its order only with its like and with bounds. */
  | { kind: "aside"; name: string };

export interface Conversation {
  /** By "thread 1", "thread 2" and so on; what belongs to no thread is under its method's name. */
  readonly lanes: ReadonlyMap<string, readonly Event[]>;
  /** Answers to the client's requests, in order of the requests; then how each process ended. */
  readonly answers: readonly Event[];
}

/** The events of a conversation, each lane in the order that all its legal reorderings share. */
export function conversation({ processes, exitCodes, place }: Recording): Conversation {
  const reader = new Reader(place);
  for (const [at, said] of processes.entries()) {
    if (at > 0) reader.startProcess();
    for (const one of said) reader.read(one);
  }
  const ends = exitCodes.map((code): Event => {
    const label = "the exit code";
    return { key: label, label, shape: String(code), role: { kind: "bound" } };
  });
  const lanes = [...reader.lanes].map(([name, events]) => [name, normalForm(events)] as const);
  return { lanes: new Map(lanes), answers: [...reader.answers(processes.flat()), ...ends] };
}

/**
 * Whether the order of two events means anything to a client. Tool calls run side by side, so their events interleave as
 * they like; the thread's status, settings and usage are snapshots.
 */
function mayNotSwap({ role: one }: Event, { role: other }: Event): boolean {
  if (one.kind === "answer" || other.kind === "answer") return one.kind === other.kind || isEnd(one) || isEnd(other);
  if (one.kind === "bound" || other.kind === "bound") return true;
  if (one.kind === "aside" || other.kind === "aside") return sameAside(one, other);
  return one.kind === "story" || other.kind === "story" || one.item === other.item;
}

function isEnd(role: Role): boolean {
  return role.kind === "bound" && role.isBeginning !== true;
}

/** Of all orders that swaps can reach, the one whose keys come first in the alphabet. */
export function normalForm(events: readonly Event[]): Event[] {
  const left = [...events];
  const ordered: Event[] = [];
  while (left.length > 0) {
    const free = left.filter((event, at) => !left.slice(0, at).some((before) => mayNotSwap(before, event)));
    const next = free.reduce((least, event) => (event.key < least.key ? event : least));
    left.splice(left.indexOf(next), 1);
    ordered.push(next);
  }
  return ordered;
}

interface Params {
  threadId?: string;
  thread?: { id?: string };
  turnId?: string;
  turn?: { id?: string };
  itemId?: string;
  item?: { id: string; type: string };
  requestId?: number | string;
  status?: { type: string; activeFlags?: string[] };
}

class Reader {
  readonly lanes = new Map<string, Event[]>();
  readonly #place: Recording["place"];
  readonly #threads = new Map<string, string>();
  readonly #turns = new Map<string, number>();
  /** Item id to its name, such as "commandExecution 1". */
  readonly #items = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  /** Of requests of the server: the item that each is about, and its method. */
  readonly #requests = new Map<string, { item: string; method: string }>();

  constructor(place: Recording["place"]) {
    this.#place = place;
  }

  read({ from, message, request }: Said): void {
    if (from === "client") return;
    if (message.method === undefined) return this.#answer(message, request);
    const params = (message.params ?? {}) as Params;
    const threadId = params.threadId ?? params.thread?.id;
    if (threadId === undefined) return this.#connection(message);
    const event = this.#event(message, params);
    const lane = this.#lane(this.#thread(threadId));
    // Deltas of one item are one, and so are snapshots that say nothing new.
    const before = lane.findLast(({ key }) => key === event.key);
    const isRepeated =
      event.role.kind === "aside" && lane.findLast(({ role }) => sameAside(role, event.role)) === before;
    if (before === undefined || !(isDelta(message.method) || isRepeated)) lane.push(event);
  }

  /** What another process says comes after all that the one before said. */
  startProcess(): void {
    const label = "another process";
    for (const [name, lane] of this.lanes)
      if (name.startsWith("thread ")) lane.push({ key: label, label, shape: "", role: { kind: "bound" } });
  }

  answers(said: readonly Said[]): Event[] {
    const asked = said.filter(
      ({ from, message }) => from === "client" && message.method !== undefined && message.id !== undefined,
    );
    return asked.flatMap(({ message }, at) => {
      const found = said.find(({ from, request }) => from === "server" && request === message)?.message;
      const label = `answer to ${message.method}`;
      const shape = found === undefined ? "nothing" : this.#answerShape(found);
      return [{ key: `${at} ${label}`, label, shape, role: { kind: "bound" } }];
    });
  }

  /** In the thread's lane only that it came, and whether it was good; its shape is compared by itself. */
  #answer({ result, error }: Message, request: Message | undefined): void {
    const threadId = (request?.params as Params | undefined)?.threadId ?? (result as Params | undefined)?.thread?.id;
    if (threadId === undefined || !isUuid(threadId) || request?.method === undefined) return;
    const label = `${error === undefined ? "answer" : "refusal"} to ${request.method}`;
    const lane = this.#lane(this.#thread(threadId));
    const count = lane.filter((event) => event.label === label).length + 1;
    lane.push({ key: `${label} ${count}`, label, shape: "", role: { kind: "answer" } });
  }

  /** What belongs to no thread is compared by method; deltas and repeated news are one. */
  #connection(message: Message): void {
    const label = this.#label(message, {});
    const lane = this.#lane(label);
    const [before] = lane;
    const shape = shapeOf(message.params);
    lane[0] = { key: label, label, shape: before ? merge(before.shape, shape) : shape, role: { kind: "bound" } };
  }

  #event(message: Message, params: Params): Event {
    const { method = "", id } = message;
    const asked = method === "serverRequest/resolved" ? this.#requests.get(String(params.requestId)) : undefined;
    const item = asked?.item ?? (method === question ? "a question" : this.#item(params));
    if (id !== undefined) this.#requests.set(String(id), { item: item ?? "", method });
    const label = this.#label(message, params, asked?.method);
    const turnId = params.turnId ?? params.turn?.id;
    const turn = turnId === undefined ? "" : ` in turn ${this.#turn(turnId)}`;
    const key = `${label}${item === null ? "" : ` ${item}`}${turn}`;
    return { key, label, shape: shapeOf(params), role: roleOf(method, item, params) };
  }

  #label({ method = "" }: Message, { item, status, itemId }: Params, asked?: string): string {
    if (method === "thread/status/changed")
      return `${method} ${[status?.type, ...(status?.activeFlags ?? [])].join(" ")}`;
    if (asked !== undefined) return `${method} of ${asked}`;
    const type = item?.type ?? this.#items.get(itemId ?? "")?.replace(/ \d+$/, "");
    return type === undefined || !/^item\/(started|completed)$/.test(method) ? method : `${method} ${type}`;
  }

  #item({ item, itemId, turnId = "" }: Params): string | null {
    const id = item?.id ?? itemId;
    if (id === undefined) return null;
    const known = this.#items.get(id);
    if (known !== undefined) return known;
    // About something that is no item.
    if (item === undefined) return "no item";
    const count = (this.#counts.get(turnId + item.type) ?? 0) + 1;
    this.#counts.set(turnId + item.type, count);
    const name = `${item.type} ${count}`;
    this.#items.set(id, name);
    return name;
  }

  #thread(id: string): string {
    const known = this.#threads.get(id) ?? `thread ${this.#threads.size + 1}`;
    this.#threads.set(id, known);
    return known;
  }

  #turn(id: string): number {
    const known = this.#turns.get(id) ?? this.#turns.size + 1;
    this.#turns.set(id, known);
    return known;
  }

  #lane(name: string): Event[] {
    const lane = this.lanes.get(name) ?? [];
    this.lanes.set(name, lane);
    return lane;
  }

  #answerShape({ result, error }: Message): Shape {
    if (error === undefined) return shapeOf(result);
    const { code, message, data } = error;
    const words = { code: String(code), message: JSON.stringify(this.#stable(message)) };
    return { error: data === undefined ? words : { ...words, data: shapeOf(data) } };
  }

  /** A sentence without what differs from run to run, and without lists of all that would have been good. */
  #stable(message: string): string {
    return message
      .replaceAll(this.#place.workspace, "<workspace>")
      .replaceAll(this.#place.home, "<home>")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
      .replace(/(unknown variant `[^`]*`), expected .*$/s, "$1, expected …");
  }
}

function roleOf(method: string, item: string | null, { status }: Params): Role {
  if (method === "thread/status/changed")
    return status?.type === "active" ? { kind: "aside", name: "status" } : { kind: "bound" };
  if (item !== null)
    return /^(userMessage|agentMessage|reasoning|plan) /.test(item) ? { kind: "story" } : { kind: "tool", item };
  if (method === "thread/started") return { kind: "answer" };
  if (method === "turn/started") return { kind: "bound", isBeginning: true };
  if (ends.has(method)) return { kind: "bound" };
  return method === "error" ? { kind: "story" } : { kind: "aside", name: method };
}

/** Its item is one for us alone. */
const question = "item/tool/requestUserInput";
const ends = new Set(["turn/completed", "thread/archived", "thread/closed"]);

function sameAside(one: Role, other: Role): boolean {
  return one.kind === "aside" && other.kind === "aside" && one.name === other.name;
}

function isDelta(method: string): boolean {
  return /delta$/i.test(method);
}
