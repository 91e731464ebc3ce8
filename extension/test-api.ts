// What `activate` returns to tests inside a real VS Code, and only there (ExtensionMode.Test).
import type { ApplyEditResult } from "../server/protocol/apply-edit.ts";
import type { Approvals } from "./approvals/approvals.ts";
import type { Ctx } from "./ctx.ts";
import type { ServerState } from "./server/server-process.ts";

/** Which server is started next, and how patiently. */
export interface ServerChoice {
  module: string;
  startTimeoutMs: number;
  beatMs: number;
}

export interface TestApi {
  readonly ctx: Ctx;
  readonly approvals: Approvals;
  /** How long the processor worked on `activate`: the same on a machine that does much else. */
  readonly activationCpuMs: number;
  /** Ends the running server; the next start takes this one instead. */
  useServer(choice: Partial<ServerChoice>): Promise<void>;
  /** Every state the server enters from now on. */
  onStateChanged(listener: (state: ServerState) => void): { dispose(): void };
  applyEdit(params: unknown): Promise<ApplyEditResult>;
  readonly runInTerminal: { readyTimeoutMs: number };
}
