// Looks for a text in what people saw of one thread, in its rollout: messages, command lines, paths; not in what was
// reverted. Of a long rollout only the lines are read that may have it.
import { blocksOf } from "../rollout/blocks.ts";
import type { ReadLine } from "../rollout/line.ts";
import type { RolloutPart } from "../rollout/parts.ts";
import { startedTurn } from "../rollout/living-lines.ts";
import { parseLine } from "../rollout/reader.ts";
import { positionsOf } from "./find-text.ts";
import { searchableText, snippetAround } from "./pages.ts";
import { userMessage } from "./said.ts";
import type { LineFilter } from "./search-term.ts";

export interface Looking {
  readonly term: string;
  readonly filter: LineFilter;
  readonly signal: AbortSignal;
  pause(): Promise<void>;
}

/** Cheap, and wrong only in one direction. False also for a file that cannot be read. */
export async function mayHold({ path, end }: RolloutPart, { filter, signal, pause }: Looking): Promise<boolean> {
  try {
    for (const block of blocksOf(path, { end })) {
      if (filter.mayHold(block)) return true;
      await pause();
      if (signal.aborted) return false;
    }
    return false;
  } catch {
    // Deleted meanwhile, or not to be read: nothing is found in it.
    return false;
  }
}

/** What stands around the first place of it. Null when it is nowhere. The parts are one thread's, the oldest first. */
export async function snippetIn(parts: readonly RolloutPart[], looking: Looking): Promise<string | null> {
  const found = new FoundTexts();
  for (const { path, end } of parts) {
    found.beginPart();
    try {
      for (const block of blocksOf(path, { end })) {
        for (const line of linesToRead(block, looking.filter)) found.take(line);
        await looking.pause();
        if (looking.signal.aborted) return null;
      }
    } catch {
      // What can be read of the others counts.
    }
  }
  for (const text of found.texts()) {
    const snippet = await snippetOf(text, looking);
    if (snippet !== null) return snippet;
  }
  return null;
}

/** Null when it is not in there. */
export async function snippetOf(
  text: string,
  { term, pause }: Pick<Looking, "term" | "pause">,
): Promise<string | null> {
  const [at] = await positionsOf(text, term, { max: 1, pause });
  return at === undefined ? null : snippetAround(text, at, term.length).snippet;
}

/** Those that may have it, and those that say what is still part of the thread. */
function* linesToRead(block: string, filter: LineFilter): Generator<ReadLine> {
  for (const text of block.split("\n")) {
    if (!marks.some((mark) => text.includes(mark)) && !filter.mayHold(text)) continue;
    const parsed = parseLine(text);
    if (parsed.kind === "line") yield parsed.line;
  }
}

// Another writer may put spaces between.
const marks = ['"turn/started"', '"reverted"'];

/** Of items, and of what was said and is not one yet, as far as they were read. */
class FoundTexts {
  #turnIds: string[] = [];
  readonly #found = new Map<string, { turnId: string; text: string; isTaken: boolean }>();

  /** What was said in a thread that this one is a fork of, and not taken before, is no part of it. */
  beginPart(): void {
    for (const [id, { isTaken }] of this.#found) if (!isTaken) this.#found.delete(id);
  }

  take(line: ReadLine): void {
    const started = startedTurn(line);
    if (started !== null) this.#turnIds.push(started);
    if (line.type === "reverted") this.#cut(line.payload.beforeTurnId);
    if (line.type === "said") {
      const { itemId, turnId } = line.payload;
      this.#found.set(itemId, { turnId, text: searchableText(userMessage(line.payload, 0)), isTaken: false });
    }
    if (line.type !== "notification") return;
    const { method, params } = line.payload;
    if (method !== "item/completed" && method !== "item/started") return;
    const { item, turnId } = params;
    this.#found.set(item.id, { turnId, text: searchableText(item), isTaken: true });
  }

  *texts(): Generator<string> {
    for (const { text } of this.#found.values()) yield text;
  }

  #cut(beforeTurnId: string): void {
    const at = this.#turnIds.indexOf(beforeTurnId);
    if (at === -1) return;
    const cut = new Set(this.#turnIds.splice(at));
    for (const [id, { turnId }] of this.#found) if (cut.has(turnId)) this.#found.delete(id);
  }
}
