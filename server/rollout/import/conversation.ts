// Of what a model was told elsewhere, what was said in a conversation. Whatever stood there in the server's own name is
// said anew by us: whoever made the file must not speak for the server. Pure.
import type { ImportOptions, TimedEntry } from "./imported.ts";

/** `opening` comes before all that is left, and before what is left in each compaction. */
export function ownConversation(
  entries: readonly TimedEntry[],
  { opening, isConversation }: Pick<ImportOptions, "opening" | "isConversation">,
): TimedEntry[] {
  let isOpen = false;
  return entries.flatMap(({ timestamp, entry }): TimedEntry[] => {
    if (entry.type === "compacted") {
      isOpen = true;
      const history = [...opening, ...entry.payload.history.filter(isConversation)];
      return [{ timestamp, entry: { ...entry, payload: { ...entry.payload, history } } }];
    }
    if (entry.type !== "history") return [{ timestamp, entry }];
    if (!isConversation(entry.payload)) return [];
    const before = isOpen ? [] : opening;
    isOpen = true;
    return [...before, entry.payload].map((payload) => ({ timestamp, entry: { type: "history", payload } }));
  });
}
