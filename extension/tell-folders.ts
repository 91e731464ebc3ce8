// Tells live threads which folders the window has by now, so that also what waits in their queues begins in these.
import type * as vscode from "vscode";
import type { Client } from "./server/client.ts";
import { openPaths } from "./workspace.ts";

/** Never rejects. Threads that are not loaded hear of it when they are. */
export async function tellFolders(client: Client | null, log: vscode.LogOutputChannel): Promise<void> {
  if (client === null) return;
  const windowFolders = openPaths();
  try {
    const { data } = await client.request("thread/loaded/list", {});
    await Promise.all(data.map((threadId) => client.request("thread/settings/update", { threadId, windowFolders })));
  } catch (error) {
    log.warn("Threads could not be told of the window's folders. They hear of them with their next turn.", error);
  }
}
