// Decides how a command is started under a policy: as it is, in the sandbox, or not at all.
// Never weakens a policy: what cannot be enforced here is refused, and the caller may ask the user.
import { isAbsolute, normalize } from "node:path";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { type Command, linuxSandbox, type Program } from "./linux.ts";
import { isInside } from "../util/inside.ts";
import { type PolicyContext, resolvePolicy } from "./policy.ts";
import type { SandboxStatus } from "./probe.ts";

export interface SandboxFacts {
  readonly status: SandboxStatus;
  /** From `findHelper`. */
  readonly helper: string | null;
  readonly context: PolicyContext;
}

export type SandboxedCommand =
  | ({ readonly kind: "run" } & Program)
  /** The message says what is wrong and what would cure it. */
  | { readonly kind: "refuse"; readonly message: string };

export function sandboxCommand(command: Command, policy: SandboxPolicy, facts: SandboxFacts): SandboxedCommand {
  const [file, ...args] = command.argv;
  if (file === undefined || file === "") return refuse("The command is empty.");
  if (!isAbsolute(command.cwd)) return refuse(`The working directory ${command.cwd} is not an absolute path.`);
  const resolution = resolvePolicy(policy, facts.context);
  if (resolution.kind === "refused") return refuse(resolution.message);
  const resolved = resolution.policy;
  if (resolved.kind === "unrestricted") return { kind: "run", file, args, cwd: command.cwd, env: command.env };
  if (facts.status.kind === "unavailable") {
    return refuse(`The command was not run: the sandbox is not available. ${facts.status.reason} ${facts.status.cure}`);
  }
  if (facts.helper === null) return refuse("The command was not run: bubblewrap (bwrap) was not found.");
  const cwd = workingDirectory(command.cwd, facts);
  if (cwd === null) return refuse(`The working directory ${command.cwd} does not exist.`);
  return { kind: "run", ...linuxSandbox({ ...command, cwd }, resolved, facts.helper) };
}

// The real path, because a link in /tmp does not exist in the private one. What exists in the private one alone is for
// the helper to find.
function workingDirectory(path: string, { context }: SandboxFacts): string | null {
  return context.files.realpath(path) ?? (isInside("/tmp", normalize(path)) ? path : null);
}

function refuse(message: string): SandboxedCommand {
  return { kind: "refuse", message };
}
