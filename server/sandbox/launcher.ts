// What confines commands on a machine, and the one translation that goes with it. Pure.
import { type Command, type LinuxLaunch, linuxSandbox, type Program } from "./linux.ts";
import { macosSandbox } from "./macos.ts";
import type { RestrictedPolicy } from "./policy.ts";

export type Launcher = ({ readonly kind: "bubblewrap" } & LinuxLaunch) | { readonly kind: "seatbelt" };

/** As people are told. */
export const layerNames: Record<Launcher["kind"], string> = {
  bubblewrap: "bubblewrap, seccomp",
  seatbelt: "seatbelt",
};

export function confine(command: Command, policy: RestrictedPolicy, launcher: Launcher): Program {
  return launcher.kind === "bubblewrap" ? linuxSandbox(command, policy, launcher) : macosSandbox(command, policy);
}
