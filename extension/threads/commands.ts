// The commands of threads: in the tree on its rows, from the palette on the thread that the panel shows.
import * as vscode from "vscode";
import * as z from "zod";
import { pinnedSectionId } from "../../server/protocol/thread-section.ts";
import { titleOf } from "../../server/protocol/thread-words.ts";
import type { Thread } from "../../server/protocol/thread.ts";
import type { Ctx, RunningCtx } from "../ctx.ts";
import { saveThread } from "./export.ts";
import { archiveQuestion, deleteQuestion } from "./thread-words.ts";

/** What a menu of the tree hands over: the row it was opened on, and all that are selected with it. */
const GivenRow = z.object({ kind: z.literal("thread"), thread: z.custom<Thread>() });
const GivenPart = z.enum(["recent", "archived"]);
/** In the `args` of keys: the selected rows. */
const SELECTION = "selection";

/** A click on a row: the thread is shown, and the keys of the tree go on to work. A double click goes on to write. */
export async function openThread(ctx: Ctx, given: unknown): Promise<void> {
  const threadId = z.string().parse(given);
  ctx.threads.opened(threadId);
  const isDouble = ctx.threads.clicks.isDouble(threadId);
  // Whether it is on show the panel knows, and nobody else as soon.
  ctx.panel.tell("host/showThread", { threadId });
  if (isDouble) await write(ctx);
  else await ctx.panel.show();
}

/** Enter in the tree: what the row does, and where it is a thread, the person goes on to write. */
export async function enterThread(ctx: Ctx): Promise<void> {
  // Selects the row that has the focus, and opens it as a click does.
  const select = () => vscode.commands.executeCommand("list.select");
  // Who has clicked a row since then wants the focus there.
  if ((await ctx.threads.clicks.keyed(select)) && ctx.threads.selected.length === 1) await write(ctx);
}

async function write({ panel }: Ctx): Promise<void> {
  // The focus moves once: a second time, later, it would be taken from what the person clicked meanwhile.
  await panel.show();
  panel.tell("host/focusComposer", {});
}

export async function renameThread(ctx: RunningCtx, ...given: unknown[]): Promise<void> {
  const [thread] = await threadsOf(ctx, given);
  if (thread === undefined) return;
  const name = await vscode.window.showInputBox({
    title: "Rename Thread",
    prompt: "What it is called in lists",
    value: titleOf(thread),
    validateInput: (text) => (text.trim() === "" ? "A thread needs a name." : null),
  });
  if (name === undefined) return;
  await ctx.client.request("thread/name/set", { threadId: thread.id, name: name.trim() });
}

export const pinThread = (ctx: RunningCtx, ...given: unknown[]): Promise<void> => move(ctx, pinnedSectionId, given);
export const unpinThread = (ctx: RunningCtx, ...given: unknown[]): Promise<void> => move(ctx, null, given);

/** Can be taken back; asks only where something is stopped by it. */
export async function archiveThread(ctx: RunningCtx, ...given: unknown[]): Promise<void> {
  const threads = await threadsOf(ctx, given);
  if (threads.length === 0) return;
  const question = archiveQuestion(threads, runningCount(ctx, threads));
  if (question !== null && !(await isSure(question, "Stop and Archive"))) return;
  for (const { id } of threads) await ctx.client.request("thread/archive", { threadId: id });
  // Not waited for: the message stays until somebody reads it.
  void offerUndo(ctx, threads);
}

export async function unarchiveThread(ctx: RunningCtx, ...given: unknown[]): Promise<void> {
  for (const { id } of await threadsOf(ctx, given)) await ctx.client.request("thread/unarchive", { threadId: id });
}

export async function deleteThread(ctx: RunningCtx, ...given: unknown[]): Promise<void> {
  const threads = await threadsOf(ctx, given);
  if (threads.length === 0) return;
  if (!(await isSure(deleteQuestion(threads, runningCount(ctx, threads)), "Delete"))) return;
  for (const { id } of threads) {
    await ctx.client.request("thread/delete", { threadId: id });
    if (ctx.turns.shownThreadId === id) ctx.panel.tell("host/newThread", {});
  }
}

export async function forkThread(ctx: RunningCtx, ...given: unknown[]): Promise<void> {
  const [source] = await threadsOf(ctx, given);
  if (source === undefined) return;
  const { thread } = await ctx.client.request("thread/fork", { threadId: source.id, excludeTurns: true });
  ctx.panel.tell("host/showThread", { threadId: thread.id });
  await ctx.panel.reveal();
}

export async function exportThread(ctx: RunningCtx, ...given: unknown[]): Promise<void> {
  const [thread] = await threadsOf(ctx, given);
  if (thread !== undefined) await saveThread(ctx, thread);
}

export async function copyThreadId(ctx: RunningCtx, ...given: unknown[]): Promise<void> {
  const threads = await threadsOf(ctx, given);
  if (threads.length > 0) await vscode.env.clipboard.writeText(threads.map(({ id }) => id).join("\n"));
}

export const refreshThreads = ({ threads }: Ctx): Promise<void> => threads.list.refresh();
export const showAllThreads = ({ threads }: Ctx): void => threads.showAll(true);
export const showWorkspaceThreads = ({ threads }: Ctx): void => threads.showAll(false);
export const showMoreThreads = ({ threads }: Ctx, part: unknown): Promise<void> =>
  threads.list.showMore(GivenPart.parse(part));

/** Rows of the tree, an id, or nothing: then the thread on show. */
async function threadsOf(ctx: RunningCtx, all: unknown[]): Promise<Thread[]> {
  const [given, selected] = all;
  if (given === SELECTION) return ctx.threads.selected.map(({ thread }) => thread);
  if (all.length > 0 && typeof given !== "string") {
    const isOne = !Array.isArray(selected) || selected.length === 0;
    const rows = z.array(GivenRow).safeParse(isOne ? [given] : selected).data;
    // VS Code knows of no rows while it reads them anew. The thread on show is another one than the person chose.
    if (rows === undefined) throw new Error("The list of threads has just changed. Choose the thread again.");
    return rows.map(({ thread }) => thread);
  }
  const threadId = typeof given === "string" ? given : ctx.turns.shownThreadId;
  if (threadId === null) return [];
  return [(await ctx.client.request("thread/read", { threadId })).thread];
}

async function move(ctx: RunningCtx, sectionId: string | null, given: unknown[]): Promise<void> {
  for (const { id } of await threadsOf(ctx, given))
    await ctx.client.request("thread/section/move", { threadId: id, sectionId });
}

function runningCount({ threads }: Ctx, asked: readonly Thread[]): number {
  const active = ["running", "waitsForApproval", "waitsForAnswer"];
  return asked.filter((thread) => active.includes(threads.list.stateOf(thread))).length;
}

async function isSure({ sentence, detail }: { sentence: string; detail: string }, yes: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(sentence, { modal: true, detail }, yes)) === yes;
}

async function offerUndo({ client }: RunningCtx, threads: readonly Thread[]): Promise<void> {
  const [only] = threads;
  const what = threads.length === 1 && only !== undefined ? `“${titleOf(only)}”` : `${threads.length} threads`;
  if ((await vscode.window.showInformationMessage(`Archived ${what}.`, "Undo")) !== "Undo") return;
  for (const { id } of threads) await client.request("thread/unarchive", { threadId: id });
}
