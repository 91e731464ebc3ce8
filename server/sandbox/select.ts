// Decides how a command is started under a policy: as it is, in the sandbox, or not at all.
// Never weakens a policy: what cannot be enforced here is refused, and the caller may ask the user.
import { isAbsolute, normalize } from "node:path";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { confine, type Launcher } from "./launcher.ts";
import type { Command, Program } from "./linux.ts";
import { isInside } from "../util/inside.ts";
import { type PolicyContext, resolvePolicy } from "./policy.ts";
import type { SandboxStatus } from "./probe.ts";

export interface SandboxFacts {
  readonly status: SandboxStatus;
  /** Null: what the status needed is gone since. */
  readonly launcher: Launcher | null;
  readonly context: PolicyContext;
  /**
   * Makes the placeholders that a policy asks for, and returns those that stand; see `Placeholders.hold`. Called only
   * for a command that is started then. Undefined: none are needed here.
   */
  readonly holdPlaceholders?: ((paths: readonly string[]) => readonly string[]) | undefined;
}

export type SandboxedCommand =
  | ({
      readonly kind: "run";
      /**
       * To be called once, after the program has ended or could not be started: gives back what was set up for it.
       * False: the sandbox did not stand, so the command itself was not run. Undefined: nothing to give back.
       */
      readonly ended?: (() => boolean) | undefined;
    } & Program)
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
  if (facts.launcher === null) return refuse("The command was not run: bubblewrap (bwrap) was not found.");
  const cwd = workingDirectory(command.cwd, facts);
  if (cwd === null) return refuse(`The working directory ${command.cwd} does not exist.`);
  const standing = facts.holdPlaceholders?.(resolved.placeholders) ?? resolved.placeholders;
  return { kind: "run", ...confine({ ...command, cwd }, { ...resolved, placeholders: standing }, facts.launcher) };
}

// The real path, because a link in /tmp does not exist in the private one. What exists in the private one alone is for
// the helper to find.
function workingDirectory(path: string, { context }: SandboxFacts): string | null {
  return context.files.realpath(path) ?? (isInside("/tmp", normalize(path)) ? path : null);
}

function refuse(message: string): SandboxedCommand {
  return { kind: "refuse", message };
}
