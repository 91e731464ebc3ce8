// Reads a rollout back. Never throws for what is in the file: a line that cannot be read is skipped and counted.
import { HistoryItem } from "../model/model.ts";
import { type ServerNotification, serverNotifications } from "../protocol/methods.ts";
import { foundMeta } from "./found-meta.ts";
import {
  Compacted,
  LineFrame,
  type ReadLine,
  Reverted,
  Said,
  type ThreadBase,
  ThreadMeta,
  ThreadMetadata,
} from "./line.ts";
import { startedTurn } from "./living-lines.ts";
import { type FileLine, readLines } from "./read-lines.ts";

/** Between two lines of a file: behind all that comes before it. */
export type Cut = Pick<ThreadBase, "endOrdinal" | "endByteOffset">;

export interface RolloutContent {
  lines: ReadLine[];
  /** Lines that were not readable: a torn tail after a crash, or damage. */
  unreadable: number;
  /** For the next line that is appended. */
  nextOrdinal: number;
  /** Right before the line that begins a turn, by its id. */
  turnStarts: Map<string, Cut>;
  /** Behind the last line; what is still being written is not before it. */
  end: Cut;
  /** So long it was, as far as it was read. */
  bytes: number;
}

/** A longer line is passed over and counted: what holds it in memory must not grow with what is in a file. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** More is damage. What is appended must not count on from it: behind the last whole number no line could be read. */
const maxOrdinal = 2 ** 52;

/** Up to the byte `to`, exclusive. Rejects only when the file itself cannot be read. */
export async function readRollout(path: string, to: number | null = null): Promise<RolloutContent> {
  const content: RolloutContent = {
    lines: [],
    unreadable: 0,
    nextOrdinal: 0,
    turnStarts: new Map(),
    end: { endOrdinal: 0, endByteOffset: 0 },
    bytes: 0,
  };
  const take = ({ text, start, end, isWhole }: FileLine) => {
    content.bytes = end;
    const parsed = text === null ? unreadable : parseLine(text);
    if (parsed.kind === "unreadable" && text?.trim() !== "") content.unreadable++;
    if (parsed.kind !== "unreadable" && parsed.ordinal < maxOrdinal) {
      content.nextOrdinal = Math.max(content.nextOrdinal, parsed.ordinal + 1);
    }
    if (isWhole || parsed.kind !== "unreadable") {
      content.end = { endOrdinal: content.nextOrdinal, endByteOffset: end };
    }
    if (parsed.kind !== "line") return;
    content.lines.push(parsed.line);
    const turnId = startedTurn(parsed.line);
    if (turnId === null) return;
    content.turnStarts.set(turnId, { endOrdinal: parsed.ordinal, endByteOffset: start });
  };
  await readLines(path, take, { to, maxBytes: MAX_LINE_BYTES });
  const meta = foundMeta(path, content.lines);
  return meta === null ? content : { ...content, lines: [meta, ...content.lines] };
}

/** `later`: well-formed, and of a type that this version does not know. It is passed over. */
type Parsed = { kind: "line"; line: ReadLine; ordinal: number } | { kind: "later"; ordinal: number } | Unreadable;
type Unreadable = { kind: "unreadable" };
const unreadable: Unreadable = { kind: "unreadable" };

/** One line, without its line feed. Never throws. */
export function parseLine(text: string): Parsed {
  const frame = LineFrame.safeParse(parseJson(text));
  if (!frame.success) return unreadable;
  const { type, payload, ...place } = frame.data;
  const { ordinal } = place;
  switch (type) {
    case "settings":
      return { kind: "line", line: { ...place, type, payload }, ordinal };
    case "threadMeta": {
      const meta = ThreadMeta.safeParse(payload);
      return meta.success ? { kind: "line", line: { ...place, type, payload: meta.data }, ordinal } : unreadable;
    }
    case "metadata": {
      const metadata = ThreadMetadata.safeParse(payload);
      return metadata.success
        ? { kind: "line", line: { ...place, type, payload: metadata.data }, ordinal }
        : unreadable;
    }
    case "reverted": {
      const reverted = Reverted.safeParse(payload);
      return reverted.success
        ? { kind: "line", line: { ...place, type, payload: reverted.data }, ordinal }
        : unreadable;
    }
    case "compacted": {
      const compacted = Compacted.safeParse(payload);
      return compacted.success
        ? { kind: "line", line: { ...place, type, payload: compacted.data }, ordinal }
        : unreadable;
    }
    case "said": {
      const said = Said.safeParse(payload);
      return said.success ? { kind: "line", line: { ...place, type, payload: said.data }, ordinal } : unreadable;
    }
    case "history": {
      const item = HistoryItem.safeParse(payload);
      return item.success ? { kind: "line", line: { ...place, type, payload: item.data }, ordinal } : unreadable;
    }
    case "notification": {
      const { method } = payload;
      if (typeof method !== "string") return unreadable;
      if (!isKnown(method)) return { kind: "later", ordinal };
      const params = serverNotifications[method].params.safeParse(payload["params"]);
      if (!params.success) return unreadable;
      // Method and params come from one row of the table.
      const told = { method, params: params.data } as ServerNotification;
      return { kind: "line", line: { ...place, type, payload: told }, ordinal };
    }
    default:
      return { kind: "later", ordinal };
  }
}

function isKnown(method: string): method is ServerNotification["method"] {
  return Object.hasOwn(serverNotifications, method);
}

/** Undefined when it is no JSON: the caller counts it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
