// Approvals: what a person sees before deciding, the ways to decide, and what is left afterwards.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { ThreadItem } from "../../server/protocol/item.ts";
import {
  cartChange,
  commandApproval,
  cwd,
  explanation,
  filesApproval,
  item,
  opened,
  running,
  threadId,
  turn,
} from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const waiting = item.command(commandApproval.script, { status: "inProgress", exitCode: null, durationMs: null });
const card = ({ page }: OpenPanel) => page.getByRole("group", { name: "Approval: run command" });

async function offered(panel: OpenPanel): Promise<string[]> {
  return (await card(panel).getByRole("button").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ").trim());
}

async function inTurn(items: ThreadItem[]): Promise<OpenPanel> {
  const panel = await openPanel({
    prepare: (host) =>
      host.on("thread/resume", () => opened({ turns: [turn({ items: [item.user("Go"), ...items] })] })),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByRole("region", { name: "Go" }).waitFor();
  return panel;
}

async function asked(script = commandApproval.script, parts: Partial<typeof commandApproval> = {}) {
  const panel = await inTurn([{ ...waiting, script }]);
  const decision = panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, ...parts, script });
  await card(panel).waitFor();
  return { panel, decision };
}

test("the question, the exact command and the reasons stand in the card", inBrowser, async () => {
  const { panel } = await asked(undefined, { reason: "It needs the network." as never });
  await using _ = panel;
  await panel.page.getByRole("article", { name: "Command: npm test -- --coverage, waiting for approval" }).waitFor();
  const text = await card(panel).innerText();
  for (const part of [
    "Run this command?",
    "npm test -- --coverage",
    "It needs the network.",
    "in shop · may write the workspace, no network · asks because npm runs project scripts",
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.deepEqual(await offered(panel), ["Approve Ctrl⏎", "Approve for this thread", "Decline", "Decline and stop"]);
});

for (const [name, decision, left] of [
  ["Approve", "accept", "You approved"],
  ["Approve for this thread", "acceptForSession", "You approved this for the thread"],
  ["Decline", "decline", "You declined"],
  ["Decline and stop", "cancel", "You declined and stopped the turn"],
] as const) {
  test(`${name} answers ${decision} and folds to one row`, inBrowser, async () => {
    const { panel, decision: answer } = await asked();
    await using _ = panel;
    await card(panel).getByRole("button", { name, exact: true }).click();
    assert.deepEqual(await answer, { decision });
    await panel.page.getByText(left, { exact: true }).waitFor();
    assert.equal(await card(panel).count(), 0);
  });
}

test("only the available decisions are offered", inBrowser, async () => {
  const { panel } = await asked(undefined, { availableDecisions: ["accept", "cancel"] });
  await using _ = panel;
  assert.deepEqual(await offered(panel), ["Approve Ctrl⏎", "Decline and stop"]);
});

test("Ctrl+Enter approves while the composer is empty", inBrowser, async () => {
  const { panel, decision } = await asked();
  await using _ = panel;
  await panel.page.getByRole("textbox", { name: "Message Belay" }).press("Control+Enter");
  assert.deepEqual(await decision, { decision: "accept" });
});

test("Ctrl+Enter with a text in the composer sends the text and approves nothing", inBrowser, async () => {
  const { panel, decision } = await asked();
  await using _ = panel;
  const box = panel.page.getByRole("textbox", { name: "Message Belay" });
  await box.fill("Use the other script");
  await box.press("Control+Enter");
  await panel.host.expectCall("turn/start");
  await card(panel).waitFor();
  await box.fill("A half sentence");
  await card(panel).focus();
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await decision, { decision: "accept" });
  assert.equal(await box.inputValue(), "A half sentence");
});

test("a question takes no focus from someone who types", inBrowser, async () => {
  await using panel = await inTurn([waiting]);
  const box = panel.page.getByRole("textbox", { name: "Message Belay" });
  await box.focus();
  void panel.host.ask("item/commandExecution/requestApproval", commandApproval);
  await card(panel).waitFor();
  assert.ok(await box.evaluate((element) => element === document.activeElement));
  await panel.page.getByRole("status").getByText("Approval needed: run command npm test -- --coverage").waitFor();
});

test("a key approves only what is in sight", inBrowser, async () => {
  await using panel = await inTurn([waiting, item.answer("Long text.\n\n".repeat(200))]);
  const decision = panel.host.ask("item/commandExecution/requestApproval", commandApproval);
  await card(panel).waitFor();
  await panel.page.getByRole("log").evaluate((log) => log.scrollTo({ top: log.scrollHeight }));
  await panel.page.keyboard.press("Control+Enter");
  await panel.page.waitForFunction(() => {
    const top = document.querySelector(".approval")?.getBoundingClientRect().top ?? -1;
    return top > 0 && top < innerHeight;
  });
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await decision, { decision: "accept" });
});

test("of several questions the oldest has the key", inBrowser, async () => {
  await using panel = await inTurn([waiting, { ...waiting, id: "command-2" }]);
  const first = panel.host.ask("item/commandExecution/requestApproval", commandApproval);
  const second = panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, itemId: "command-2" });
  await card(panel).nth(1).waitFor();
  assert.deepEqual(await panel.page.locator("kbd").allInnerTexts(), ["Ctrl⏎"]);
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await first, { decision: "accept" });
  await card(panel).nth(1).waitFor({ state: "detached" });
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await second, { decision: "accept" });
});

test(
  "characters that hide or reorder are shown by their code, and the rest reads from left to right",
  inBrowser,
  async () => {
    const { panel } = await asked("echo \u202eevil\u200b && rm\u00a0-rf ~");
    await using _ = panel;
    const exact = card(panel).locator(".exact");
    assert.equal(await exact.innerText(), "echo \\u{202E}evil\\u{200B} && rm\\u{A0}-rf ~");
    assert.equal(await exact.evaluate((element) => getComputedStyle(element).unicodeBidi), "bidi-override");
    assert.equal(
      await card(panel).locator(".hidden-character").first().getAttribute("title"),
      "Right-to-left override",
    );
  },
);

test(
  "a long command shows its beginning and end, says how much is hidden, and shows all of it on demand",
  inBrowser,
  async () => {
    const script = `echo start\n${"echo middle\n".repeat(400)}rm -rf the-end`;
    const { panel } = await asked(script);
    await using _ = panel;
    const text = await card(panel).innerText();
    assert.ok(text.includes("echo start") && text.includes("rm -rf the-end"));
    await card(panel)
      .getByRole("button", { name: /^[\d,]+ characters hidden: show all$/ })
      .click();
    assert.equal(
      await card(panel)
        .locator(".exact")
        .evaluate((element) => element.textContent),
      script,
    );
  },
);

test("a file approval names the file and shows its diff", inBrowser, async () => {
  await using panel = await inTurn([item.files([cartChange], { status: "inProgress" })]);
  const decision = panel.host.ask("item/fileChange/requestApproval", filesApproval);
  const group = panel.page.getByRole("group", { name: "Approval: change files" });
  await group.getByRole("heading", { name: "Change src/cart.ts?" }).waitFor();
  assert.match(await group.innerText(), /const sum = subtotal\(cart\);/);
  await group.getByRole("button", { name: "Open diff" }).click();
  assert.deepEqual(await panel.host.expectCall("host/openDiff"), {
    threadId,
    itemId: "files-1",
    path: `${cwd}/src/cart.ts`,
  });
  await group.getByRole("button", { name: "Decline", exact: true }).click();
  assert.deepEqual(await decision, { decision: "decline" });
});

test("a question answered elsewhere folds, and the panel gives no answer of its own", inBrowser, async () => {
  await using panel = await inTurn([waiting]);
  const refused = assert.rejects(
    panel.host.ask("item/commandExecution/requestApproval", commandApproval, 41),
    /cancelled/,
  );
  await card(panel).waitFor();
  await panel.host.notify("serverRequest/resolved", { threadId, requestId: 41 });
  await panel.page.getByText("Settled without your answer").waitFor();
  await refused;
});

test(
  "a question that comes before its item has a place, and one of another thread a way to it",
  inBrowser,
  async () => {
    await using panel = await inTurn([]);
    void panel.host.ask("item/commandExecution/requestApproval", commandApproval);
    await card(panel).waitFor();
    void panel.host.ask("item/commandExecution/requestApproval", {
      ...commandApproval,
      threadId: "other",
      explanation,
    });
    await panel.page.getByText("Another thread waits for your approval.").waitFor();
    await panel.page.getByRole("button", { name: "Show", exact: true }).click();
    assert.deepEqual(await panel.host.expectCall("thread/resume", 2), { threadId: "other" });
  },
);
