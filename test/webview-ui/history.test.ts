// The threads there are, and what stands there before the first prompt.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { running, thread } from "./support/fixtures.ts";
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

test("a starter goes into the composer and not off", inBrowser, async () => {
  await using panel = await openPanel();
  await panel.host.notify("host/state", running);
  await panel.page.getByRole("button", { name: "Run the tests and fix what fails" }).click();
  const box = panel.page.getByRole("textbox", { name: "Message Belay" });
  assert.equal(await box.inputValue(), "Run the tests and fix what fails");
  assert.ok(await box.evaluate((element) => element === document.activeElement));
});
