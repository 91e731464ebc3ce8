// What the editor keeps for the panel while it is hidden or reloaded. Anything else comes back from the server.
import { type PicksByCard, readPicks } from "../approvals/picks.ts";
import type { Edits, Mode } from "../../server/protocol/mode.ts";
import { modes } from "../../server/protocol/modes.ts";

export interface Persisted {
  threadId: string | null;
  draft: string;
  /** The mode picked for a thread that has not started yet. */
  mode: Mode | null;
  /** Picked for it, too. */
  edits: Edits | null;
  /** As in the state. */
  lastMode: Mode | null;
  dismissed: readonly string[];
  /** Answers to questions of the model that are not given yet; never what is secret. */
  picks: PicksByCard;
}

/** Reads what an earlier version may have written: whatever does not fit is left out. */
export function readPersisted(value: unknown): Persisted {
  const { threadId, draft, mode, edits, lastMode, dismissed, picks } = (
    typeof value === "object" && value !== null ? value : {}
  ) as Record<string, unknown>;
  return {
    threadId: typeof threadId === "string" ? threadId : null,
    draft: typeof draft === "string" ? draft : "",
    mode: readMode(mode),
    edits: edits === "write" || edits === "propose" ? edits : null,
    lastMode: lasting(readMode(lastMode)),
    dismissed: Array.isArray(dismissed) ? dismissed.filter((key) => typeof key === "string") : [],
    picks: readPicks(picks),
  };
}

/** The mode for later threads: one with a risk holds only where a person accepted it. */
export function lasting(mode: Mode | null): Mode | null {
  return mode === null || modes[mode].risk !== null ? null : mode;
}

function readMode(value: unknown): Mode | null {
  return typeof value === "string" && Object.hasOwn(modes, value) ? (value as Mode) : null;
}
