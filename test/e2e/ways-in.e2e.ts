// The other two ways in: a code action on a problem, and a task from the palette.
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { setStage } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;

test("Fix with Belay on a problem ends as an approved edit in the editor", { skip }, async () => {
  await using stage = await setStage();
  const { workbench, panel } = stage;
  const { page } = workbench;
  await workbench.openBelay();
  await panel.composer.waitFor();
  await workbench.openFile("prices.json");
  await page.locator(".squiggly-error").first().waitFor();
  // The server has the code action: before it runs VS Code lists those of others.
  await page.locator('.statusbar-item:is([aria-label*="Belay is running"], [aria-label*="sandbox off"])').waitFor();
  await page.locator(".view-line", { hasText: "cap" }).getByText('"cap"').click();
  // VS Code looks for fixes by itself, too, wherever the cursor comes to; that must not end the search of the keys.
  await page
    .locator(".monaco-editor")
    .locator(".lightBulbWidget:visible, .codicon-light-bulb:visible")
    .first()
    .waitFor();
  await page.keyboard.press("ControlOrMeta+.");
  await page.locator(".action-widget .action", { hasText: "Fix with Belay" }).click();
  await panel.approval("change files").waitFor();
  assert.doesNotMatch(stage.read("prices.json"), /19\.99,/);
  await panel.approve("change files");
  await page.locator(".monaco-editor .view-line", { hasText: "19.99," }).waitFor();
  await panel.thread.getByText("is valid now").waitFor();
  assert.deepEqual(JSON.parse(stage.read("prices.json")), { mug: 7.9, shirt: 19.99, cap: 12.5 });
});

test("a task from the palette runs a turn and ends in its thread", { skip }, async () => {
  await using stage = await setStage();
  const { workbench, panel } = stage;
  await workbench.openBelay();
  await panel.composer.waitFor();
  await workbench.runCommand("Belay: Run Task…");
  await workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: "Explain this workspace" }).click();
  await panel.thread.getByText("This is a small shop library").waitFor();
  await panel.thread.getByRole("table").waitFor();
});
