// What the editor keeps for the panel while it is hidden or reloaded. Anything else comes back from the server.
import type { Mode } from "../../server/protocol/mode.ts";
import { modes } from "../../server/protocol/modes.ts";

export interface Persisted {
  threadId: string | null;
  draft: string;
  /** The mode picked for a thread that has not started yet. */
  mode: Mode | null;
}

/** Reads what an earlier version may have written: whatever does not fit is left out. */
export function readPersisted(value: unknown): Persisted {
  const { threadId, draft, mode } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  return {
    threadId: typeof threadId === "string" ? threadId : null,
    draft: typeof draft === "string" ? draft : "",
    mode: typeof mode === "string" && Object.hasOwn(modes, mode) ? (mode as Mode) : null,
  };
}
