// The command table: one row a command, in the manifest's order. What a command does lives beside it by feature.
import * as vscode from "vscode";
import { setApiKey } from "./api-key.ts";
import { type Ctx, type RunningCtx, whenRunning } from "./ctx.ts";
import { showFailure } from "./failures.ts";
import { fix } from "./fix.ts";
import { manageApprovals } from "./manage-approvals.ts";
import { showStatusMenu } from "./status-menu.ts";
import { stopAll, stopCommand } from "./stop-commands.ts";
import { runTask } from "./tasks.ts";
import { trustContainer } from "./trust-container.ts";

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
