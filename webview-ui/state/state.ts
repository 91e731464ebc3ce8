// What the panel shows, as one immutable value. Nothing in here that a snapshot and notifications cannot rebuild.
import type {
  CommandApprovalDecision,
  CommandExecutionRequestApprovalParams,
  FileChangeRequestApprovalParams,
} from "../../server/protocol/approval.ts";
import type { SandboxState } from "../../server/protocol/command.ts";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { Edits, Mode } from "../../server/protocol/mode.ts";
import type { Model } from "../../server/protocol/model.ts";
import type { HostState } from "../../server/protocol/panel.ts";
import type { ReviewFile, TurnChanges } from "../../server/protocol/review.ts";
import type { ActiveWriter, SavingTrouble } from "../../server/protocol/thread-saving.ts";
import type { QueuedSubmission } from "../../server/protocol/queue.ts";
import type { RequestId } from "../../server/protocol/rpc/messages.ts";
import type { Thread, ThreadSettings } from "../../server/protocol/thread.ts";
import type { Turn, TurnPlanUpdatedNotification } from "../../server/protocol/turn.ts";
import type { ToolRequestUserInputParams, ToolRequestUserInputResponse } from "../../server/protocol/user-input.ts";

export interface PanelState {
  /** Null until the extension has spoken. */
  host: HostState | null;
  view: View;
  /** Oldest first, of all threads; answered ones stay as the folded row beside their item. */
  approvals: readonly Approval[];
  /** Prompts that the shown thread does not contain yet. */
  outgoing: readonly Outgoing[];
  /** Of the shown thread, as the server last said: what waits for its turn. */
  queue: readonly QueuedSubmission[];
  /** Picked here and not yet taken over by the server. */
  choice: Choice;
  /** The same two of the threads that are not on show, as `state/unsent.ts` has them. */
  aside: ReadonlyMap<string, Unsent>;
  /** The mode picked last: the next new thread has it too. Never one with a risk; null: the default. */
  lastMode: Mode | null;
  models: readonly Model[];
  /** What a new thread would start with; null until the server has said so. */
  defaults: ThreadSettings | null;
  /** Threads of this workspace, newest first; null until the first list arrives. */
  threads: readonly Thread[] | null;
  /** What the list of threads shows while it is open. */
  browsed: Browsed;
  /** Threads whose turns ended while another one was on show. */
  unseen: readonly string[];
  notices: readonly Notice[];
  /** The model's answer broke off and is asked for anew, until it speaks. */
  reconnecting: Reconnecting | null;
  /** Keys of warnings about the configuration that were read and put away; until the server starts anew. */
  dismissed: readonly string[];
  /** Why the last prompt was refused; stands above the composer until the next attempt. */
  sendError: string | null;
  /** The folder whose absence that was; null: it had another reason. */
  missingFolder: string | null;
  /** The turn that was asked to stop and has not ended yet. */
  stoppingTurnId: string | null;
  /** Items of commands that were asked to stop and have not ended yet. */
  stoppingItemIds: readonly string[];
  /** What confines commands; null until the server has said so. */
  sandbox: SandboxState | null;
  /** What Belay changed in this workspace and nobody has kept or undone yet. */
  review: readonly ListedFile[];
  /** Why threads are not being saved, by their ids; those that are saved are not in it. */
  unsaved: ReadonlyMap<string, SavingTrouble>;
  /** What the live region says; the number makes equal sentences distinct. */
  announcement: { number: number; text: string };
}

// new --thread/start answered--> shown
// any --openThread--> loading --snapshot--> shown, or --refused--> new
export type View =
  | { kind: "new" }
  /** Waits for the snapshot. Whatever the server says about the thread meanwhile is older than the snapshot. */
  | { kind: "loading"; threadId: string; previous: ShownThread | null }
  | { kind: "shown"; thread: ShownThread };

export interface ShownThread {
  id: string;
  /** Empty until a name or a first prompt is known. */
  title: string;
  settings: ThreadSettings;
  turns: readonly Turn[];
  tokenUsage: TokenUsage | null;
  /** By turn, what it changed in files, and what became of that. Empty until the server has said so. */
  changes: ReadonlyMap<string, TurnChanges>;
  /** By turn, the plan that was last told in it. Of a thread that was opened anew, the server tells the latest alone. */
  plans: ReadonlyMap<string, TurnPlanUpdatedNotification>;
  /** Set while another process writes to it: it can be read, not written to. */
  held: HeldThread | null;
}

export interface HeldThread {
  /** Null: nobody knows. */
  writer: ActiveWriter | null;
  /** Its turns are here, as they were then. */
  isRead: boolean;
}

/** A file to review, with the folder of the window that it was listed for. */
export interface ListedFile extends ReviewFile {
  cwd: string;
}

export interface ListFilter {
  /** Of every folder, not only of those of the window. */
  isAll: boolean;
  isArchived: boolean;
}

export interface Browsed {
  filter: ListFilter;
  /** The pinned ones, then newest first; null until they are read. */
  threads: readonly Thread[] | null;
  /** Null: there are no more. */
  nextCursor: string | null;
}

export type TokenUsage = Extract<ServerNotification, { method: "thread/tokenUsage/updated" }>["params"]["tokenUsage"];

export interface Choice {
  mode: Mode | null;
  model: string | null;
  edits: Edits | null;
  /** The folder of a thread that is to start. */
  cwd: string | null;
}

export const noChoice: Choice = { mode: null, model: null, edits: null, cwd: null };

// sending --turn/start answered--> accepted --echoed as an item--> gone, or --the server died first--> unread
export type Outgoing =
  /** `unreadIn`: it is sent again, and is what it was before where that fails. */
  | { kind: "sending"; clientId: string; text: string; unreadIn?: string | undefined }
  | { kind: "accepted"; clientId: string; text: string; turnId: string }
  /** Its server died before the model read it. */
  | { kind: "unread"; clientId: string; text: string; turnId: string };

/** What a thread has here that is not the server's yet. */
export interface Unsent {
  choice: Choice;
  outgoing: readonly Outgoing[];
}

export type ApprovalRequest =
  | { kind: "command"; params: CommandExecutionRequestApprovalParams }
  | { kind: "files"; params: FileChangeRequestApprovalParams }
  /** Of the model, to the person. */
  | { kind: "questions"; params: ToolRequestUserInputParams };

export interface Approval {
  /** Unique in this panel; the wire's ids start anew with each server process. */
  key: string;
  id: RequestId;
  request: ApprovalRequest;
  outcome: ApprovalOutcome;
}

// waiting --a person here decides--> answered, or --replies to the model's questions--> replied
// waiting --resolved by someone else, or the server is gone--> void
export type ApprovalOutcome =
  | { kind: "waiting" }
  | { kind: "answered"; decision: CommandApprovalDecision }
  | { kind: "replied"; reply: ToolRequestUserInputResponse }
  | { kind: "void"; why: VoidReason };

/** `elsewhere`: another client gave the answer. `takenBack`: its turn was stopped, or nobody knows why. */
export type VoidReason = "elsewhere" | "serverEnded" | "takenBack";

/** `config`: of the present server run; the next one says it again where it still holds. */
export type NoticeKind = "info" | "warning" | "config";

export interface Notice {
  key: string;
  /** The thread it is about: with that one alone it is shown. Null: it is the window's. */
  threadId: string | null;
  kind: NoticeKind;
  text: string;
}

export interface Reconnecting {
  turnId: string;
  /** "Reconnecting 2 of 5…". */
  text: string;
  /** Null: nobody said why. */
  cause: string | null;
}

export const initialState: PanelState = {
  host: null,
  view: { kind: "new" },
  approvals: [],
  outgoing: [],
  queue: [],
  choice: noChoice,
  aside: new Map(),
  lastMode: null,
  models: [],
  defaults: null,
  threads: null,
  browsed: { filter: { isAll: false, isArchived: false }, threads: null, nextCursor: null },
  unseen: [],
  notices: [],
  reconnecting: null,
  dismissed: [],
  sendError: null,
  missingFolder: null,
  stoppingTurnId: null,
  stoppingItemIds: [],
  sandbox: null,
  review: [],
  unsaved: new Map(),
  announcement: { number: 0, text: "" },
};

/** The thread on screen, also while a newer snapshot of it is under way. */
export function shownThread(view: View): ShownThread | null {
  switch (view.kind) {
    case "new":
      return null;
    case "loading":
      return view.previous;
    case "shown":
      return view.thread;
    default:
      return view satisfies never;
  }
}

export function shownThreadId(view: View): string | null {
  switch (view.kind) {
    case "new":
      return null;
    case "loading":
      return view.threadId;
    case "shown":
      return view.thread.id;
    default:
      return view satisfies never;
  }
}

export function runningTurn(thread: ShownThread | null): Turn | null {
  return thread?.turns.findLast((turn) => turn.status === "inProgress") ?? null;
}

/** The approval that has the key: the oldest that waits in the shown thread. */
export function currentApproval(state: PanelState): Approval | null {
  const threadId = shownThreadId(state.view);
  return (
    state.approvals.find(
      ({ outcome, request }) => outcome.kind === "waiting" && request.params.threadId === threadId,
    ) ?? null
  );
}
