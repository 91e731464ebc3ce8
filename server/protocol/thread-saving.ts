// Whether a thread is being saved, and who else writes to it. Ours: the App Server protocol says nothing of either.
import * as z from "zod";

/** Why a thread is not being saved. */
export const SavingTrouble = z.object({
  /**
   * `waiting`: what was said waits in memory and is written as soon as it can be. `full`: so much waits that no turn runs
   * until it is written. `lost`: this process writes no more to the thread.
   */
  kind: z.enum(["waiting", "full", "lost"]),
  /** Sentences for people. */
  cause: z.string(),
  cure: z.string(),
});
export type SavingTrouble = z.infer<typeof SavingTrouble>;

/** As a person reads it. */
export function notSavedWords({ kind, cause, cure }: SavingTrouble): string {
  const more = kind === "full" ? " So much waits in memory by now that no turn runs before it is written." : "";
  return `This thread is not being saved: ${cause} ${cure}${more}`;
}

/** `trouble` is null when all of the thread is saved again. */
export const ThreadSavingNotification = z.object({ threadId: z.string(), trouble: SavingTrouble.nullable() });

/** The process that writes to a thread which somebody else wanted to load. */
export const ActiveWriter = z.object({
  pid: z.int().nullable(),
  /** Null: it is on this machine. */
  host: z.string().nullable(),
  /** Name of its client, when it has said one. */
  client: z.string().nullable(),
});
export type ActiveWriter = z.infer<typeof ActiveWriter>;

const ActiveWriterData = z.object({ belay: z.object({ writer: ActiveWriter.nullable() }) });

/** Of the `data` of an error: undefined when it is about something else; null when nobody knows who writes. */
export function activeWriterIn(data: unknown): ActiveWriter | null | undefined {
  const read = ActiveWriterData.safeParse(data);
  return read.success ? read.data.belay.writer : undefined;
}
