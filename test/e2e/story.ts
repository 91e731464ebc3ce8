// The story the demo tells and the end-to-end test checks: a person asks for passing tests, approves what the agent
// wants to do, and ends with a fixed project; has a receipt added, keeps some of it and undoes the rest; then types into
// a command that goes on in the background, runs one of their own and stops the other. Then come the bad days
// (story-of-troubles.ts). Everything but the model's words is real.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Stage } from "./stage.ts";
import { survive } from "./story-of-troubles.ts";

/** What a picture is taken in; what is not named stays as it was. */
export interface Setting {
  width?: number;
  theme?: "dark" | "light" | "contrast";
}

/** Called at each stage of the story, with a name that sorts. */
export type Look = (name: string, setting?: Setting) => Promise<void>;

export async function playStory(stage: Stage, look: Look): Promise<void> {
  await fixTests(stage, look);
  await reviewReceipt(stage, look);
  await useTill(stage, look);
  await survive(stage, look);
}

async function fixTests(stage: Stage, look: Look): Promise<void> {
  const { workbench, panel } = stage;
  await workbench.openFile("src/cart.js");
  await workbench.openBelay();
  await panel.composer.waitFor();
  await look("01-empty");

  await panel.composer.fill("Make the tests pass");
  await look("02-prompt");
  await panel.button("Send").click();

  await panel.ready("run command");
  assert.match(await panel.approval("run command").innerText(), /npm test/);
  await panel.button("Always allow…").click();
  await look("03-always-allow");
  await panel.button("Allow in this workspace").click();

  await panel.item("Command: npm test, failed").waitFor();
  await panel.ready("change files");
  assert.match(stage.read("src/cart.js"), /const sum = round/, "nothing is written before the approval");
  await look("04-approve-change");
  await panel.approve("change files");

  await panel.item(/^File change: src\/cart\.js, completed/).waitFor();
  await workbench.page.locator(".monaco-editor .view-line", { hasText: "return round(subtotal(cart)" }).waitFor();
  await look("05-changed");

  // By the rule that was made: nobody is asked again.
  await panel.item("Command: npm test, completed").waitFor();
  await panel.thread.getByText("All tests pass.").waitFor();
  await panel.button("Stop").waitFor({ state: "detached" });
  await look("06-done");
  await seeThread(stage, look);

  await checkProject(stage);
  const lastCommand = panel.item("Command: npm test, completed");
  await lastCommand.getByRole("button", { name: /npm test/ }).click();
  await look("07-output");
  await lastCommand.getByRole("button", { name: "Open terminal" }).click();
  await workbench.page.locator(".terminal-wrapper.active .xterm-screen").waitFor();
  await look("08-terminal");
}

/** The thread stands in the tree below the chat, as the one on show. */
async function seeThread({ workbench: { page } }: Stage, look: Look): Promise<void> {
  const header = page.locator('.pane-header[aria-label^="Threads"]');
  await header.click();
  const row = page.getByRole("treeitem", { name: /^Make the tests pass, / });
  await row.waitFor();
  await page.locator('.monaco-list-row.selected[aria-label^="Make the tests pass, "]').waitFor();
  await look("06-threads");
  await header.click();
  await row.waitFor({ state: "detached" });
}

async function reviewReceipt(stage: Stage, look: Look): Promise<void> {
  const { workbench, panel } = stage;
  const lenses = workbench.page.locator(".codelens-decoration a");
  await workbench.runCommand("View: Hide Panel");
  await panel.send("Add a receipt");
  await panel.ready("change files");
  await panel.approve("change files");
  await panel.thread.getByText("Review both with").waitFor();
  await panel.frame.getByText("2 files to review").waitFor();
  // In two places of the file, in turns of their own, and a third one above them.
  await lenses
    .filter({ hasText: /^Undo$/ })
    .nth(2)
    .waitFor();
  await lenses.filter({ hasText: "“Make the tests pass”" }).waitFor();
  await look("09-to-review");

  await workbench.page.locator(".monaco-editor .view-line", { hasText: "tax included" }).click();
  await workbench.runCommand("Belay: Undo Change");
  await panel.frame.getByText("2 files to review").locator("..").getByText("+13").waitFor();
  await panel.thread.getByText("Partly undone").waitFor();
  assert.ok(stage.read("src/cart.js").startsWith("// Adds up what is in a shopping cart. Amounts are in euros.\n"));
  assert.match(stage.read("src/cart.js"), /export function tax/);
  await workbench.runCommand("Belay: Review Changes");
  await workbench.page.locator(".multiDiffEntry", { hasText: "receipt.js" }).waitFor();
  await look("10-all-changes");
  await workbench.runCommand("View: Close Editor");
  await panel.button("Keep all").click();
  await panel.frame.getByText("to review").waitFor({ state: "detached" });
  assert.match(stage.read("src/receipt.js"), /export function receipt/);

  // The person has changed the file since, so the rest is put together with that: it is shown before it is written.
  await workbench.openFile("src/cart.js");
  await workbench.page.keyboard.press("ControlOrMeta+End");
  await workbench.page.keyboard.type("\n// Mine.\n");
  await workbench.page.keyboard.press("ControlOrMeta+s");
  await panel.button("Undo turn").last().click();
  const merge = workbench.page.getByRole("button", { name: /Accept the Merge/ });
  await merge.waitFor();
  assert.match(stage.read("src/cart.js"), /export function tax/);
  await look("11-merge");
  await merge.click();
  await panel.thread.getByText("Undone", { exact: true }).waitFor();
  assert.doesNotMatch(stage.read("src/cart.js"), /export function tax/);
  assert.throws(() => stage.read("src/receipt.js"));
  await lenses.first().waitFor({ state: "detached" });
  await look("12-undone");
  await panel.button("Redo").click();
  await merge.click();
  await panel.thread.getByText("Undone", { exact: true }).waitFor({ state: "detached" });
  assert.match(stage.read("src/receipt.js"), /export function receipt/);
}

async function useTill(stage: Stage, look: Look): Promise<void> {
  const { workbench, panel } = stage;
  await panel.send("Open the till");
  await panel.ready("run command");
  await panel.approve("run command");
  await panel.thread.getByText("goes on in the background").waitFor();
  await panel.button("1 command runs in the background").click();
  await panel.button("Open terminal: npm start").click();
  const rows = workbench.page.locator(".terminal-wrapper.active .xterm-rows");
  await rows.getByText("The till is open.").waitFor();
  // It may have been on show before, without the keys.
  await workbench.page.locator(".terminal-wrapper.active .xterm.focus").waitFor();
  await workbench.page.keyboard.type("7.90\n");
  await rows.locator("div", { hasText: /^sum\s+7\.90/ }).waitFor();
  await workbench.page.keyboard.type("19.99\n");
  await rows.locator("div", { hasText: /^sum\s+27\.89/ }).waitFor();
  await look("13-typed");

  await panel.composer.fill("!ls src");
  await look("14-own-command");
  await panel.button("Send").click();
  await panel.item("You ran: ls src, completed").waitFor();
  assert.deepEqual(programs(stage), ["node src/till.js"]);
  await panel.button("Stop command: npm start").first().click();
  await panel.item("Command: npm start, stopped").waitFor();
  await panel.button(/in the background/).waitFor({ state: "detached" });
  assert.deepEqual(programs(stage), [], "nothing is left of it");
  await rows.getByText(/^\[stopped/).waitFor();
  await look("15-stopped", { width: 300 });
}

/** The command lines of the till's own process, seen from outside. */
function programs({ project }: Stage): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim();
        return line === "node src/till.js" && readlinkSync(`/proc/${pid}/cwd`) === project ? [line] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** The model only claims it; here it is checked from outside. */
async function checkProject(stage: Stage): Promise<void> {
  assert.match(stage.read("src/cart.js"), /return round\(subtotal\(cart\) \* \(1 - cart\.discount\)\);/);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const tests = spawnSync(process.execPath, ["--test"], { cwd: join(stage.project), env, encoding: "utf8" });
  assert.equal(tests.status, 0, tests.stdout);
}
