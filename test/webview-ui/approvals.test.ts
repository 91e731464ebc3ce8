// Approvals: what a person sees before deciding, the ways to decide, and what is left afterwards.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { Locator } from "playwright-core";
import {
  cartChange,
  commandApproval,
  cwd,
  explanation,
  filesApproval,
  item,
  running,
  threadId,
} from "./support/fixtures.ts";
import { card, inTurn, offered, ready, waiting } from "./support/approval-turn.ts";
import { closeBrowser, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

async function asked(script = commandApproval.script, parts: Partial<typeof commandApproval> = {}) {
  const panel = await inTurn([{ ...waiting, script }]);
  const decision = panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, ...parts, script });
  await ready(panel);
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
  ["Approve", "accept", "approved"],
  ["Approve for this thread", "acceptForSession", "approved"],
  ["Decline", "decline", "declined"],
  ["Decline and stop", "cancel", "declined"],
] as const) {
  test(`${name} answers ${decision} and leaves one line that says so`, inBrowser, async () => {
    const { panel, decision: answer } = await asked();
    await using _ = panel;
    await card(panel).getByRole("button", { name, exact: true }).click();
    assert.deepEqual(await answer, { decision });
    const line = panel.page.getByRole("button", { name: /^npm test -- --coverage/ });
    await line.getByText(left).waitFor();
    assert.equal((await line.boundingBox())?.height, 30);
    assert.equal(await card(panel).count(), 0);
  });
}

test("in a window of several folders a question says by its name in which one it would happen", inBrowser, async () => {
  const folders = [
    { name: "Shop", cwd },
    { name: "Web", cwd: "/home/ada/web" },
  ];
  const { panel } = await asked(undefined, { cwd: "/home/ada/web/src" });
  await using _ = panel;
  await panel.host.notify("host/state", { ...running, workspace: { name: "Shop", cwd, trusted: true, folders } });
  await card(panel).getByText("in Web: src · may write the workspace").waitFor();
  const changes = [{ ...cartChange, path: "/home/ada/web/src/a.ts" }];
  void panel.host.ask("item/fileChange/requestApproval", { ...filesApproval, itemId: "loose", changes });
  const asking = panel.page.getByRole("group", { name: "Approval: change files" });
  await asking.getByText("Change Web: src/a.ts?").waitFor();
  assert.doesNotMatch(await asking.innerText(), /in Shop/);
});

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
  await ready(panel);
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await decision, { decision: "accept" });
});

test("of several questions the oldest has the key", inBrowser, async () => {
  await using panel = await inTurn([waiting, { ...waiting, id: "command-2" }]);
  const first = panel.host.ask("item/commandExecution/requestApproval", commandApproval);
  const second = panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, itemId: "command-2" });
  await card(panel).nth(1).waitFor();
  assert.deepEqual(await panel.page.locator("kbd").allInnerTexts(), ["Ctrl⏎"]);
  await ready(panel);
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await first, { decision: "accept" });
  await card(panel).nth(1).waitFor({ state: "detached" });
  await ready(panel);
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await second, { decision: "accept" });
});

test("nothing in a question is pushed out of sight by spaces", inBrowser, async () => {
  const line = `const a = 1;${" ".repeat(300)}steal(${"x".repeat(300)});`;
  const change = { path: `${cwd}/a.ts`, kind: { type: "add" as const }, diff: `${line}\n` };
  await using panel = await inTurn([item.files([change], { status: "inProgress" }), waiting]);
  void panel.host.ask("item/fileChange/requestApproval", { ...filesApproval, changes: [change] });
  const group = panel.page.getByRole("group", { name: "Approval: change files" });
  await group.getByText("⎵×300").waitFor();
  assert.equal(await group.getByText("⎵×300").getAttribute("title"), "300 spaces");
  const wide = await group.evaluate(
    (root) =>
      [...root.querySelectorAll(".diff, .diff-text, .approval-files")].filter(
        (element) => element.scrollWidth > element.clientWidth,
      ).length,
  );
  assert.equal(wide, 0);
});

test("of several files the question says that there is more below than the first", inBrowser, async () => {
  const diff = Array.from({ length: 40 }, (_, index) => `line ${index}`).join("\n");
  const changes = [
    { path: `${cwd}/a.ts`, kind: { type: "add" as const }, diff },
    { path: `${cwd}/b.ts`, kind: { type: "delete" as const }, diff: "gone\n" },
  ];
  await using panel = await inTurn([item.files(changes, { status: "inProgress" }), waiting]);
  void panel.host.ask("item/fileChange/requestApproval", { ...filesApproval, changes });
  const group = panel.page.getByRole("group", { name: "Approval: change files" });
  const more = group.getByRole("button", { name: "More below" });
  await more.waitFor();
  await group.getByRole("group", { name: "Changes" }).focus();
  await panel.page.keyboard.press("End");
  await more.waitFor({ state: "hidden" });
  await group.getByText("gone").waitFor();
});

test("a long question leaves its buttons in sight, and the way to the diff in front of it", inBrowser, async () => {
  const diff = Array.from({ length: 400 }, (_, index) => `line ${index}`).join("\n");
  const change = { path: `${cwd}/a.ts`, kind: { type: "add" as const }, diff };
  const script = Array.from({ length: 80 }, (_, index) => `echo ${index} and a few more words to fill it`).join("\n");
  const small = { width: 300, height: 600 };
  await using panel = await inTurn([item.files([change], { status: "inProgress" })], small);
  await using other = await inTurn([{ ...waiting, script }], small);
  const inSight = (locator: Locator) =>
    locator.evaluate((element) => {
      const [box, frame] = [element.getBoundingClientRect(), element.closest(".transcript")?.getBoundingClientRect()];
      return frame !== undefined && box.top >= frame.top && box.bottom <= frame.bottom;
    });
  void panel.host.ask("item/fileChange/requestApproval", { ...filesApproval, changes: [change] });
  const files = panel.page.getByRole("group", { name: "Approval: change files" });
  for (const part of [files.getByText("Create a.ts?"), files.getByRole("button", { name: "Open diff" })])
    assert.ok(await inSight(part));
  assert.ok(await inSight(files.getByRole("button", { name: "Decline and stop" })));
  void other.host.ask("item/commandExecution/requestApproval", { ...commandApproval, script });
  for (const part of [card(other).getByText("Run this command?"), card(other).getByRole("button").last()])
    assert.ok(await inSight(part));
});

test("a command without a sandbox says so aloud, a change of files never", inBrowser, async () => {
  const free = { ...explanation, sandbox: "no sandbox: it can do whatever you can", isConfined: false };
  await using panel = await inTurn([waiting, item.files([cartChange], { status: "inProgress" })]);
  void panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, explanation: free });
  void panel.host.ask("item/fileChange/requestApproval", { ...filesApproval, explanation: free });
  const risk = card(panel).getByText("No sandbox: it can do whatever you can", { exact: true });
  assert.equal(await risk.evaluate((element) => getComputedStyle(element).fontSize), "13px");
  const files = panel.page.getByRole("group", { name: "Approval: change files" });
  assert.doesNotMatch(await files.innerText(), /sandbox/i);
});

test("a file that is not where it seems to be says where it is", inBrowser, async () => {
  const change = { ...cartChange, realPath: "/etc/cart.ts" };
  await using panel = await inTurn([item.files([change], { status: "inProgress" })]);
  void panel.host.ask("item/fileChange/requestApproval", { ...filesApproval, changes: [change] });
  const group = panel.page.getByRole("group", { name: "Approval: change files" });
  await group.getByText("src/cart.ts → /etc/cart.ts", { exact: true }).waitFor();
  await group.getByRole("button", { name: "Approve", exact: true }).click();
  await group.waitFor({ state: "detached" });
  await panel.page.getByText("src/cart.ts → /etc/cart.ts", { exact: true }).waitFor();
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
  // Folded, and said once.
  const declined = panel.page.getByRole("article", { name: "File change: src/cart.ts, declined" });
  await declined.getByRole("button", { name: "cart.ts", expanded: false }).waitFor();
  assert.equal(await declined.getByText("declined").count(), 1);
});

test("a question answered elsewhere folds, and the panel gives no answer of its own", inBrowser, async () => {
  await using panel = await inTurn([waiting]);
  const refused = assert.rejects(
    panel.host.ask("item/commandExecution/requestApproval", commandApproval, 41),
    /cancelled/,
  );
  await card(panel).waitFor();
  await panel.host.notify("serverRequest/resolved", { threadId, requestId: 41 });
  await panel.page.getByText("unanswered").waitFor();
  await refused;
});

test("a question that was answered in another window says so", inBrowser, async () => {
  await using panel = await inTurn([waiting]);
  const refused = assert.rejects(panel.host.ask("item/commandExecution/requestApproval", commandApproval, 41));
  await card(panel).waitFor();
  await panel.host.notify("serverRequest/resolved", { threadId, requestId: 41, answered: true });
  await panel.page.getByText("answered in another window").waitFor();
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
