// What holds for the next turn of a thread, and how requests change it. Pure.
import { resolve } from "node:path";
import type * as z from "zod";
import type { Config } from "../config/schema.ts";
import { ApprovalPolicy } from "../protocol/approval.ts";
import type { Edits, Mode } from "../protocol/mode.ts";
import { modes } from "../protocol/modes.ts";
import { sandboxOfProfile } from "../protocol/permission-profiles.ts";
import { permissionsTwice, unknownProfile } from "../protocol/rpc/errors.ts";
import { type SandboxMode, SandboxPolicy } from "../protocol/sandbox.ts";
import { ThreadSettings } from "../protocol/thread.ts";

/** Overrides as requests carry them; what is absent or null stays as it is. */
export interface SettingsOverrides {
  model?: string | null | undefined;
  modelProvider?: string | null | undefined;
  cwd?: string | null | undefined;
  runtimeWorkspaceRoots?: readonly string[] | null | undefined;
  windowFolders?: readonly string[] | null | undefined;
  approvalPolicy?: ApprovalPolicy | null | undefined;
  sandbox?: SandboxMode | null | undefined;
  sandboxPolicy?: SandboxPolicy | null | undefined;
  effort?: string | null | undefined;
  mode?: Mode | null | undefined;
  edits?: Edits | null | undefined;
  /** The profile that `sandbox` stands for. */
  permissionProfile?: string | null | undefined;
}

/** Requests may name a permission profile in place of a sandbox. Throws RpcError for one there is not, and for both. */
export function withProfile<T extends SettingsOverrides>(
  params: T & { permissions?: string | null | undefined },
): Omit<T, "permissions"> & SettingsOverrides {
  const { permissions, ...overrides } = params;
  if (!permissions) return overrides;
  const twice = (["sandbox", "sandboxPolicy"] as const).find((member) => overrides[member]);
  if (twice !== undefined) throw permissionsTwice(twice);
  const sandbox = sandboxOfProfile(permissions);
  if (sandbox === null) throw unknownProfile(permissions);
  return { ...overrides, sandbox, permissionProfile: permissions };
}

export function initialSettings(config: Config, model: string, cwd: string): ThreadSettings {
  return withMode({
    permissionProfile: null,
    model,
    modelProvider: config.model_provider,
    cwd,
    approvalPolicy: config.approval_policy,
    sandbox: sandboxFromMode(config.sandbox_mode, config),
    reasoningEffort: config.model_reasoning_effort ?? null,
    mode: null,
    ...editsOf(config.edits),
  });
}

export function changeSettings(current: ThreadSettings, overrides: SettingsOverrides, config: Config): ThreadSettings {
  const mode = overrides.mode ? modes[overrides.mode] : null;
  const sandboxMode = mode?.sandbox ?? overrides.sandbox;
  const sandbox = sandboxMode ? sandboxFromMode(sandboxMode, config) : (overrides.sandboxPolicy ?? current.sandbox);
  const isOther = Boolean(sandboxMode ?? overrides.sandboxPolicy);
  const cwd = overrides.cwd ? resolve(current.cwd, overrides.cwd) : current.cwd;
  return withMode({
    permissionProfile: overrides.permissionProfile ?? (isOther ? null : (current.permissionProfile ?? null)),
    model: overrides.model ?? current.model,
    modelProvider: overrides.modelProvider ?? current.modelProvider,
    cwd,
    approvalPolicy: mode?.approvalPolicy ?? overrides.approvalPolicy ?? current.approvalPolicy,
    sandbox,
    reasoningEffort: overrides.effort ?? current.reasoningEffort,
    mode: null,
    ...moreRoots(overrides.runtimeWorkspaceRoots ?? rootsInWindow(cwd, current.roots ?? [], overrides.windowFolders)),
    ...editsOf(overrides.edits ?? current.edits),
  });
}

/** The folders it works in; `cwd` comes first. */
export function rootsOf({ cwd, roots }: Pick<ThreadSettings, "cwd" | "roots">): [string, ...string[]] {
  return [cwd, ...new Set((roots ?? []).filter((root) => root !== cwd))];
}

/** What the person chose, with the thread's own folders in it: each may be written as `cwd` may. */
export function chosenSandbox(settings: Pick<ThreadSettings, "sandbox" | "cwd" | "roots">): SandboxPolicy {
  const { sandbox } = settings;
  const [, ...more] = rootsOf(settings);
  if (sandbox.type !== "workspaceWrite" || more.length === 0) return sandbox;
  return { ...sandbox, writableRoots: [...new Set([...more, ...sandbox.writableRoots])] };
}

/** Where edits are only proposed, a command must not write them either; without a sandbox, by choice, nothing keeps it. */
export function commandSandbox(settings: Pick<ThreadSettings, "sandbox" | "edits" | "cwd" | "roots">): SandboxPolicy {
  const sandbox = chosenSandbox(settings);
  if (settings.edits !== "propose" || sandbox.type !== "workspaceWrite") return sandbox;
  return { type: "readOnly", networkAccess: sandbox.networkAccess };
}

/** So that a folder that left the window is not written to, and a thread from elsewhere does not get at this window's. */
function rootsInWindow(
  cwd: string,
  roots: readonly string[],
  windowFolders: readonly string[] | null | undefined,
): readonly string[] {
  const folders = windowFolders?.map((folder) => resolve(folder));
  if (folders === undefined) return roots;
  if (!folders.includes(cwd)) return roots.filter((root) => folders.includes(root));
  return folders.length > 1 ? folders : [];
}

/** A thread of one folder says nothing of it. */
function moreRoots(roots: readonly string[] | null | undefined): { roots?: string[] } {
  return roots == null || roots.length === 0 ? {} : { roots: [...new Set(roots.map((root) => resolve(root)))] };
}

/** What is written at once goes without saying. */
function editsOf(edits: Edits | null | undefined): { edits?: Edits } {
  return edits === "propose" ? { edits } : {};
}

/**
 * Settings as a rollout has them, which may be damaged or another version's. What a command may do is taken as a whole
 * or not at all: null in `substituted` means that all of it holds, else it says what does instead.
 */
export function restoreSettings(
  stored: Readonly<Record<string, unknown>>,
  meta: { model: string; modelProvider: string; cwd: string },
): { settings: ThreadSettings; substituted: string | null } {
  const whole = ThreadSettings.safeParse(stored);
  if (whole.success) {
    const { permissionProfile = null, ...rest } = whole.data;
    return { settings: { ...rest, permissionProfile }, substituted: null };
  }
  const fields = ThreadSettings.shape;
  const approvalPolicy = ApprovalPolicy.safeParse(stored["approvalPolicy"]);
  const sandbox = SandboxPolicy.safeParse(stored["sandbox"]);
  const isPermitted = approvalPolicy.success && sandbox.success;
  const settings = withMode({
    permissionProfile: null,
    model: fitting(fields.model, stored["model"], meta.model),
    modelProvider: fitting(fields.modelProvider, stored["modelProvider"], meta.modelProvider),
    cwd: fitting(fields.cwd, stored["cwd"], meta.cwd),
    approvalPolicy: isPermitted ? approvalPolicy.data : "on-request",
    sandbox: isPermitted ? sandbox.data : { type: "readOnly", networkAccess: false },
    reasoningEffort: fitting(fields.reasoningEffort, stored["reasoningEffort"], null),
    mode: null,
    ...moreRoots(fitting(fields.roots, stored["roots"], null)),
    // What cannot be read may have been a restriction.
    ...editsOf(stored["edits"] == null ? "write" : fitting(fields.edits, stored["edits"], "propose")),
  });
  return { settings, substituted: isPermitted ? null : substitutedMessage };
}

const substitutedMessage =
  "The saved permissions of this thread cannot be read, perhaps because another version wrote them. Commands run in the read-only sandbox, and what must do more asks first. Choose a mode to change that.";

function fitting<T>(schema: z.ZodType<T>, value: unknown, otherwise: T): T {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : otherwise;
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
