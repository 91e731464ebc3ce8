// The story the demo tells and the end-to-end test checks: a person asks for passing tests, approves what the agent
// wants to do, and ends with a fixed project. Everything but the model's words is real.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Stage } from "./stage.ts";

/** Called at each stage of the story, with a name that sorts. */
export type Look = (name: string) => Promise<void>;

export async function playStory(stage: Stage, look: Look): Promise<void> {
  const { workbench, panel } = stage;
  await workbench.openFile("cart.js");
  await workbench.openBelay();
  await panel.composer.waitFor();
  await look("01-empty");

  await panel.composer.fill("Make the tests pass");
  await look("02-prompt");
  await panel.button("Send").click();

  await panel.ready("run command");
  assert.match(await panel.approval("run command").innerText(), /npm test/);
  await look("03-approve-command");
  await panel.approve("run command");

  await panel.item("Command: npm test, failed").waitFor();
  await panel.ready("change files");
  assert.match(stage.read("src/cart.js"), /const sum = round/, "nothing is written before the approval");
  await look("04-approve-change");
  await panel.approve("change files");

  await panel.item(/^File change: src\/cart\.js, completed/).waitFor();
  await workbench.page.locator(".monaco-editor .view-line", { hasText: "return round(subtotal(cart)" }).waitFor();
  await panel.ready("run command");
  await look("05-changed");
  await panel.approve("run command");

  await panel.item("Command: npm test, completed").waitFor();
  await panel.thread.getByText("All tests pass.").waitFor();
  await panel.button("Stop").waitFor({ state: "detached" });
  await look("06-done");

  await checkProject(stage);
  const lastCommand = panel.item("Command: npm test, completed");
  await lastCommand.getByRole("button", { name: /npm test/ }).click();
  await look("07-output");
  await lastCommand.getByRole("button", { name: "Open terminal" }).click();
  await workbench.page.locator(".terminal-wrapper.active .xterm-screen").waitFor();
  await look("08-terminal");
}

/** The model only claims it; here it is checked from outside. */
async function checkProject(stage: Stage): Promise<void> {
  assert.match(stage.read("src/cart.js"), /return round\(subtotal\(cart\) \* \(1 - cart\.discount\)\);/);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const tests = spawnSync(process.execPath, ["--test"], { cwd: join(stage.project), env, encoding: "utf8" });
  assert.equal(tests.status, 0, tests.stdout);
}
