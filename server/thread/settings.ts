// What holds for the next turn of a thread, and how requests change it. Pure.
import { resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import type { ApprovalPolicy } from "../protocol/approval.ts";
import type { Mode } from "../protocol/mode.ts";
import { modes } from "../protocol/modes.ts";
import type { SandboxMode, SandboxPolicy } from "../protocol/sandbox.ts";
import type { ThreadSettings } from "../protocol/thread.ts";

/** Overrides as requests carry them; what is absent or null stays as it is. */
export interface SettingsOverrides {
  model?: string | null | undefined;
  modelProvider?: string | null | undefined;
  cwd?: string | null | undefined;
  approvalPolicy?: ApprovalPolicy | null | undefined;
  sandbox?: SandboxMode | null | undefined;
  sandboxPolicy?: SandboxPolicy | null | undefined;
  effort?: string | null | undefined;
  mode?: Mode | null | undefined;
}

export function initialSettings(config: Config, model: string, cwd: string): ThreadSettings {
  return withMode({
    model,
    modelProvider: config.model_provider,
    cwd,
    approvalPolicy: config.approval_policy,
    sandbox: sandboxFromMode(config.sandbox_mode, config),
    reasoningEffort: config.model_reasoning_effort ?? null,
    mode: null,
  });
}

export function changeSettings(current: ThreadSettings, overrides: SettingsOverrides, config: Config): ThreadSettings {
  const mode = overrides.mode ? modes[overrides.mode] : null;
  const sandboxMode = mode?.sandbox ?? overrides.sandbox;
  const sandbox = sandboxMode ? sandboxFromMode(sandboxMode, config) : (overrides.sandboxPolicy ?? current.sandbox);
  return withMode({
    model: overrides.model ?? current.model,
    modelProvider: overrides.modelProvider ?? current.modelProvider,
    cwd: overrides.cwd ? resolve(current.cwd, overrides.cwd) : current.cwd,
    approvalPolicy: mode?.approvalPolicy ?? overrides.approvalPolicy ?? current.approvalPolicy,
    sandbox,
    reasoningEffort: overrides.effort ?? current.reasoningEffort,
    mode: null,
  });
}

export function sandboxFromMode(mode: SandboxMode, config: Config): SandboxPolicy {
  const more = config.sandbox_workspace_write;
  switch (mode) {
    case "read-only":
      return { type: "readOnly", networkAccess: false };
    case "workspace-write":
      return {
        type: "workspaceWrite",
        writableRoots: more.writable_roots,
        networkAccess: more.network_access,
        excludeTmpdirEnvVar: more.exclude_tmpdir_env_var,
        excludeSlashTmp: more.exclude_slash_tmp,
      };
    case "danger-full-access":
      return { type: "dangerFullAccess" };
    default:
      return mode satisfies never;
  }
}

const sandboxTypes: Record<SandboxMode, SandboxPolicy["type"]> = {
  "read-only": "readOnly",
  "workspace-write": "workspaceWrite",
  "danger-full-access": "dangerFullAccess",
};

/** Names the mode these settings amount to, if they are one. */
function withMode(settings: ThreadSettings): ThreadSettings {
  const named = (Object.keys(modes) as Mode[]).find(
    (id) =>
      modes[id].approvalPolicy === settings.approvalPolicy && sandboxTypes[modes[id].sandbox] === settings.sandbox.type,
  );
  return { ...settings, mode: named ?? null };
}
