// What becomes of a thread while it cannot be saved: it goes on, and says so. Only when too much waits in memory, turns
// end and none begins, because to lose what was said without a word would be worse.
import type { Model } from "../model/model.ts";
import { notSaved } from "../protocol/rpc/errors.ts";
import { notSavedWords, type SavingTrouble } from "../protocol/thread-saving.ts";

/** Throws RpcError when the thread can take no more. */
export function checkRoom(trouble: SavingTrouble | null): void {
  if (trouble?.kind === "full") throw notSaved(notSavedWords(trouble));
}

/** Throws RpcError when to let go of the thread would give up what waits to be written. */
export function checkSaved(trouble: SavingTrouble | null): void {
  if (trouble !== null && trouble.kind !== "lost") throw notSaved(notSavedWords(trouble));
}

/** The model, asked only while what it says could be kept. */
export function onlyWithRoom(thread: { readonly savingTrouble: SavingTrouble | null }, model: Model): Model {
  return {
    async *stream(request, signal) {
      const trouble = thread.savingTrouble;
      if (trouble?.kind !== "full") return yield* model.stream(request, signal);
      const message = notSavedWords(trouble);
      yield { type: "failed", failure: { message, info: "other", details: null } };
    },
  };
}
