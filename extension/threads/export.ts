// A thread as a file of the person's: Markdown to read, or JSON that can be imported again, as `belay threads export`
// writes it.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { titleOf } from "../../server/protocol/thread-words.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { Ctx } from "../ctx.ts";
import { localFolders } from "../workspace.ts";

/** Of one thread; more than that nobody reads. */
const MAX_BYTES = 512 * 1024 * 1024;
const MAX_NAME_CHARS = 60;

/** Asks where to; nothing is written when that is called off. */
export async function saveThread({ extension }: Ctx, thread: Thread): Promise<void> {
  const [folder] = localFolders();
  const name = `${fileName(titleOf(thread))}.md`;
  const target = await vscode.window.showSaveDialog({
    title: "Export Thread",
    filters: { Markdown: ["md"], "JSON, to import again": ["json"] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(vscode.Uri.file(folder.cwd), name) }),
  });
  if (target === undefined) return;
  const program = vscode.Uri.joinPath(extension.extensionUri, "dist", "belay.mjs").fsPath;
  const format = target.path.endsWith(".json") ? "json" : "md";
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, "threads", "export", thread.id, "--format", format],
    // In a desktop VS Code the program that runs us is only a Node when it is told so.
    { env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" }, maxBuffer: MAX_BYTES },
  );
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(stdout));
  await vscode.commands.executeCommand("vscode.open", target);
}

/** Of letters and digits, so that it fits every file system. */
function fileName(title: string): string {
  const name = title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").slice(0, MAX_NAME_CHARS);
  return name.replaceAll(/^-+|-+$/g, "") || "thread";
}
