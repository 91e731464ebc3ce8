// What tests of review have in common: a file, a model that changes it in two places, and the editor's ways to decide.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as vscode from "vscode";
import type { TestApi } from "../../extension/test-api.ts";
import type { ReviewedFile } from "../../extension/review/review-list.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { eventOf } from "./belay.ts";
import type { Scene } from "./real-server.ts";

export const before = Array.from({ length: 12 }, (_, line) => `line ${line}\n`).join("");

export function patchScene(prompt: string, ...lines: string[]): Scene {
  const input = ["*** Begin Patch", ...lines, "*** End Patch"];
  return { prompt, steps: [{ calls: [{ name: "apply_patch", input }] }, { text: "Done." }] };
}

/** Changes line 2 and line 9, so there are two hunks. */
export function twoHunks(name: string): Scene {
  return patchScene(
    `change ${name}`,
    `*** Update File: ${name}`,
    ...["@@", " line 1", "-line 2", "+LINE 2", " line 3"],
    ...["@@", " line 8", "-line 9", "+LINE 9", " line 10"],
  );
}

export const changed = before.replace("line 2\n", "LINE 2\n").replace("line 9\n", "LINE 9\n");

/** Has the model play its part. Resolves when what it changed is listed; with what names the turn for commands. */
export async function turn(
  api: TestApi,
  prompt: string,
  uri: vscode.Uri,
): Promise<{ threadId: string; turnIds: string[] }> {
  const client = await api.ctx.server.running();
  const { threadId, turnId, ended } = await api.ctx.turns.startInNewThread(client, prompt);
  const { status } = await within(patienceMs, "the turn to end", ended);
  assert.equal(status, "completed");
  await listed(api, uri, (file) => file !== undefined);
  return { threadId, turnIds: [turnId] };
}

export async function listed(
  api: TestApi,
  uri: vscode.Uri,
  isIt: (file: ReviewedFile | undefined) => boolean,
): Promise<ReviewedFile | undefined> {
  const { list } = api.ctx.review;
  await list.refresh();
  if (!isIt(list.find(uri))) await eventOf("the list to say so", list.onDidRefresh, () => isIt(list.find(uri)));
  return list.find(uri);
}

export async function clickLens(uri: vscode.Uri, line: number, title: string): Promise<void> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 20);
  const lens = lenses.find(({ range, command }) => range.start.line === line && command?.title === title);
  const shown = lenses.map(({ range, command }) => `${range.start.line}: ${command?.title}`).join(", ");
  assert.ok(lens?.command, `no lens "${title}" at ${line}; there are: ${shown}`);
  await vscode.commands.executeCommand(lens.command.command, ...(lens.command.arguments ?? []));
}

export const onDisk = (uri: vscode.Uri) => readFileSync(uri.fsPath, "utf8");
