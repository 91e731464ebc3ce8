// What a thread is given by the composition root. Functions, so that no layer above is imported.
import type { Config } from "../config/schema.ts";
import type { FilePlan } from "../files/patch-plan.ts";
import type { InstructionFile } from "../instructions/agents-md.ts";
import type { Model } from "../model/model.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { RequestId } from "../protocol/rpc/messages.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { ExecOutcome, ExecuteRequest, FileReader, WriteLimits, WriteResult } from "../tools/tool.ts";

export type Log = (level: "info" | "warning" | "error", message: string, cause?: unknown) => void;

export interface ThreadDeps {
  /** As it stands when it is read: it changes while the process lives. */
  readonly config: Config;
  readonly files: FileReader;
  readonly shell: string;
  readonly platform: string;
  selectModel(provider: string): Model;
  readInstructions(cwd: string): Promise<InstructionFile[]>;
  /** Null: commands under the policy are confined here. */
  sandboxUnavailable(policy: SandboxPolicy): Promise<string | null>;
  /** A container, and nothing of ours, confines commands here, as the user has chosen. */
  containerIsSandbox(): Promise<boolean>;
  /** Must not throw. `threadCwd` is what the policy is about; the command's own cwd is the model's choice. */
  execute(
    request: ExecuteRequest & { threadId: string; threadCwd: string; policy: SandboxPolicy; signal: AbortSignal },
  ): Promise<ExecOutcome>;
  /** Through the editor where there is one. Must not throw. */
  write(plan: readonly FilePlan[], limits: WriteLimits): Promise<WriteResult>;
  /** Tells every client, whether it listens to the thread or not. */
  tellAll(notification: ServerNotification): void;
  /** Called when a turn has ended and said so. */
  turnEnded(threadId: string): void;
  /** The server outlives its clients: who left may come back, and answer what waits. */
  readonly clientsReturn: boolean;
  /** Unique in this process. */
  nextRequestId(): RequestId;
  newId(): string;
  /** Unix milliseconds. */
  now(): number;
  readonly log: Log;
}
