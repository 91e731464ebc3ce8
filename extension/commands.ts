// The command table: one row a command, in the manifest's order. What a command does lives beside it by feature.
import * as vscode from "vscode";
import { setApiKey } from "./api-key.ts";
import { type Ctx, type RunningCtx, whenRunning } from "./ctx.ts";
import { showFailure } from "./failures.ts";
import { fix } from "./fix.ts";
import { manageApprovals } from "./approvals/manage-approvals.ts";
import { showStatusMenu } from "./status/status-menu.ts";
import { stopAll, stopCommand } from "./terminals/stop-commands.ts";
import { clearCheckpoints } from "./review/checkpoints.ts";
import * as review from "./review/commands.ts";
import { redoTurn, undoTurn } from "./review/turns.ts";
import { runTask } from "./tasks.ts";
import * as threads from "./threads/commands.ts";
import { searchThreads } from "./threads/search.ts";
import { trustContainer } from "./status/trust-container.ts";

type Run<C> = (ctx: C, ...given: unknown[]) => unknown;

/**
 * `whenDown`: what happens while the server does not run. `start`: it is started first. `skip`: nothing, there is
 * nothing to act on. `run`: the command does not need it. `internal`: not in the manifest, for code only.
 */
type CommandRow = { id: `belay.${string}`; internal?: true } & (
  | { whenDown: "start" | "skip"; run: Run<RunningCtx> }
  | { whenDown: "run"; run: Run<Ctx> }
);

export const commands: readonly CommandRow[] = [
  { id: "belay.newThread", whenDown: "run", run: (ctx) => showing(ctx, () => ctx.panel.tell("host/newThread", {})) },
  {
    id: "belay.focusComposer",
    whenDown: "run",
    run: (ctx) => showing(ctx, () => ctx.panel.tell("host/focusComposer", {})),
  },
  { id: "belay.fix", whenDown: "start", run: fix },
  { id: "belay.runTask", whenDown: "start", run: runTask },
  {
    id: "belay.showThreads",
    whenDown: "run",
    run: (ctx) => showing(ctx, () => ctx.panel.tell("host/showThreads", {})),
  },
  { id: "belay.searchThreads", whenDown: "start", run: searchThreads },
  { id: "belay.showAllThreads", whenDown: "run", run: threads.showAllThreads },
  { id: "belay.showWorkspaceThreads", whenDown: "run", run: threads.showWorkspaceThreads },
  { id: "belay.refreshThreads", whenDown: "start", run: threads.refreshThreads },
  { id: "belay.enterThread", whenDown: "run", run: threads.enterThread },
  { id: "belay.renameThread", whenDown: "start", run: threads.renameThread },
  { id: "belay.pinThread", whenDown: "start", run: threads.pinThread },
  { id: "belay.unpinThread", whenDown: "start", run: threads.unpinThread },
  { id: "belay.forkThread", whenDown: "start", run: threads.forkThread },
  { id: "belay.exportThread", whenDown: "start", run: threads.exportThread },
  { id: "belay.copyThreadId", whenDown: "start", run: threads.copyThreadId },
  { id: "belay.archiveThread", whenDown: "start", run: threads.archiveThread },
  { id: "belay.unarchiveThread", whenDown: "start", run: threads.unarchiveThread },
  { id: "belay.deleteThread", whenDown: "start", run: threads.deleteThread },
  { id: "belay.openThread", internal: true, whenDown: "run", run: threads.openThread },
  { id: "belay.showMoreThreads", internal: true, whenDown: "skip", run: threads.showMoreThreads },
  { id: "belay.reviewChanges", whenDown: "start", run: review.reviewChanges },
  { id: "belay.reviewNextHunk", whenDown: "skip", run: review.reviewNextHunk },
  { id: "belay.reviewPreviousHunk", whenDown: "skip", run: review.reviewPreviousHunk },
  { id: "belay.keepHunk", whenDown: "skip", run: review.keepHunk },
  { id: "belay.undoHunk", whenDown: "skip", run: review.undoHunk },
  { id: "belay.keepFile", whenDown: "skip", run: review.keepFile },
  { id: "belay.undoFile", whenDown: "skip", run: review.undoFile },
  { id: "belay.keepAll", whenDown: "skip", run: review.keepAll },
  { id: "belay.undoAll", whenDown: "skip", run: review.undoAll },
  { id: "belay.acceptMerge", whenDown: "skip", run: review.acceptMerge },
  { id: "belay.rejectMerge", whenDown: "skip", run: review.rejectMerge },
  { id: "belay.undoTurn", whenDown: "start", run: undoTurn },
  { id: "belay.redoTurn", whenDown: "start", run: redoTurn },
  { id: "belay.clearCheckpoints", whenDown: "start", run: clearCheckpoints },
  { id: "belay.reviewFile", internal: true, whenDown: "skip", run: review.reviewFile },
  { id: "belay.showReviewedThread", internal: true, whenDown: "skip", run: review.showReviewedThread },
  {
    id: "belay.compactThread",
    whenDown: "start",
    run: (ctx) => showing(ctx, () => ctx.panel.tell("host/compactThread", {})),
  },
  { id: "belay.stopTurn", whenDown: "skip", run: stopTurn },
  { id: "belay.stopCommand", whenDown: "skip", run: stopCommand },
  { id: "belay.stopAll", whenDown: "skip", run: stopAll },
  { id: "belay.setApiKey", whenDown: "run", run: (ctx) => setApiKey(ctx) },
  { id: "belay.manageApprovals", whenDown: "start", run: manageApprovals },
  { id: "belay.trustContainer", whenDown: "start", run: trustContainer },
  { id: "belay.restartServer", whenDown: "run", run: (ctx) => ctx.server.restart() },
  { id: "belay.showLog", whenDown: "run", run: (ctx) => ctx.log.show() },
  { id: "belay.showStatusMenu", internal: true, whenDown: "run", run: showStatusMenu },
];

export function registerCommands(ctx: Ctx): vscode.Disposable[] {
  return commands.map((row) =>
    vscode.commands.registerCommand(row.id, (...given: unknown[]) => execute(ctx, row, given)),
  );
}

/** A failure is told in a sentence; who wants more finds it in the log. */
async function execute(ctx: Ctx, row: CommandRow, given: unknown[]): Promise<void> {
  try {
    if (row.whenDown === "run") await row.run(ctx, ...given);
    else if (row.whenDown === "start" || ctx.server.state.kind === "running")
      await row.run(await whenRunning(ctx), ...given);
  } catch (error) {
    ctx.log.error(`${row.id} failed.`, error);
    showFailure(ctx, error);
  }
}

async function showing(ctx: Ctx, tell: () => void): Promise<void> {
  tell();
  await ctx.panel.reveal();
}

async function stopTurn(ctx: RunningCtx): Promise<void> {
  const turn = ctx.turns.current;
  if (turn !== null) await ctx.client.request("turn/interrupt", turn);
}
