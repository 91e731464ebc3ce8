// Requests about commands of threads while they run.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";

type Methods =
  | "thread/backgroundTerminals/list"
  | "thread/backgroundTerminals/terminate"
  | "thread/backgroundTerminals/clean"
  | "belay/command/write"
  | "belay/command/resize"
  | "belay/command/stop"
  | "belay/stopAll";

export function commandHandlers(): Pick<Handlers<typeof clientRequests, Caller>, Methods> {
  return {
    "thread/backgroundTerminals/list": async () => ({ data: [], nextCursor: null }),
    "thread/backgroundTerminals/terminate": async () => ({ terminated: false }),
    "thread/backgroundTerminals/clean": async () => ({}),
    "belay/command/write": async () => ({}),
    "belay/command/resize": async () => ({}),
    "belay/command/stop": async () => ({ stopped: false }),
    "belay/stopAll": async () => ({ turns: 0, commands: 0 }),
  };
}
