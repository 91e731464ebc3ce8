// What the model is told when a command failed in the sandbox: a model that does not know takes what was denied for a
// fault of the project.
import { describeSandbox } from "../approval/explain.ts";
import { hostsOfOutput, hostsOfScript, wantedNetwork } from "../approval/network-needs.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { hasNetwork } from "./confinement.ts";

/** What a denial looks like stands at the end of what a command says. */
const LOOKED_AT_CHARS = 64 * 1024;
const denial =
  /read-only file system|operation not permitted|permission denied|\bEROFS\b|\bEPERM\b|\bEACCES\b|bad system call|SIGSYS/i;
const readOnly =
  /(?:EROFS[^\n]*?|read-only file system[^\n]*?|cannot (?:create|touch|open|remove|mkdir)[^\n]*?)['"‘]([^'"’\n]{1,200})['"’]/i;

/** Null: nothing of it looks like the sandbox. `hosts`: what it wanted to reach, as far as it can be told. */
export function sandboxHint(
  failed: { script: string; output: string },
  sandbox: SandboxPolicy,
): { text: string; hosts: readonly string[] } | null {
  const end = failed.output.slice(-LOOKED_AT_CHARS);
  const confined = `This ran in a sandbox (${describeSandbox(sandbox)})`;
  if (!hasNetwork(sandbox) && wantedNetwork(end)) {
    const hosts = [...new Set([...hostsOfOutput(end), ...hostsOfScript(failed.script)])];
    const where = hosts.length === 0 ? "" : ` It wanted ${hosts.join(", ")}.`;
    return {
      text: `[${confined}: the network is off, and that is why it failed.${where} If it needs the network, call again with sandbox_permissions "with_network" and a justification; the user is asked.]`,
      hosts,
    };
  }
  if (!denial.test(end)) return null;
  const place = readOnly.exec(end)?.[1];
  const what = place === undefined ? "" : ` It seems that it was kept from ${place}.`;
  return {
    text: `[${confined}, which may be why it failed.${what} If it must do more, call again with sandbox_permissions "require_escalated" and a justification that says so; the user is asked.]`,
    hosts: [],
  };
}
