// What a command may touch. Plain data; the translation to an argv lives in server/sandbox.
import * as z from "zod";

/** The sandbox as users name it in config, on the CLI and in `thread/start`. */
export const SandboxMode = z.enum(["read-only", "workspace-write", "danger-full-access"]);
export type SandboxMode = z.infer<typeof SandboxMode>;

/** The sandbox in full, as it travels in `turn/start` and in thread settings. */
export const SandboxPolicy = z.lazy(() =>
  z.discriminatedUnion("type", [
    /** Commands read everything that is not a credential, and write only to a private /tmp. */
    z.object({ type: z.literal("readOnly"), networkAccess: z.boolean().default(false) }),
    z.object({
      type: z.literal("workspaceWrite"),
      /** Absolute directories besides the thread's cwd. Empty means the cwd alone. */
      writableRoots: z.array(z.string()).default([]),
      networkAccess: z.boolean().default(false),
      excludeTmpdirEnvVar: z.boolean().default(false),
      excludeSlashTmp: z.boolean().default(false),
    }),
    /** No sandbox: a command can do whatever the user can. */
    z.object({ type: z.literal("dangerFullAccess") }),
    /** Something around the whole server (a container) is the sandbox. */
    z.object({
      type: z.literal("externalSandbox"),
      networkAccess: z.enum(["restricted", "enabled"]).default("restricted"),
    }),
  ]),
);
export type SandboxPolicy = z.infer<typeof SandboxPolicy>;
