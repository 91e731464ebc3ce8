// The second half of the demo's story: an answer breaks off, messages wait for their turn, the context is made shorter,
// two threads run side by side, and the server is killed. The thread survives all of it.
import assert from "node:assert/strict";
import { serverOf } from "./processes.ts";
import type { Panel, Stage } from "./stage.ts";
import type { Look } from "./story.ts";

export async function survive(stage: Stage, look: Look): Promise<void> {
  await stage.workbench.runCommand("View: Hide Panel");
  await reconnect(stage, look);
  await queue(stage, look);
  await compact(stage, look);
  await runSideBySide(stage, look);
  await killServer(stage, look);
}

async function reconnect({ panel }: Stage, look: Look): Promise<void> {
  await panel.send("Explain the total over a bad connection");
  await panel.thread
    .getByText(/^Reconnecting 1 of 5…/)
    .first()
    .waitFor();
  // It does not last: nothing is set up for this picture.
  await look("16-reconnecting");
  await panel.thread.getByText("Nothing of the first try is left.").waitFor();
  assert.equal(await panel.thread.getByText(/The cart keeps its amounts exact/).count(), 1);
  await panel.button("Stop").waitFor({ state: "detached" });
}

async function queue({ panel }: Stage, look: Look): Promise<void> {
  const texts = ["Write the changelog", "Which currency is it?"];
  await panel.send("Which node runs the shop?");
  await panel.ready("run command");
  for (const text of texts) {
    await panel.composer.fill(text);
    await panel.composer.press("Enter");
    await panel.button(`Edit: ${text}`).waitFor();
  }
  await panel.button("Move: Which currency is it?").press("ArrowUp");
  await panel.frame.locator(".queue li").first().getByText("Which currency is it?").waitFor();
  await look("17-queued", { width: 300, theme: "contrast" });
  await panel.button("Send now: Which currency is it?").click();
  await panel.button("Edit: Which currency is it?").waitFor({ state: "detached" });
  await panel.approve("run command");
  await panel.thread.getByText("All amounts are in euros.").waitFor();
  await panel.thread.getByText("The changelog would say").waitFor();
  await panel.frame.locator(".queue").waitFor({ state: "detached" });
  await panel.button("Stop").waitFor({ state: "detached" });
}

async function compact({ panel }: Stage, look: Look): Promise<void> {
  await panel.button(/context window/).click();
  await panel.frame.getByText("Compacted by itself at").waitFor();
  await look("18-context", { width: 300, theme: "light" });
  await panel.button("Compact now").click();
  await panel.button(/^Context compacted: /).click();
  await panel.thread.getByText("Nothing is left to do.").waitFor();
  await panel.button("Undo compaction").waitFor();
  await look("19-compacted", { width: 600, theme: "light" });
}

async function runSideBySide({ workbench: { page }, panel }: Stage, look: Look): Promise<void> {
  const row = (name: string) => page.getByRole("treeitem", { name: new RegExp(`^${name}`) });
  await panel.send("Check every price");
  await panel.thread.getByText(/Price 1 is right/).waitFor();
  await panel.button("New thread").click();
  await panel.send("Open the till");
  await panel.approval("run command").waitFor();
  await page.locator('.pane-header[aria-label^="Threads"]').click();
  await row("Make the tests pass, Running").waitFor();
  await row("Open the till, Waits for your approval").waitFor();
  await look("20-two-threads", { width: 300, theme: "dark" });

  // The thread on show is left for its composer by a click; another one is shown, and the keys stay in the tree.
  await row("Make the tests pass").click();
  await panel.thread.getByText(/Price 1 is right/).waitFor();
  await row("Open the till").click();
  await panel.approval("run command").waitFor();
  await page.keyboard.press("F2");
  const input = page.locator(".quick-input-widget input.input");
  await input.fill("The till");
  await input.press("Enter");
  await row("The till").hover();
  await row("The till").getByRole("button", { name: "Pin" }).click();
  await row("Pinned").waitFor();
  await look("21-renamed-and-pinned", { width: 300, theme: "contrast" });
  await row("Make the tests pass").click();
  await panel.thread.getByText(/Price 1 is right/).waitFor();
  await page.locator('.pane-header[aria-label^="Threads"]').click();
}

async function killServer({ panel, home }: Stage, look: Look): Promise<void> {
  await interruptible(panel);
  await panel.composer.fill("And then write the release notes");
  process.kill(serverOf(home), "SIGKILL");
  await panel.frame.getByText(/server had ended and was restarted/).waitFor();
  await panel.thread
    .getByText(/interrupted/i)
    .first()
    .waitFor();
  assert.equal(await panel.composer.inputValue(), "And then write the release notes");
  await look("22-restarted", { width: 300, theme: "dark" });
}

/** The slow answer is still being written. */
async function interruptible(panel: Panel): Promise<void> {
  await panel.thread.getByText(/Price 1 is right/).waitFor();
  await panel.button("Stop").waitFor();
}
