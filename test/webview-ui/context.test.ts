// How full the context is, what fills it, and what was made of it: in a real browser, through the wire.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { compaction, showContext } from "./support/context-scenes.ts";
import { at, completes, item, threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, openPanel, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

test(
  "the ring says how full the context is, and opens to what fills it and to the way to make room",
  inBrowser,
  async () => {
    await using panel = await openPanel({ width: 300 });
    panel.host.on("thread/compact/start", () => ({}));
    await showContext(panel);
    const ring = panel.page.getByRole("button", { name: "70 % of the context window: 181k of 258k tokens" });
    await ring.click();
    const card = panel.page.getByRole("group", { name: "Context" });
    await card.getByText("From the provider's cache").waitFor();
    assert.deepEqual(await card.locator("p, dl > div").allInnerTexts(), [
      "181k of 258k tokens (70 %)",
      "Instructions and tools\n5.1k",
      "Messages\n41.8k",
      "Tool outputs\n134k",
      "From the provider's cache\n93 %",
      "Compacted by itself at\n233k",
    ]);
    await panel.page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    await ring.click();
    await card.getByRole("button", { name: "Compact now" }).click();
    assert.deepEqual(await panel.host.expectCall("thread/compact/start"), { threadId });
    await card.waitFor({ state: "detached" });
  },
);

test(
  "a compaction is one quiet row that opens to the summary, and can be taken back from there",
  inBrowser,
  async () => {
    await using panel = await openPanel({ width: 300 });
    panel.host.on("belay/compaction/undo", () => ({}));
    await showContext(panel, { items: [item.user("Fix the rounding"), compaction()] });
    // By the keyboard alone.
    await panel.page.getByRole("button", { name: "Context compacted: 181k → 12.4k tokens" }).press("Enter");
    await panel.page.getByText("The tax service still gets the old total").waitFor();
    // Behind the two files that the summary names.
    for (const _ of [1, 2, 3]) await panel.page.keyboard.press("Tab");
    const undo = panel.page.getByRole("button", { name: "Undo compaction", exact: true });
    await undo.and(panel.page.locator(":focus")).waitFor();
    assert.equal(await undo.getAttribute("title"), "The model is told the whole conversation again");
    await panel.page.keyboard.press("Enter");
    assert.deepEqual(await panel.host.expectCall("belay/compaction/undo"), { threadId, itemId: "compaction-1" });
    await panel.host.notify("belay/compaction/undone", { ...at, itemId: "compaction-1" });
    const row = panel.page.getByRole("button", { name: "Context compacted, and taken back" });
    await row.and(panel.page.locator(":focus")).waitFor();
    assert.equal(await panel.page.getByRole("button", { name: "Undo compaction" }).count(), 0);
  },
);

test(
  "a compaction that failed says why and that nothing has changed; the palette waits for the turn",
  inBrowser,
  async () => {
    await using panel = await openPanel();
    await showContext(panel);
    const failed = { status: "failed" as const, summary: null, tokensAfter: null, failure: "The summary was empty." };
    await panel.host.notify("turn/started", { threadId, turn: turn() });
    await panel.host.notify("item/completed", completes(compaction(failed)).params as never);
    await panel.page.getByRole("button", { name: "Context not compacted: nothing has changed" }).click();
    await panel.page.getByText("The summary was empty.").waitFor();
    await panel.host.notify("host/compactThread", {});
    await panel.page.getByText("A turn is running. Stop it first, then compact the thread.").waitFor();
  },
);
