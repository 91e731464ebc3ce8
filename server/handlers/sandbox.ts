// Requests about what confines commands here.
import type { ConfigWarning } from "../config/load.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { describeContainer } from "../sandbox/container.ts";
import type { LiveSandbox } from "../sandbox/live.ts";
import type { Caller } from "./caller.ts";

export function sandboxHandlers(
  sandbox: LiveSandbox,
): Pick<Handlers<typeof clientRequests, Caller>, "belay/sandbox/read"> {
  return { "belay/sandbox/read": () => sandbox.state() };
}

/** What is wrong with a configuration that calls a container the sandbox where there is none. */
export function sandboxWarnings(
  sandbox: Pick<LiveSandbox, "container">,
  config: { readonly container_is_sandbox: boolean },
  path: string,
): ConfigWarning[] {
  if (!config.container_is_sandbox || sandbox.container.kind === "container") return [];
  const summary = "The configuration key container_is_sandbox is not used.";
  const found = describeContainer(sandbox.container);
  const details = `It counts only inside a container, and ${found}. Take it out, or set it where Belay runs in a container.`;
  return [{ summary, details, path }];
}
