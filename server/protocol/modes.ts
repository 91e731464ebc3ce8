// The three modes a person picks. One table: what a mode is called, what it means, what it sets.
// Free of zod at run time, so that the panel can read it without a schema library.
import type { Mode } from "./mode.ts";
import type { SandboxMode } from "./sandbox.ts";

export const modes: Record<
  Mode,
  { label: string; detail: string; approvalPolicy: "on-request" | "never"; sandbox: SandboxMode; risk: string | null }
> = {
  ask: {
    label: "Ask",
    detail: "Reads the workspace; asks before every change",
    approvalPolicy: "on-request",
    sandbox: "read-only",
    risk: null,
  },
  agent: {
    label: "Agent",
    detail: "Edits the workspace and runs commands in the sandbox; asks before leaving it",
    approvalPolicy: "on-request",
    sandbox: "workspace-write",
    risk: null,
  },
  fullAccess: {
    label: "Full access",
    detail: "No sandbox, never asks",
    approvalPolicy: "never",
    sandbox: "danger-full-access",
    risk: "Belay will run every command without a sandbox and without asking. A mistake, or a text that misleads the model, can delete or send away anything you can reach.",
  },
};
