// Requests about the change journal itself.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";

type Methods = "belay/journal/read" | "belay/journal/clear";

export function journalHandlers(): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  return {
    "belay/journal/read": async () => ({ bytes: 0, maxBytes: 0 }),
    "belay/journal/clear": async () => ({ freedBytes: 0 }),
  };
}
