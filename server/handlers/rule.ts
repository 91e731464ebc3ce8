// Requests about what may run unasked.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";

type Methods = "belay/rule/list" | "belay/rule/remove" | "belay/policy/check";

export function ruleHandlers(): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  return {
    "belay/rule/list": async () => ({ rules: [], problems: [] }),
    "belay/rule/remove": async () => ({ removed: false }),
    "belay/policy/check": async () => ({ verdict: "ask" as const, rule: null, reason: "" }),
  };
}
