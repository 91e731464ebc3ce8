// Answers what the panel asks: at the editor where the table says so, else by the server. See relay.ts for which is which.
import * as vscode from "vscode";
import { hostRequests } from "../../server/protocol/host-methods.ts";
import type { HostState } from "../../server/protocol/panel.ts";
import { dispatcher } from "../../server/protocol/rpc/dispatch.ts";
import { messageOf, RpcError } from "../../server/protocol/rpc/errors.ts";
import { Lanes } from "../../server/protocol/rpc/lanes.ts";
import { type Ctx, whenRunning } from "../ctx.ts";
import { hostHandlers } from "./host-requests.ts";
import { route, type WindowFolders } from "./relay.ts";
import { statusOf } from "../server/server-process.ts";
import { folderInUse, localFolders, openPaths } from "../workspace.ts";

const INTERNAL_ERROR = -32603;
const atEditor = dispatcher(hostRequests, hostHandlers, new Lanes());

/** Throws RpcError only. Waits while the server starts. */
export async function answerPanel(ctx: Ctx, method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
  const destination = route(method, params, windowFolders());
  try {
    if (destination.kind === "host") return await atEditor(method, params, ctx, signal);
    const { client } = await whenRunning(ctx);
    return await client.relay(method, destination.params, signal);
  } catch (error) {
    if (error instanceof RpcError) throw error;
    ctx.log.warn(`${method} failed.`, error);
    // Already a sentence for a person: shown as it is.
    throw new RpcError(INTERNAL_ERROR, messageOf(error), { cause: error });
  }
}

export function hostState(ctx: Ctx): HostState {
  const folder = folderInUse();
  return {
    server: statusOf(ctx.server.state),
    workspace: folder === null ? null : { ...folder, trusted: vscode.workspace.isTrusted, folders: localFolders() },
    // Where the window is on another machine, its keyboard is not known here; "Ctrl" is the safer guess.
    modifierKey: process.platform === "darwin" && vscode.env.remoteName === undefined ? "⌘" : "Ctrl",
  };
}

function windowFolders(): WindowFolders | null {
  const folder = folderInUse();
  return folder === null ? null : { cwd: folder.cwd, folders: openPaths() };
}
