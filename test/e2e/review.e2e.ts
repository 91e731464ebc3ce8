// Review as a person sees it: above the lines, by keyboard, in the source control view, and again after a reload.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { serverAfter, serverOf } from "./processes.ts";
import { setStage, type StageOptions } from "./stage.ts";

const skip = whyNoWorkbench() ?? false;

const patch = [
  "*** Begin Patch",
  "*** Update File: src/cart.js",
  "@@",
  "-// Adds up what is in a shopping cart. Amounts are in euros.",
  "+// Adds up a shopping cart. Amounts are in euros.",
  "@@ export function total(cart) {",
  "-  const sum = round(subtotal(cart));",
  "-  return sum * (1 - cart.discount);",
  "+  return round(subtotal(cart) * (1 - cart.discount));",
  " }",
  "*** End Patch",
];

function stageOptions(): StageOptions {
  const call = { name: "apply_patch", input: patch };
  const script = { name: "review", scenes: [{ steps: [{ calls: [call] }, { text: "Changed." }] }] };
  const provider = 'model_provider = "scripted"\n';
  const policy = 'approval_policy = "never"\nsandbox_mode = "danger-full-access"\n';
  return {
    config: `${provider}${policy}[model_providers.scripted]\nscript = "review.json"\n`,
    prepareHome: (home) => writeFileSync(join(home, "review.json"), JSON.stringify(script)),
  };
}

test("changes that wait for review are there again after a reload, to keep and to undo by keyboard", {
  skip,
}, async () => {
  await using stage = await setStage(stageOptions());
  const { workbench, panel } = stage;
  const { page } = workbench;
  const lenses = page.locator(".codelens-decoration a");
  const before = stage.read("src/cart.js");
  await workbench.openFile("src/cart.js");
  await workbench.openBelay();
  await panel.send("Make the tests pass");
  await panel.thread.getByText("Changed.").waitFor();
  await lenses
    .filter({ hasText: /^Keep$/ })
    .nth(1)
    .waitFor();

  // With Belay's view hidden: nothing but what waits for review has the server start.
  await workbench.openExplorer();
  await panel.composer.waitFor({ state: "hidden" });
  await workbench.reload({
    // The Explorer is what a window shows that remembers nothing else.
    "workbench.sidebar.activeviewletid": null,
    "belay-dev.belay": "review.waits",
  });
  // VS Code writes down its editors once a minute, so it may come back without. To open the file is not to open Belay.
  await workbench.openFile("src/cart.js");
  await lenses
    .filter({ hasText: /^Keep$/ })
    .nth(1)
    .waitFor();
  await lenses.filter({ hasText: "“Make the tests pass”" }).first().waitFor();
  assert.equal(await panel.composer.isVisible(), false, "nobody has opened Belay");
  const gutter = page.locator(".monaco-editor .dirty-diff-glyph");
  await gutter.first().waitFor();

  await page.locator(".monaco-editor .view-line", { hasText: "export function subtotal" }).first().click();
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const isAt = async (text: string) => {
    const line = stage.read("src/cart.js").split("\n").indexOf(text) + 1;
    await page.locator(".statusbar-item", { hasText: `Ln ${line}, Col 1` }).waitFor();
  };
  await press("ControlOrMeta+k", "j");
  await isAt("  return round(subtotal(cart) * (1 - cart.discount));");
  await press("ControlOrMeta+k", "k");
  await lenses
    .filter({ hasText: /^Keep$/ })
    .nth(1)
    .waitFor({ state: "detached" });
  await press("ControlOrMeta+k", "j");
  await isAt("// Adds up a shopping cart. Amounts are in euros.");
  await press("ControlOrMeta+k", "Backspace");
  await lenses
    .filter({ hasText: /^Keep$/ })
    .first()
    .waitFor({ state: "detached" });
  await gutter.first().waitFor({ state: "detached" });
  await stage.becomes(
    "src/cart.js",
    before.replace(
      "  const sum = round(subtotal(cart));\n  return sum * (1 - cart.discount);\n",
      "  return round(subtotal(cart) * (1 - cart.discount));\n",
    ),
  );
});

test("lenses and marks in the gutter are there again behind a server that was killed, and follow undo and redo", {
  skip,
}, async () => {
  await using stage = await setStage(stageOptions());
  const { workbench, panel } = stage;
  const lens = workbench.page.locator(".codelens-decoration a").filter({ hasText: /^Keep$/ });
  const mark = workbench.page.locator(".monaco-editor .dirty-diff-glyph");
  const areShown = async () => {
    for (const sign of [lens, mark]) await sign.nth(1).waitFor();
  };
  const areGone = async () => {
    for (const sign of [lens, mark]) await sign.first().waitFor({ state: "detached" });
  };
  await workbench.openFile("src/cart.js");
  await workbench.openBelay();
  await panel.send("Make the tests pass");
  await areShown();
  // Between two servers they may be gone for too short to be seen so.
  const [first, restarts] = [serverOf(stage.home), panel.frame.getByText(/server had ended and was restarted/)];
  process.kill(first, "SIGKILL");
  await restarts.waitFor();
  await areShown();
  const second = serverOf(stage.home);
  await workbench.runCommand("Belay: Restart Server");
  await serverAfter(second, stage.home);
  await panel.frame.getByText("1 file to review").waitFor();
  await areShown();
  await panel.button("Undo turn").click();
  await areGone();
  await panel.button("Redo").click();
  await areShown();
});
