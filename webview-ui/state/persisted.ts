// What the editor keeps for the panel while it is hidden or reloaded. Anything else comes back from the server.
import { type PicksByCard, readPicks } from "../approvals/picks.ts";
import { type KeptDrafts, readDrafts } from "../composer/drafts.ts";
import type { Mode } from "../../server/protocol/mode.ts";
import { modes } from "../../server/protocol/modes.ts";
import { type KeptUnsent, readMode, readUnsent } from "./unsent.ts";

export interface Persisted {
  /** Counts what was kept, through all lives of the panel in this workspace: the higher one is the newer one. */
  sequence: number;
  threadId: string | null;
  drafts: KeptDrafts;
  unsent: KeptUnsent;
  /** As in the state. */
  lastMode: Mode | null;
  dismissed: readonly string[];
  /** Answers to questions of the model that are not given yet; never what is secret. */
  picks: PicksByCard;
}

/** The newer one of what the editor and the extension have kept. */
export function newestPersisted(byEditor: unknown, byExtension: unknown): Persisted {
  const [first, second] = [readPersisted(byEditor), readPersisted(byExtension)];
  return second.sequence > first.sequence ? second : first;
}

/** Reads what an earlier version may have written: whatever does not fit is left out. */
export function readPersisted(value: unknown): Persisted {
  const { sequence, threadId, drafts, unsent, lastMode, dismissed, picks } = (
    typeof value === "object" && value !== null ? value : {}
  ) as Record<string, unknown>;
  return {
    sequence: Number.isSafeInteger(sequence) ? Number(sequence) : 0,
    threadId: typeof threadId === "string" ? threadId : null,
    drafts: readDrafts(drafts),
    unsent: readUnsent(unsent),
    lastMode: lasting(readMode(lastMode)),
    dismissed: Array.isArray(dismissed) ? dismissed.filter((key) => typeof key === "string") : [],
    picks: readPicks(picks),
  };
}

/** The mode for later threads: one with a risk holds only where a person accepted it. */
export function lasting(mode: Mode | null): Mode | null {
  return mode === null || modes[mode].risk !== null ? null : mode;
}
