// What the layers around hand to a turn's tools. Nothing here opens, spawns or asks by itself.
import type { SessionApprovals } from "../approval/approvals.ts";
import type { NewRule } from "../approval/rules.ts";
import type { RulesFile } from "../approval/rules-file.ts";
import type { FilePlan } from "../files/patch-plan.ts";
import type { WriteLimits } from "../files/writer.ts";
import type { Capture } from "../journal/capture/capture.ts";
import type { Proposed } from "../journal/review/thread-proposals.ts";
import type { ChangeOutcome } from "../journal/write-change.ts";
import type { ApprovalPolicy, CommandApprovalDecision } from "../protocol/approval.ts";
import type { RunInTerminalParams, RunInTerminalResult } from "../protocol/command.ts";
import type { ServerNotification, serverRequests } from "../protocol/methods.ts";
import type { ParamsOut } from "../protocol/rows.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { RunningCommands, StartRequest, Started } from "./command.ts";
import type { FileReader, FileTarget, Tool } from "./tool.ts";

type Asked = Exclude<keyof typeof serverRequests, "workspace/applyEdit" | "belay/runInTerminal">;
/** A question of a turn to its clients. */
export type ClientRequest<M extends Asked = Asked> = {
  [N in M]: { method: N; params: ParamsOut<typeof serverRequests, N> };
}[M];
export type ApprovalRequest = ClientRequest<
  "item/commandExecution/requestApproval" | "item/fileChange/requestApproval"
>;

export interface ToolDeps {
  readonly threadId: string;
  readonly turnId: string;
  readonly cwd: string;
  readonly approvalPolicy: ApprovalPolicy;
  /** What the person chose; patches are judged by it. */
  readonly sandbox: SandboxPolicy;
  /** What confines commands. */
  readonly commandSandbox: SandboxPolicy;
  /** Patches are only proposed, whatever they are of. */
  readonly onlyProposes: boolean;
  /** The turn's one signal: the same for all calls of the turn. */
  readonly signal: AbortSignal;
  readonly approvals: SessionApprovals;
  readonly files: FileReader;
  /** The rules that are written down, as they stand now. Must not throw or reject. */
  rules(): Promise<RulesFile>;
  /** Rejects with a sentence when it cannot be written down. */
  addRule(rule: NewRule): Promise<void>;
  /** Runs a line in the person's own shell; null when nobody could. Must not throw or reject. */
  readonly runInTerminal: ((command: RunInTerminalRequest) => Promise<RunInTerminalResult>) | null;
  /** Null: commands of this turn are confined here, by our sandbox or by what `containerIsSandbox` says. */
  sandboxUnavailable(): Promise<string | null>;
  /** A container, and nothing of ours, confines commands here, as the user has chosen. */
  containerIsSandbox(): Promise<boolean>;
  /** Those of the thread. */
  readonly commands: RunningCommands;
  hasTerminals(): Promise<boolean>;
  /** Confined by `policy`. Must not reject. */
  start(request: StartRequest & { policy: SandboxPolicy }): Promise<Started>;
  /** Must not throw. */
  write(plan: readonly FilePlan[], limits: WriteLimits, itemId: string): Promise<ChangeOutcome | Proposed>;
  /** A patch of these places is only proposed: `write` writes none of it. Must not reject. */
  proposes(targets: readonly FileTarget[]): Promise<boolean>;
  /** What the model is to know beside the output of a command; null: nothing. Must not reject. */
  commandNote(): Promise<string | null>;
  /** Resolves as `failed` when nobody can answer. Must not throw. */
  ask(request: ApprovalRequest): Promise<CommandApprovalDecision | "failed">;
  /** As the client answered; null when it did not, or with an error. Must not throw. */
  askClient(request: ClientRequest<"item/tool/call" | "item/tool/requestUserInput">): Promise<unknown>;
  /** Those that the model was told of: ours, and what the client of this thread brought along. */
  readonly tools: readonly Tool[];
  /**
   * To be awaited before the command of this item starts, and its `end` behind it: what differs then is captured. Null:
   * nothing of it is. Must not reject.
   */
  capture(itemId: string): Promise<Capture | null>;
  /** Called when the turn has changed files. Must not reject. */
  filesChanged(): Promise<void>;
  emit(notification: ServerNotification): void;
  now(): number;
  newId(): string;
}

export type RunInTerminalRequest = Pick<RunInTerminalParams, "itemId" | "script" | "cwd">;
