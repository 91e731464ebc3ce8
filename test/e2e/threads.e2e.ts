// The tree of threads by mouse and keys, as VS Code hands them to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { setStage } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;

test("a thread that waits is counted, opened, renamed and deleted from the tree, and the focus goes where it is wanted", {
  skip,
}, async () => {
  await using stage = await setStage();
  const { workbench, panel } = stage;
  const { page } = workbench;
  const row = (title: string) => page.getByRole("treeitem", { name: new RegExp(`^${title}, Waits for your approval`) });
  await workbench.openBelay();
  await panel.send("Make the tests pass");
  await panel.ready("run command");
  await page.locator('.pane-header[aria-label^="Threads"]').click();
  await row("Make the tests pass").waitFor();
  await panel.button("New thread").click();
  await page
    .locator('.activitybar .action-item:has(> a[aria-label^="Belay"]) .badge-content')
    .getByText("1", { exact: true })
    .waitFor();

  await row("Make the tests pass").click();
  await panel.approval("run command").waitFor();
  await page.keyboard.press("F2");
  const input = page.locator(".quick-input-widget input.input");
  await input.waitFor();
  assert.equal(await input.inputValue(), "Make the tests pass");
  await input.fill("Tests");
  await page.keyboard.press("Enter");
  await row("Tests").waitFor();

  // Enter goes on to write; a click on the row of the thread on show stays in the tree, a double click does not.
  await page.keyboard.press("Enter");
  await panel.composer.and(panel.frame.locator(":focus")).waitFor();
  await row("Tests").click();
  await page.keyboard.press("F2");
  await input.waitFor();
  assert.equal(await input.inputValue(), "Tests");
  await page.keyboard.press("Escape");
  await row("Tests").dblclick();
  await panel.composer.and(panel.frame.locator(":focus")).waitFor();

  await panel.button("New thread").click();
  await row("Tests").click();
  await panel.approval("run command").waitFor();
  await page.keyboard.press("Delete");
  const question = page.locator(".monaco-dialog-box");
  await question.getByText("Delete the thread “Tests”?").waitFor();
  await question.getByText("It runs: its turn and its commands are stopped.").waitFor();
  await question.getByRole("button", { name: "Delete" }).click();
  await row("Tests").waitFor({ state: "detached" });
  await page.getByText("No threads in this workspace yet.").waitFor();
});
