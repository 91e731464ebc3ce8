// What every part of the extension is handed. Built once by main.ts.
import type * as vscode from "vscode";
import type { ChangeDiffs } from "./edits/change-diffs.ts";
import type { ChatView } from "./panel/chat-view.ts";
import type { Client } from "./server/client.ts";
import type { Notifications } from "./server/notifications.ts";
import type { Review } from "./review/review.ts";
import type { RunningCommands } from "./terminals/running-commands.ts";
import type { Sandbox } from "./status/sandbox.ts";
import type { ServerProcess } from "./server/server-process.ts";
import type { Terminals } from "./terminals/terminals.ts";
import type { Threads } from "./threads/threads.ts";
import type { Turns } from "./turns.ts";

export interface Ctx {
  readonly extension: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly server: ServerProcess;
  readonly notifications: Notifications;
  readonly panel: ChatView;
  readonly terminals: Terminals;
  readonly turns: Turns;
  readonly runningCommands: RunningCommands;
  readonly sandbox: Sandbox;
  readonly diffs: ChangeDiffs;
  readonly review: Review;
  readonly threads: Threads;
}

/** For code that needs the server: whoever has one of these need not ask whether it runs. */
export type RunningCtx = Ctx & { readonly client: Client };

/** Starts the server where needed. Rejects with ServerUnavailable. */
export async function whenRunning(ctx: Ctx): Promise<RunningCtx> {
  const client = await ctx.server.running();
  return { ...ctx, client };
}
