// Runs the tool calls of one answer side by side. Each call gets exactly one output, in the order of the calls.
import type { HistoryItem, ToolCallEntry, ToolInputPiece } from "../model/model.ts";

interface ToolOutcome {
  output: string;
  images?: readonly string[] | undefined;
  stopsTurn: boolean;
}

export interface ToolRunner {
  /** What the model writes, as it writes it: it may be shown, and nothing else. The call itself may never come. */
  preview(piece: ToolInputPiece): void;
  /** The answer has ended: of what was previewed, only these calls will run. Returns the items of the others, completed. */
  settle(calls: readonly ToolCallEntry[]): readonly string[];
  run(call: ToolCallEntry): Promise<ToolOutcome>;
  /** Ends what else is running: a person said to stop. */
  stop(): void;
}

/** What ran in a turn. A provider that repeats itself must not make a command run twice. */
export class RanCalls {
  readonly #ran: { call: ToolCallEntry; outcome: ToolOutcome }[] = [];

  /** Null: it is to run. An id that two different calls of the turn have had names neither of them. */
  outcomeOf(call: ToolCallEntry): ToolOutcome | null {
    const sameId = this.#ran.filter((ran) => ran.call.callId === call.callId);
    return sameId.every((ran) => isRepeated(ran.call, call)) ? (sameId[0]?.outcome ?? null) : null;
  }

  add(call: ToolCallEntry, outcome: ToolOutcome): void {
    this.#ran.push({ call, outcome });
  }
}

/** Some providers give the same id to every call, or none: what it asks for must be the same, too. */
export function isRepeated(one: ToolCallEntry, other: ToolCallEntry): boolean {
  return one.callId !== "" && one.callId === other.callId && one.name === other.name && one.input === other.input;
}

/** True when a person stopped the turn while the calls ran. */
export async function runToolCalls(
  calls: readonly ToolCallEntry[],
  ran: RanCalls,
  deps: { tools: ToolRunner; record(entries: readonly HistoryItem[]): void },
): Promise<boolean> {
  const outcomes = await Promise.all(
    calls.map(async (call) => {
      const known = ran.outcomeOf(call);
      if (known !== null) return known;
      const outcome = await runOne(call, deps.tools);
      ran.add(call, outcome);
      if (outcome.stopsTurn) deps.tools.stop();
      return outcome;
    }),
  );
  deps.record(
    outcomes.map(({ output, images = [] }, index) => {
      const call = calls[index] as ToolCallEntry;
      const shown = images.length === 0 ? {} : { images: [...images] };
      return { type: "toolOutput", callId: call.callId, kind: call.kind, output, ...shown };
    }),
  );
  return outcomes.some(({ stopsTurn }) => stopsTurn);
}

/** A bug in one tool must not take its neighbours' results away: the model hears of it like of any failure. */
async function runOne(call: ToolCallEntry, tools: ToolRunner): Promise<ToolOutcome> {
  try {
    return await tools.run(call);
  } catch (error) {
    return { output: `${call.name} failed inside Belay: ${(error as Error).message}`, stopsTurn: false };
  }
}
