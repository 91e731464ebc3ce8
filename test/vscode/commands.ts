// Commands and the light bulb, as a person uses them.
import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { TestApi } from "../../extension/test-api.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { test } from "../support/vscode/suite.ts";
import { ask, belayWith, inWorkspace } from "./belay.ts";

const place = new vscode.Range(0, 15, 0, 17);

/** A problem in an open editor, the cursor on it. */
async function withProblem(body: (uri: vscode.Uri) => Promise<void>): Promise<void> {
  const uri = inWorkspace("src/problem.txt");
  const diagnostics = vscode.languages.createDiagnosticCollection("test");
  try {
    await vscode.window.showTextDocument(uri, { selection: place });
    diagnostics.set(uri, [new vscode.Diagnostic(place, "a string is not a number")]);
    await body(uri);
  } finally {
    diagnostics.dispose();
  }
}

/** Runs `belay.fix` and resolves with the turn it started. */
async function turnOfFix(api: TestApi, ...given: unknown[]): Promise<string> {
  const started = Promise.withResolvers<string>();
  const subscription = api.ctx.notifications.on("turn/started", ({ turn }) => started.resolve(turn.id));
  await vscode.commands.executeCommand("belay.fix", ...given);
  return within(patienceMs, "the turn to start", started.promise).finally(() => subscription.dispose());
}

test("the light bulb offers `Fix with Belay` once for a diagnostic; it starts a turn, which can be stopped", async () => {
  const api = await belayWith("puppet");
  await ask(api, "model/list", {});
  await withProblem(async (uri) => {
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      uri,
      place,
    );
    const ours = actions.filter(({ title }) => title === "Fix with Belay").map(({ command }) => command);
    assert.deepEqual(
      ours.map((command) => command?.command),
      ["belay.fix"],
    );
    assert.equal(await turnOfFix(api, ...(ours[0]?.arguments ?? [])), "turn-1");
  });
  assert.deepEqual(api.ctx.turns.current, { threadId: "thread-1", turnId: "turn-1" });
  await vscode.commands.executeCommand("belay.stopTurn");
  assert.equal(api.ctx.turns.current, null);
});

test("from the palette, `Fix` starts the server and takes the problem at the cursor", async () => {
  const api = await belayWith("puppet");
  await withProblem(async () => assert.equal(await turnOfFix(api), "turn-1"));
});
