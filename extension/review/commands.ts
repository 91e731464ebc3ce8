// The commands of review: look, go on, keep, undo. Each asks the server anew where changes are before it acts on one.
import { basename } from "node:path";
import * as vscode from "vscode";
import * as z from "zod";
import type { ReviewHunk } from "../../server/protocol/review.ts";
import type { RunningCtx } from "../ctx.ts";
import { partWith } from "./joined.ts";
import type { ReviewedFile } from "./review-list.ts";
import { settle } from "./settle.ts";
import { showAll, showAt, showDiff } from "./show.ts";
import { hunkAt, nextStop, type Position } from "./stops.ts";
import { isBaseline, isProposed } from "./texts.ts";
import { undoAllQuestion } from "./words.ts";
import { openPaths } from "../workspace.ts";

/** What lenses hand over. */
const GivenHunk = z.object({ path: z.string(), hunkId: z.string() });
/** What VS Code hands over beside a document in the peek view of a gutter mark: its lines count from 1. */
const GivenChange = z.object({ modifiedStartLineNumber: z.int(), modifiedEndLineNumber: z.int() });
/** A row of the source control view. */
const GivenRow = z.object({ resourceUri: z.custom<vscode.Uri>((value) => value instanceof vscode.Uri) });

export async function reviewChanges({ review }: RunningCtx): Promise<void> {
  await review.list.refresh();
  const files = review.list.all;
  if (files.length > 0) await showAll(files);
  else void vscode.window.showInformationMessage("Belay changed nothing that you have not reviewed.");
}

/** `given`: a file, and maybe a line (zero-based) of its right side. */
export async function reviewFile({ review }: RunningCtx, given: unknown, line: unknown): Promise<void> {
  const file = findFile({ review }, given);
  if (file === undefined) sayNothingWaits();
  else await showDiff(file, typeof line === "number" ? line : undefined);
}

export const reviewNextHunk = (ctx: RunningCtx): Promise<void> => go(ctx, "next");
export const reviewPreviousHunk = (ctx: RunningCtx): Promise<void> => go(ctx, "previous");
export const keepHunk = (ctx: RunningCtx, ...given: unknown[]): Promise<void> => onHunk(ctx, "keep", given);
export const undoHunk = (ctx: RunningCtx, ...given: unknown[]): Promise<void> => onHunk(ctx, "undo", given);
export const keepFile = (ctx: RunningCtx, given: unknown): Promise<void> => onFile(ctx, "keep", given);
export const undoFile = (ctx: RunningCtx, given: unknown): Promise<void> => onFile(ctx, "undo", given);

export async function keepAll(ctx: RunningCtx): Promise<void> {
  await ask(ctx, "keep", {});
}

/** Asks first: it is a lot, and one click. */
export async function undoAll(ctx: RunningCtx): Promise<void> {
  await ctx.review.list.refresh();
  const files = ctx.review.list.all.map(({ uri }) => vscode.workspace.asRelativePath(uri));
  const { sentence, detail } = undoAllQuestion(files);
  if (files.length === 0) return;
  const choice = await vscode.window.showWarningMessage(sentence, { modal: true, detail }, "Undo All");
  if (choice === "Undo All") await ask(ctx, "undo", {});
}

export const acceptMerge = ({ review }: RunningCtx): void => review.merges.answer(true);
export const rejectMerge = ({ review }: RunningCtx): void => review.merges.answer(false);

export async function showReviewedThread({ panel }: RunningCtx, given: unknown): Promise<void> {
  panel.tell("host/showThread", { threadId: z.string().parse(given) });
  await panel.reveal();
}

async function go({ review }: RunningCtx, direction: "next" | "previous"): Promise<void> {
  const here = vscode.window.activeTextEditor?.document.uri;
  if (here !== undefined) await review.list.refreshFile(here);
  const files = review.list.all;
  const stop = nextStop(files, position(files), direction);
  const file = files.find(({ path }) => path === stop?.path);
  if (stop !== null && file !== undefined) await showAt(file, stop.line);
}

function position(files: readonly ReviewedFile[]): Position | null {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return null;
  const { document, selection } = editor;
  const path = files.find(({ uri }) => uri.path === document.uri.path)?.path ?? document.uri.fsPath;
  return { path, line: selection.active.line, lastLine: document.lineCount - 1 };
}

async function onHunk(ctx: RunningCtx, verb: "keep" | "undo", given: unknown[]): Promise<void> {
  const named = GivenHunk.safeParse(given[0]).data;
  const hunk = named ?? (await findHunk(ctx, given));
  if (hunk === null) {
    void vscode.window.showInformationMessage("There is no change of Belay's at the cursor to review.");
    return;
  }
  await ask(ctx, verb, hunk);
}

/** In the peek view of a gutter mark, else at the cursor. */
async function findHunk({ review }: RunningCtx, given: unknown[]): Promise<{ path: string; hunkId: string } | null> {
  const editor = vscode.window.activeTextEditor;
  const [uri, changes, index] = given;
  const peeked = z.array(GivenChange).safeParse(changes).data?.[Number(index)];
  const document = uri instanceof vscode.Uri ? uri : editor?.document.uri;
  if (document === undefined) return null;
  const file = await review.list.refreshFile(document);
  if (file === undefined) return null;
  const hunk =
    peeked === undefined
      ? hunkAtCursor(file, document, editor?.selection.active.line ?? 0)
      : hunkAt(file.hunks, Math.max(0, peeked.modifiedStartLineNumber - 1), "current");
  return hunk === undefined ? null : { path: file.path, hunkId: hunk.id };
}

function hunkAtCursor(file: ReviewedFile, document: vscode.Uri, line: number): ReviewHunk | undefined {
  // A proposal's lines are on the proposed side; the file itself is what it was made for.
  const isBefore = isBaseline(document) || (file.state === "proposed" && !isProposed(document));
  return hunkAt(file.hunks, line, isBefore ? "baseline" : "current");
}

async function onFile(ctx: RunningCtx, verb: "keep" | "undo", given: unknown): Promise<void> {
  const file = findFile(ctx, given);
  if (file === undefined) {
    sayNothingWaits();
    return;
  }
  if (verb === "undo" && file.cannotUndo !== null) {
    throw new Error(`${basename(file.path)} cannot be undone: ${file.cannotUndo}`);
  }
  await ask(ctx, verb, { path: file.path });
}

function sayNothingWaits(): void {
  void vscode.window.showInformationMessage("Nothing that Belay changed in this file waits for review.");
}

function findFile({ review }: Pick<RunningCtx, "review">, given: unknown): ReviewedFile | undefined {
  const uri = given instanceof vscode.Uri ? given : GivenRow.safeParse(given).data?.resourceUri;
  const active = uri ?? vscode.window.activeTextEditor?.document.uri;
  return active === undefined ? undefined : review.list.find(active);
}

/** Without a path all files, without a hunk the whole file. Goes to each folder whose threads have a part in it. */
async function ask(
  { review, client }: RunningCtx,
  verb: "keep" | "undo",
  scope: { path?: string; hunkId?: string },
): Promise<void> {
  const files = scope.path === undefined ? review.list.all : review.list.all.filter(({ path }) => path === scope.path);
  try {
    for (const cwd of foldersOf(files, scope.hunkId)) {
      const where = { cwd, windowFolders: openPaths() };
      const isDone = await settle(review, verb, (consent) =>
        client.request(`belay/review/${verb}`, { ...where, ...scope, ...consent }),
      );
      // What waits of the other folders still waits, and is listed.
      if (!isDone) return;
    }
  } finally {
    // Also behind a refusal: what was shown may be what is outdated.
    await review.list.refresh();
  }
}

function foldersOf(files: readonly ReviewedFile[], hunkId: string | undefined): Set<string> {
  const all = new Set(files.flatMap(({ parts }) => parts.map(({ cwd }) => cwd)));
  if (hunkId === undefined) return all;
  const own = files.flatMap((file) => partWith(file, hunkId)?.cwd ?? []);
  // A hunk that nobody knows any more is refused by the server, with the reason.
  return new Set([...own, ...all].slice(0, 1));
}
