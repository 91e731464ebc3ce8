// Requests about what confines commands here.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { CommandRunner } from "../tools/execute.ts";
import type { Caller } from "./caller.ts";

export function sandboxHandlers(
  runner: CommandRunner,
): Pick<Handlers<typeof clientRequests, Caller>, "belay/sandbox/read"> {
  return {
    async "belay/sandbox/read"() {
      const status = await runner.sandboxStatus();
      return status.kind === "works"
        ? { kind: "works", layer: status.layer, reason: null, cure: null, isContainer: false }
        : { kind: "unavailable", layer: null, reason: status.reason, cure: status.cure, isContainer: false };
    },
  };
}
