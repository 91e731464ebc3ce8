// What a thread is given by the composition root. Functions, so that no layer above is imported.
import type { CatalogModel } from "../config/catalog.ts";
import type { Config } from "../config/schema.ts";
import type { FilePlan } from "../files/patch-plan.ts";
import type { WriteLimits } from "../files/writer.ts";
import type { Capture } from "../journal/capture/capture.ts";
import type { ChangeSource, WorkspaceJournal } from "../journal/change.ts";
import type { ChangeOutcome } from "../journal/write-change.ts";
import type { InstructionFile } from "../instructions/agents-md.ts";
import type { Model } from "../model/model.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import type { RunInTerminalParams, RunInTerminalResult } from "../protocol/command.ts";
import type { RequestId } from "../protocol/rpc/messages.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { RuleStore } from "./rule-store.ts";
import type { ShownPlace } from "./thread-sections.ts";
import type { Started, StartRequest } from "../tools/command.ts";
import type { FileReader } from "../tools/tool.ts";

export type Log = (level: "info" | "warning" | "error", message: string, cause?: unknown) => void;

export interface CommandIds {
  readonly threadId: string;
  readonly turnId: string;
  readonly itemId: string;
}

export interface ThreadDeps {
  /** As it stands when it is read: it changes while the process lives. */
  readonly config: Config;
  readonly files: FileReader;
  readonly shell: string;
  /** Null: there is none. */
  readonly userHome: string | null;
  readonly platform: string;
  selectModel(provider: string): Model;
  /** Null: no catalog lists it. */
  listedModel(provider: string, model: string): CatalogModel | null;
  /** Of the folders that a thread works in. */
  readInstructions(folders: readonly string[]): Promise<InstructionFile[]>;
  /** Null: commands under the policy are confined here. */
  sandboxUnavailable(policy: SandboxPolicy): Promise<string | null>;
  /** A container, and nothing of ours, confines commands here, as the user has chosen. */
  containerIsSandbox(): Promise<boolean>;
  hasTerminals(): Promise<boolean>;
  /** Must not reject. `threadCwd` is what the policy is about; the command's own cwd is the model's choice. */
  start(request: StartRequest & { threadId: string; threadCwd: string; policy: SandboxPolicy }): Promise<Started>;
  /** Through the editor where there is one. Must not throw. */
  write(cwd: string, source: ChangeSource, plan: readonly FilePlan[], limits: WriteLimits): Promise<ChangeOutcome>;
  /** What is known of changes in a workspace. Rejects with a sentence when it cannot be opened. */
  journal(cwd: string): Promise<WorkspaceJournal>;
  /** In the folders of a thread, the first of which is its `cwd`; see `ToolDeps.capture`. Aborted: the command is not to start any more. */
  capture(folders: readonly [string, ...string[]], command: CommandIds, signal: AbortSignal): Promise<Capture | null>;
  /** A command may come soon: what takes long before the first one begins. Must not throw. */
  expectCommands(folders: readonly [string, ...string[]]): void;
  readonly rules: RuleStore;
  /** Runs a line in the person's own shell; null when no editor is there that could. Must not throw or reject. */
  readonly runInTerminal: ((command: RunInTerminalParams, signal: AbortSignal) => Promise<RunInTerminalResult>) | null;
  /** Where the thread stands among what people have sorted. */
  shownPlaceOf(threadId: string): ShownPlace;
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
