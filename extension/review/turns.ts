// Undoing and redoing what whole turns changed in files. The conversation stays as it is.
import * as vscode from "vscode";
import type * as z from "zod";
import { TurnsParams } from "../../server/protocol/panel.ts";
import type { TurnChanges } from "../../server/protocol/review.ts";
import type { RunningCtx } from "../ctx.ts";
import { settle } from "./settle.ts";
import { turnToRedo, turnToUndo } from "./stops.ts";

type GivenTurns = z.infer<typeof TurnsParams>;

export const undoTurn = (ctx: RunningCtx, given: unknown): Promise<void> => restore(ctx, "undo", given, turnToUndo);
export const redoTurn = (ctx: RunningCtx, given: unknown): Promise<void> => restore(ctx, "redo", given, turnToRedo);

async function restore(
  ctx: RunningCtx,
  direction: "undo" | "redo",
  given: unknown,
  pick: (turns: readonly TurnChanges[]) => TurnChanges | null,
): Promise<void> {
  const turns = given === undefined ? await pickTurns(ctx, direction, pick) : TurnsParams.parse(given);
  if (turns === null) return;
  await settle(ctx.review, direction, (consent) =>
    ctx.client.request("belay/files/restore", { ...turns, direction, ...consent }),
  );
  await ctx.review.list.refresh();
}

/** Null: there is none, which the person is told. */
async function pickTurns(
  { client, turns }: RunningCtx,
  direction: "undo" | "redo",
  pick: (turns: readonly TurnChanges[]) => TurnChanges | null,
): Promise<GivenTurns | null> {
  const threadId = turns.shownThreadId;
  if (threadId === null) {
    void vscode.window.showInformationMessage(`Open the thread whose turn you want to ${direction}.`);
    return null;
  }
  const changed = await client.request("belay/files/turns", { threadId });
  const turn = pick(changed.turns);
  if (turn !== null) return { threadId, turnIds: [turn.turnId] };
  void vscode.window.showInformationMessage(
    direction === "undo"
      ? "No turn of this thread changed files that are not undone."
      : "No turn of this thread is undone.",
  );
  return null;
}
