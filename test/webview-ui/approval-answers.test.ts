// When an answer to a question counts, and where the focus is afterwards.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { card, inTurn, isFocused, ready, waiting } from "./support/approval-turn.ts";
import { commandApproval, threadId } from "./support/fixtures.ts";
import { closeBrowser, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

test("an answer counts only half a second after the question came in sight", inBrowser, async () => {
  await using panel = await inTurn([waiting, { ...waiting, id: "command-2" }], { clock: "standing" });
  const first = panel.host.ask("item/commandExecution/requestApproval", commandApproval);
  const second = panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, itemId: "command-2" });
  const approve = (nth: number) => card(panel).nth(nth).getByRole("button", { name: "Approve", exact: true });
  await approve(1).waitFor();
  const height = await card(panel)
    .nth(0)
    .evaluate((element) => element.clientHeight);
  await panel.tick(499);
  await panel.page.keyboard.press("Control+Enter");
  await approve(0).click({ force: true });
  assert.equal(await card(panel).count(), 2);
  await panel.tick(1);
  await ready(panel);
  assert.equal(
    await card(panel)
      .nth(0)
      .evaluate((element) => element.clientHeight),
    height,
  );
  await panel.page.keyboard.press("Control+Enter");
  assert.deepEqual(await first, { decision: "accept" });
  // The second press, meant for the question that is gone.
  await panel.page.keyboard.press("Control+Enter");
  await card(panel).nth(1).waitFor({ state: "detached" });
  await approve(0).click({ force: true });
  assert.equal(await card(panel).count(), 1);
  await panel.tick(500);
  await approve(0).click();
  assert.deepEqual(await second, { decision: "accept" });
});

test("after an answer the focus is on the next question, then in the composer", inBrowser, async () => {
  await using panel = await inTurn([waiting, { ...waiting, id: "command-2" }]);
  void panel.host.ask("item/commandExecution/requestApproval", commandApproval);
  void panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, itemId: "command-2" });
  await card(panel).nth(1).waitFor();
  await card(panel).nth(0).getByRole("button", { name: "Decline", exact: true }).click();
  await card(panel).nth(1).waitFor({ state: "detached" });
  assert.ok(await isFocused(card(panel)));
  await card(panel).getByRole("button", { name: "Approve", exact: true }).click();
  await card(panel).waitFor({ state: "detached" });
  assert.ok(await isFocused(panel.page.getByRole("textbox", { name: "Message Belay" })));
});

test("a question that had the focus and is settled elsewhere gives it to the composer", inBrowser, async () => {
  await using panel = await inTurn([waiting]);
  panel.host.ask("item/commandExecution/requestApproval", commandApproval, 41).catch(() => undefined);
  await card(panel).focus();
  await panel.host.notify("serverRequest/resolved", { threadId, requestId: 41 });
  await card(panel).waitFor({ state: "detached" });
  assert.ok(await isFocused(panel.page.getByRole("textbox", { name: "Message Belay" })));
});
