// Messages that wait for their turn, as a person has them: put in an order, kept through a stop and the death of the server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { serverOf } from "./processes.ts";
import { type Panel, setScriptedStage } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;

test("queued messages keep their order through a stop and a dead server, and are sent when the person says so", {
  skip,
}, async () => {
  const words = "one two three four five six seven eight nine ten ".repeat(40);
  await using stage = await setScriptedStage([
    { prompt: "count", steps: [{ delayMs: 400, text: words }] },
    { prompt: "notes", steps: [{ text: "The notes are written." }] },
    { steps: [{ text: "The tax is right." }] },
  ]);
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.send("count");
  await panel.thread.getByText("one two three").waitFor();
  for (const text of ["check the tax", "write the notes"]) {
    await panel.composer.fill(text);
    await panel.composer.press("Enter");
    await panel.button(`Edit: ${text}`).waitFor();
  }
  await panel.button("Move: write the notes").press("ArrowUp");
  await rowsAre(panel, ["write the notes", "check the tax"]);
  await panel.button("Stop").click();
  const paused = panel.frame.getByText("Paused: the last turn was interrupted");
  await paused.waitFor();

  process.kill(serverOf(stage.home), "SIGKILL");
  await panel.frame.getByText(/server had ended and was restarted/).waitFor();
  await rowsAre(panel, ["write the notes", "check the tax"]);
  await paused.waitFor();

  await panel.button("Continue").click();
  await panel.thread.getByText("The notes are written.").waitFor();
  await panel.thread.getByText("The tax is right.").waitFor();
  await rowsAre(panel, []);
  const prompts = await panel.thread.getByRole("heading", { level: 2 }).allTextContents();
  assert.deepEqual(
    prompts.map((text) => text.trim()),
    ["count", "write the notes", "check the tax"],
  );
});

async function rowsAre(panel: Panel, texts: readonly string[]): Promise<void> {
  const rows = panel.frame.locator(".queue li");
  await (texts.length === 0
    ? panel.frame.locator(".queue").waitFor({ state: "detached" })
    : rows.nth(texts.length - 1).waitFor());
  for (const [at, text] of texts.entries()) await rows.nth(at).getByText(text).waitFor();
  assert.equal(await rows.count(), texts.length);
}
