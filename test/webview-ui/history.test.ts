// The threads there are, and what stands there before the first prompt.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { running, thread, threadId } from "./support/fixtures.ts";
import { closeBrowser, openPanel, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

test("threads are found by typing and opened by the keyboard", inBrowser, async () => {
  const second = "019a0000-0000-7000-8000-000000000002";
  await using panel = await openPanel({
    prepare(host) {
      const data = [thread(), thread({ id: second, preview: "Rename Basket to Cart" })];
      host.on("thread/list", () => ({ data, nextCursor: null, backwardsCursor: null }));
    },
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThreads", {});
  const dialog = panel.page.getByRole("dialog", { name: "Threads" });
  const search = dialog.getByRole("combobox", { name: "Search threads" });
  await dialog.getByRole("option").nth(1).waitFor();
  await search.press("ArrowDown");
  assert.equal(
    await dialog
      .getByRole("option", { selected: true })
      .innerText()
      .then((text) => text.split("\n")[0]),
    "Rename Basket to Cart",
  );
  await panel.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await panel.page.getByRole("button", { name: "Threads" }).click();
  await search.fill("cart basket");
  assert.equal(await dialog.getByRole("option").count(), 1);
  await search.press("Enter");
  assert.deepEqual(await panel.host.expectCall("thread/resume"), { threadId: second });
  await dialog.waitFor({ state: "detached" });
  const box = panel.page.getByRole("textbox", { name: "Message Belay" });
  assert.ok(await box.evaluate((element) => element === document.activeElement));
});

test("the list follows what becomes of its threads, wherever that happens", inBrowser, async () => {
  const second = "019a0000-0000-7000-8000-000000000002";
  let data = [thread(), thread({ id: second, preview: "Rename Basket to Cart" })];
  await using panel = await openPanel({
    prepare: (host) => host.on("thread/list", () => ({ data, nextCursor: null, backwardsCursor: null })),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThreads", {});
  const dialog = panel.page.getByRole("dialog", { name: "Threads" });
  await dialog.getByRole("option").nth(1).waitFor();
  await panel.host.notify("thread/name/updated", { threadId: second, threadName: "Basket" });
  await dialog.getByRole("option", { name: /^Basket/ }).waitFor();
  for (const [flag, words] of [
    ["waitingOnUserInput", "Waits for your answer"],
    ["waitingOnApproval", "Waits for your approval"],
  ] as const) {
    const status = { type: "active" as const, activeFlags: [flag] };
    await panel.host.notify("thread/status/changed", { threadId: second, status });
    await dialog.getByRole("option", { name: `${words} Basket` }).waitFor();
  }
  await panel.host.notify("thread/archived", { threadId: second });
  await dialog.getByRole("option").nth(1).waitFor({ state: "detached" });
  data = [...data, thread({ id: "third", preview: "Back again" })];
  await panel.host.notify("thread/unarchived", { threadId: "third" });
  await dialog.getByRole("option", { name: /^Back again/ }).waitFor();
});

test("a thread that the server put away is resumed before the next prompt", inBrowser, async () => {
  await using panel = await openPanel();
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.host.expectCall("thread/resume");
  await panel.page.getByRole("heading", { level: 1, name: "Make the tests pass" }).waitFor();
  await panel.host.notify("thread/name/updated", { threadId, threadName: "Tests" });
  await panel.page.getByRole("heading", { level: 1, name: "Tests", exact: true }).waitFor();
  await panel.host.notify("thread/closed", { threadId });
  await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("Go on");
  await panel.page.getByRole("button", { name: "Send" }).click();
  await panel.host.expectCall("turn/start");
  assert.equal(panel.host.calls.filter(({ method }) => method === "thread/resume").length, 2);
});

test("a starter goes into the composer and not off", inBrowser, async () => {
  await using panel = await openPanel();
  await panel.host.notify("host/state", running);
  await panel.page.getByRole("button", { name: "Run the tests and fix what fails" }).click();
  const box = panel.page.getByRole("textbox", { name: "Message Belay" });
  assert.equal(await box.inputValue(), "Run the tests and fix what fails");
  assert.ok(await box.evaluate((element) => element === document.activeElement));
});
