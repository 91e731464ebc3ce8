// What the panel asks of the editor itself: show, open, copy. Complete by its type: one handler a row of the table.
import * as vscode from "vscode";
import type { hostRequests } from "../../server/protocol/host-methods.ts";
import type { Handlers } from "../../server/protocol/rpc/dispatch.ts";
import { RpcError } from "../../server/protocol/rpc/errors.ts";
import { setApiKey } from "../api-key.ts";
import { type Ctx, whenRunning } from "../ctx.ts";
import { openablePath } from "./openable-path.ts";
import { findFolder } from "../workspace.ts";

const INVALID_REQUEST = -32600;
const openableSchemes: readonly string[] = ["http", "https", "mailto"];

const reviewCommands = {
  show: { all: "belay.reviewChanges", file: "belay.reviewFile" },
  keep: { all: "belay.keepAll", file: "belay.keepFile" },
  undo: { all: "belay.undoAll", file: "belay.undoFile" },
} as const;

export const hostHandlers: Handlers<typeof hostRequests, Ctx> = {
  "host/openFile": async ({ path, line, cwd }) => {
    const absolute = openablePath(path, cwd ?? findFolder()?.cwd ?? null);
    if (absolute === null) throw new RpcError(INVALID_REQUEST, "Belay opens files on this machine's disks only.");
    const file = vscode.Uri.file(absolute);
    await stat(file);
    const at = Math.max(0, (line ?? 1) - 1);
    const selection = line === undefined ? {} : { selection: new vscode.Range(at, 0, at, 0) };
    await vscode.commands.executeCommand("vscode.open", file, { preview: true, ...selection });
    return null;
  },
  "host/openDiff": async (params, ctx) => {
    const { client } = await whenRunning(ctx);
    await ctx.diffs.show(client, params);
    return null;
  },
  "host/openTerminal": async (item, ctx) => ctx.terminals.reveal(item),
  "host/openLink": async ({ url }) => {
    const uri = vscode.Uri.parse(url, true);
    if (!openableSchemes.includes(uri.scheme)) {
      throw new RpcError(INVALID_REQUEST, `Belay opens web and mail addresses only, not ${uri.scheme}: links.`);
    }
    await vscode.env.openExternal(uri);
    return null;
  },
  "host/copy": async ({ text }) => {
    await vscode.env.clipboard.writeText(text);
    return null;
  },
  "host/restartServer": async (_params, ctx) => {
    await ctx.server.restart();
    return null;
  },
  "host/showLog": async (_params, ctx) => {
    ctx.log.show();
    return null;
  },
  "host/openFolder": async () => {
    await vscode.commands.executeCommand("workbench.action.files.openFolder");
    return null;
  },
  "host/setApiKey": async (_params, ctx) => {
    await setApiKey(ctx);
    return null;
  },
  "host/undoTurn": async (turns) => {
    await vscode.commands.executeCommand("belay.undoTurn", turns);
    return null;
  },
  "host/redoTurn": async (turns) => {
    await vscode.commands.executeCommand("belay.redoTurn", turns);
    return null;
  },
  "host/review": async ({ verb, path }) => {
    const { all, file } = reviewCommands[verb];
    await (path === null
      ? vscode.commands.executeCommand(all)
      : vscode.commands.executeCommand(file, vscode.Uri.file(path)));
    return null;
  },
  "host/manageApprovals": async () => {
    await vscode.commands.executeCommand("belay.manageApprovals");
    return null;
  },
  "host/trustContainer": async () => {
    await vscode.commands.executeCommand("belay.trustContainer");
    return null;
  },
  "host/manageTrust": async () => {
    await vscode.commands.executeCommand("workbench.trust.manage");
    return null;
  },
};

async function stat(file: vscode.Uri): Promise<void> {
  try {
    await vscode.workspace.fs.stat(file);
  } catch (cause) {
    throw new RpcError(INVALID_REQUEST, `There is no file ${vscode.workspace.asRelativePath(file)} any more.`, {
      cause,
    });
  }
}
