// Requests about the change journal itself.
import type { ChangeJournal } from "../journal/journal.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";

type Methods = "belay/journal/read" | "belay/journal/clear";

export function journalHandlers(
  journal: ChangeJournal,
  maxBytes: () => number,
): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  return {
    "belay/journal/read": async () => ({ bytes: await journal.sizeBytes(), maxBytes: maxBytes() }),
    "belay/journal/clear": async ({ cwd }) => ({ freedBytes: await journal.clear(cwd) }),
  };
}
