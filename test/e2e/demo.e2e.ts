// The story of the demo as a test: sidebar chat, approvals, terminal, diff, and what it leaves on disk.
import assert from "node:assert/strict";
import { test } from "node:test";
import { testServer } from "../support/test-server.ts";
import { whyNoWorkbench } from "../support/vscode/install.ts";
import { rollouts, setStage } from "./stage.ts";
import { playStory } from "./story.ts";

const skip = whyNoWorkbench() ?? false;

test("prompts become commands and an edit that a person approves, types into and stops, and another client reads the same thread", {
  skip,
}, async () => {
  await using stage = await setStage();
  await stage.workbench.openBelay();
  await playStory(stage, async () => {});
  assert.equal(rollouts(stage.home).length, 2);

  await using client = await testServer({ like: { home: stage.home, workspace: stage.project } });
  const { data } = await client.request("thread/list", { cwd: stage.project });
  assert.deepEqual(data.map(({ preview }) => preview).toSorted(), ["Make the tests pass", "Open the till"]);
  const first = data.find(({ preview }) => preview === "Make the tests pass");
  const { thread } = await client.request("thread/read", { threadId: first?.id ?? "", includeTurns: true });
  const items = thread.turns.flatMap((turn) => turn.items.map((item) => item.type));
  assert.deepEqual(
    items.filter((type) => type !== "reasoning" && type !== "agentMessage"),
    [
      ...["userMessage", "dynamicToolCall", "dynamicToolCall", "commandExecution", "fileChange", "commandExecution"],
      ...["userMessage", "fileChange"],
      ...["userMessage", "commandExecution", "commandExecution"],
      ...["userMessage", "userMessage", "commandExecution", "userMessage", "userMessage"],
      ...["contextCompaction", "userMessage"],
    ],
  );
});

test("Ctrl+Z takes back what the agent wrote", { skip }, async () => {
  await using stage = await setStage();
  const { workbench, panel } = stage;
  await workbench.openFile("src/cart.js");
  await workbench.openBelay();
  await panel.send("Make the tests pass");
  await panel.approve("run command");
  await panel.approve("change files");
  const changed = workbench.page.locator(".monaco-editor .view-line", { hasText: "return round(subtotal(cart)" });
  await changed.waitFor();
  await changed.click();
  await workbench.page.keyboard.press("ControlOrMeta+z");
  await workbench.page
    .locator(".monaco-editor .view-line", { hasText: "const sum = round(subtotal(cart));" })
    .waitFor();
});
