// A command that a client runs by itself, outside every thread. It belongs to the connection that asked for it.
import * as z from "zod";
import { SandboxPolicy } from "./sandbox.ts";

const count = z.int().min(0, { error: outside("usize") });
const cells = z
  .int()
  .min(0, { error: outside("u16") })
  .max(65_535, { error: outside("u16") });

/** In character cells, each at least 1. */
export const TerminalSize = z.object({ rows: cells, cols: cells });
export type TerminalSize = z.infer<typeof TerminalSize>;

export const CommandExecParams = z.lazy(() =>
  z.object({
    /** An argv, never a shell line. */
    command: z.array(z.string()),
    /** Names the running command on this connection. Needed for all but a plain buffered run. */
    processId: z.string().nullish(),
    /** Runs in a terminal of its own: its input can be written, its output is streamed as `stdout`. */
    tty: z.boolean().nullish(),
    /** Its input stays open for `command/exec/write`. Otherwise it is empty. */
    streamStdin: z.boolean().nullish(),
    /** Output goes out as `command/exec/outputDelta`, and is not in the response then. */
    streamStdoutStderr: z.boolean().nullish(),
    /** For each stream; what comes after it is dropped. Absent: 1 MiB. */
    outputBytesCap: count.nullish(),
    disableOutputCap: z.boolean().nullish(),
    /** Absent: 10 000. */
    timeoutMs: z.int().nullish(),
    disableTimeout: z.boolean().nullish(),
    /** Relative to the server's cwd, which is the default. */
    cwd: z.string().nullish(),
    /** On top of the environment that commands get; null removes a variable. */
    env: z.record(z.string(), z.string().nullable()).nullish(),
    /** Only with `tty`. Absent: 24 rows of 80. */
    size: TerminalSize.nullish(),
    /** Absent: what the configuration says. A writable workspace is the server's cwd. */
    sandboxPolicy: SandboxPolicy.nullish(),
    /** `:read-only`, `:workspace` or `:danger-full-access`, instead of a policy. */
    permissionProfile: z.string().nullish(),
  }),
);
export type CommandExecParams = z.output<typeof CommandExecParams>;

/** Comes once the command has ended, behind all of its deltas. */
export const CommandExecResponse = z.lazy(() =>
  z.object({
    /** 124 after the timeout, 128 + n after signal n; 1 when a command in a terminal was ended by the client. */
    exitCode: z.int(),
    stdout: z.string(),
    stderr: z.string(),
  }),
);
export type CommandExecResponse = z.infer<typeof CommandExecResponse>;

export const CommandExecWriteParams = z.lazy(() =>
  z.object({ processId: z.string(), deltaBase64: z.string().nullish(), closeStdin: z.boolean().nullish() }),
);
export const CommandExecResizeParams = z.lazy(() => z.object({ processId: z.string(), size: TerminalSize }));
export const CommandExecTerminateParams = z.lazy(() => z.object({ processId: z.string() }));

/** Part of the command's output. */
export const CommandExecOutputDeltaNotification = z.lazy(() =>
  z.object({
    processId: z.string(),
    stream: z.enum(["stdout", "stderr"]),
    /** Bytes, so a character may be split between two deltas. */
    deltaBase64: z.string(),
    /** True on the last delta of a stream that has reached its cap. */
    capReached: z.boolean(),
  }),
);

/** In the words of the original. */
function outside(range: string) {
  return (issue: { input?: unknown }) => `invalid value: integer \`${String(issue.input)}\`, expected ${range}`;
}
