// What a tool is: a name, what it takes, and how a call of it is prepared and run. A tool says what it touches;
// approval and sandbox are the orchestrator's business.
import type { FileEffect } from "../approval/approvals.ts";
import type { Listing, ListRequest } from "../files/list-folder.ts";
import type { FilePlan, FileView } from "../files/patch-plan.ts";
import type { FilePart, LineRange } from "../files/read-part.ts";
import type { SearchRequest, SearchResult } from "../files/search-text.ts";
import type { Proposed } from "../journal/review/thread-proposals.ts";
import type { ChangeOutcome } from "../journal/write-change.ts";
import type { ToolCallEntry, ToolSpec } from "../model/model.ts";
import type {
  DynamicToolCallParams,
  DynamicToolCallResponse,
  FileUpdateChange,
  ThreadItemOf,
} from "../protocol/item.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { TurnPlanUpdatedNotification } from "../protocol/turn.ts";
import type { ToolRequestUserInputParams, ToolRequestUserInputResponse } from "../protocol/user-input.ts";
import type { CommandSessions, CommandStart, ThreadCommand } from "./command.ts";

/** The item types that stand for a tool call. Each has a status, so each can be declined. */
export type ToolItem = ThreadItemOf<"commandExecution" | "fileChange" | "dynamicToolCall">;

export interface Tool {
  readonly name: string;
  readonly description: string;
  /** What the model is told the tool takes. */
  input(): ToolSpec["input"];
  /** Looks, but changes nothing. Failures are results the model can act on, never exceptions. */
  prepare(call: RawCall, context: PrepareContext): Promise<Prepared | Immediate | PlanUpdate>;
  /** Shows a freeform input while it is being written, from its text alone. Absent: it shows with the call. */
  preview?(cwd: string): InputPreview;
}

export interface InputPreview {
  /** True when there is more to show than before. */
  push(piece: string): boolean;
  /** Empty until the input says what it changes. */
  changes(): FileUpdateChange[];
}

/** A call as the model wrote it. */
export type RawCall = Pick<ToolCallEntry, "kind" | "input">;

/** An answer without an action: the call could not be made, or needed none. */
export interface Immediate {
  readonly kind: "immediate";
  readonly output: string;
}

/** The model says what it is going to do. It touches nothing and is no item: people are told it as it is. */
export interface PlanUpdate extends Pick<TurnPlanUpdatedNotification, "explanation" | "plan"> {
  readonly kind: "plan";
  readonly output: string;
}

export interface Prepared {
  readonly kind: "prepared";
  /** In progress; what clients are shown before anything happens. */
  readonly item: ToolItem;
  /** It is another call's, which announced it and completes it. */
  readonly isAnnounced?: boolean;
  /** Frozen: what is approved is what `run` does. */
  readonly action: Action;
  run(context: RunContext): Promise<Finished>;
}

export interface Finished {
  /** Completed or failed, with its result; in progress when its command goes on behind this call. */
  readonly item: ToolItem;
  /** What the model is told. */
  readonly output: string;
  /** Pictures it is shown besides, as data URLs. */
  readonly images?: readonly string[];
  /** Nothing was done, because files are not what the call was prepared for: to prepare it anew may help. */
  readonly isStale?: boolean;
}

export type Action =
  | { readonly kind: "read" }
  /** Done by the client, or by the person in front of it. */
  | { readonly kind: "client" }
  | {
      readonly kind: "command";
      readonly argv: readonly string[];
      readonly script: string;
      /** The real folder. A command that finds another one in its place by the time it starts is refused. */
      readonly cwd: string;
      /** Not the thread's own folder. */
      readonly isElsewhere: boolean;
      /** The model asked to leave the sandbox, and said why. */
      readonly escalated: boolean;
      /** The model asked for the network in the sandbox. */
      readonly network: boolean;
      readonly justification: string | null;
      /** How the model would have the rule begin that spares this question from now on. */
      readonly prefixRule: readonly string[] | null;
    }
  | {
      /** Types into a command that runs, or only looks what it has written since. */
      readonly kind: "stdin";
      readonly itemId: string;
      readonly processId: string;
      readonly argv: readonly string[];
      readonly script: string;
      readonly cwd: string;
      /** What confines the command that reads it. */
      readonly policy: SandboxPolicy;
      /** Empty: it only looks. */
      readonly chars: string;
    }
  | { readonly kind: "fileChange"; readonly plan: readonly FilePlan[]; readonly targets: readonly FileTarget[] };

export interface FileTarget {
  readonly path: string;
  /** Where a write would really land, with links resolved. */
  readonly realPath: string;
  /** `realPath`, when links below the thread's folder lead elsewhere than `path` says; else null. */
  readonly leadsTo: string | null;
  readonly effect: FileEffect;
  readonly isWritable: boolean;
  readonly isProtected: boolean;
  readonly isDenied: boolean;
}

export interface PrepareContext {
  readonly itemId: string;
  readonly cwd: string;
  readonly sandbox: SandboxPolicy;
  readonly startedAtMs: number;
  readonly files: FileReader;
  /** Why a change of these places is refused without asking anybody, for the model; null when it is not. */
  forbids(targets: readonly FileTarget[]): string | null;
  readonly commands: CommandSessions;
  /** Whether a command can have a terminal here. */
  hasTerminals(): Promise<boolean>;
}

export interface FileReader {
  /** The editor's buffer where there is one, the disk otherwise: then `permits` is asked about what was opened. */
  read(path: string, permits: (realPath: string) => boolean): Promise<FileView>;
  /** Of a file that `read` refuses: lines of one that is too large, or what it is. Null: there is nothing to add. */
  readPart(path: string, range: LineRange, permits: (realPath: string) => boolean): Promise<FilePart | null>;
  /** Lines of the editor's unsaved buffers and of the disk below a folder. Must not throw. */
  search(request: SearchRequest): Promise<SearchResult>;
  /** What is below a folder on disk. Must not throw. */
  list(request: ListRequest): Promise<Listing>;
  /** The files below a folder that the editor has unsaved changes of: commands see them as they were saved. */
  unsaved(root: string): Promise<string[]>;
  /** Where a write to the path would land. Rejects when that cannot be known. */
  realTarget(path: string): Promise<string>;
  /** Null when no folder is there. */
  realFolder(path: string): Promise<string | null>;
  /** Says of real places whether commands of a thread in `cwd` are kept from reading them: credentials, our own state. */
  deniedTo(cwd: string): (realPath: string) => boolean;
}

type ToolCallParams = Omit<DynamicToolCallParams, "threadId" | "turnId">;
type UserInputParams = Omit<ToolRequestUserInputParams, "threadId" | "turnId">;

export interface RunContext {
  readonly signal: AbortSignal;
  readonly files: FileReader;
  /** Under the sandbox that was decided for this very action. From here on the command completes the item. */
  start(item: ThreadItemOf<"commandExecution">, command: CommandStart): ThreadCommand;
  /** Tells the clients what the model types. */
  announceTyping(command: ThreadCommand, chars: string): void;
  /** `targets` are where the plan may land; anywhere else is refused. */
  write(plan: readonly FilePlan[], targets: readonly FileTarget[]): Promise<ChangeOutcome | Proposed>;
  /** Null: nobody who could answer did. Must not throw. */
  callTool(call: ToolCallParams): Promise<DynamicToolCallResponse | null>;
  /** Null: the questions were not answered. Must not throw. */
  askUser(questions: UserInputParams): Promise<ToolRequestUserInputResponse | null>;
  now(): number;
}

export function immediate(output: string): Immediate {
  return { kind: "immediate", output };
}
