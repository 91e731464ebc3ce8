// Requests about what Belay changed in files: to review, to undo and to compare.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";

type Methods =
  | "belay/review/list"
  | "belay/review/text"
  | "belay/review/keep"
  | "belay/review/undo"
  | "belay/files/restore"
  | "belay/files/turns"
  | "belay/files/diff"
  | "belay/journal/read"
  | "belay/journal/clear";

export function reviewHandlers(): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  const nothing = { outcome: "nothing" as const, files: [], message: null };
  return {
    "belay/review/list": async () => ({ files: [] }),
    "belay/review/text": async () => ({ text: null }),
    "belay/review/keep": async () => nothing,
    "belay/review/undo": async () => nothing,
    "belay/files/restore": async () => nothing,
    "belay/files/turns": async () => ({ turns: [] }),
    "belay/files/diff": async () => ({ diff: "" }),
    "belay/journal/read": async () => ({ bytes: 0, maxBytes: 0 }),
    "belay/journal/clear": async () => ({ freedBytes: 0 }),
  };
}
