// Everything that can happen to the panel, as values.
import type { CommandApprovalDecision } from "../../server/protocol/approval.ts";
import type { SandboxState } from "../../server/protocol/command.ts";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { Model } from "../../server/protocol/model.ts";
import type { HostState } from "../../server/protocol/panel.ts";
import type { QueuedSubmission } from "../../server/protocol/queue.ts";
import type { TurnChanges } from "../../server/protocol/review.ts";
import type { ActiveWriter } from "../../server/protocol/thread-saving.ts";
import type { RequestId } from "../../server/protocol/rpc/messages.ts";
import type { Thread, ThreadSettings, ThreadStartResponse } from "../../server/protocol/thread.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import type { ToolRequestUserInputResponse } from "../../server/protocol/user-input.ts";
import type { ApprovalRequest, Choice, ListedFile, ListFilter } from "./state.ts";

export type PanelEvent =
  | { type: "hostChanged"; host: HostState }
  | { type: "notified"; notification: ServerNotification }
  /** The panel turned to a thread and asked for its snapshot. */
  | { type: "threadOpening"; threadId: string }
  /** A snapshot, or the answer to `thread/start`. */
  | { type: "threadOpened"; response: ThreadStartResponse }
  | { type: "threadRefused"; threadId: string; message: string }
  /** Another process writes to it. */
  | { type: "threadHeld"; threadId: string; writer: ActiveWriter | null }
  /** A thread that another process writes to, as it is now. */
  | { type: "heldThreadRead"; thread: Thread }
  /** It goes on as another one, which is to be shown. */
  | { type: "threadForked"; from: string; to: string }
  | { type: "newThread" }
  | { type: "threadsListed"; threads: readonly Thread[] }
  | { type: "threadsBrowsing"; filter: ListFilter }
  | { type: "threadsBrowsed"; filter: ListFilter; threads: readonly Thread[]; nextCursor: string | null }
  | { type: "modelsListed"; models: readonly Model[] }
  /** What a new thread would start with. */
  | { type: "defaultsRead"; settings: ThreadSettings }
  | { type: "sandboxRead"; sandbox: SandboxState }
  | { type: "reviewListed"; files: readonly ListedFile[] }
  /** All turns of a thread that changed files. */
  | { type: "changesRead"; threadId: string; turns: readonly TurnChanges[] }
  | { type: "queueListed"; threadId: string; queue: readonly QueuedSubmission[] }
  /** For the live region. */
  | { type: "told"; text: string }
  | { type: "choiceMade"; choice: Partial<Choice> }
  /** The thread took over what was picked. */
  | { type: "choiceTaken"; threadId: string; taken: Choice }
  /** `again`: in the place of that one, which was left unread. */
  | { type: "promptSent"; clientId: string; text: string; again?: string | undefined }
  | { type: "promptAccepted"; clientId: string; threadId: string; turn: Turn; sent: Choice }
  | { type: "promptRefused"; clientId: string; message: string; missingFolder?: string | null }
  | { type: "promptDropped"; clientId: string }
  /** A command line of the person's own is on its way. */
  | { type: "shellSent" }
  | { type: "shellRefused"; message: string }
  | { type: "commandStopAsked"; itemId: string }
  /** It had ended already, or could not be stopped: then `message` says why. */
  | { type: "commandStopSettled"; threadId: string; itemId: string; message: string | null }
  | { type: "stopAsked"; turnId: string }
  | { type: "stopRefused"; threadId: string; turnId: string; message: string }
  | { type: "approvalAsked"; key: string; id: RequestId; request: ApprovalRequest }
  | { type: "approvalAnswered"; key: string; decision: CommandApprovalDecision }
  /** To questions of the model; without answers: skipped. */
  | { type: "approvalReplied"; key: string; reply: ToolRequestUserInputResponse }
  /** The one who asked took the question back. */
  | { type: "approvalWithdrawn"; key: string }
  /** Of a thread, or of the window. */
  | { type: "noticed"; text: string; threadId: string | null }
  | { type: "noticeDismissed"; key: string };
