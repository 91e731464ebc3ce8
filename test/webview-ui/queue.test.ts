// Messages that wait for their turn, in the panel: in a real browser, through the wire.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { item, opened, running, threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";
import { keepQueue } from "./support/queue-scenes.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const box = ({ page }: OpenPanel) => page.getByRole("textbox", { name: "Message Belay" });
const button = ({ page }: OpenPanel, name: string | RegExp) => page.getByRole("button", { name, exact: true });
const rows = ({ page }: OpenPanel) => page.locator(".queue li .row-text");
const head = ({ page }: OpenPanel, title: string) => page.getByRole("region", { name: title, exact: true });

async function withQueue(texts: string[], status: "inProgress" | "interrupted" = "inProgress") {
  const panel = await openPanel({ width: 300 });
  const kept = keepQueue(panel.host, texts);
  const turns = [turn({ status, items: [item.user("Make the tests pass")] })];
  panel.host.on("thread/resume", () => opened({ turns }));
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  if (texts.length > 0)
    await rows(panel)
      .nth(texts.length - 1)
      .waitFor();
  else await button(panel, "Stop").waitFor();
  return { panel, kept, [Symbol.asyncDispose]: () => panel[Symbol.asyncDispose]() };
}

/** Waits until the rows say so. */
async function shows(panel: OpenPanel, texts: string[]): Promise<void> {
  await panel.page.waitForFunction(
    (wanted) =>
      JSON.stringify([...document.querySelectorAll(".queue li .row-text")].map((row) => row.textContent)) === wanted,
    JSON.stringify(texts),
  );
}

test("while a turn runs Enter queues, and Ctrl+Enter steers", inBrowser, async () => {
  await using open = await withQueue([]);
  const { panel } = open;
  await box(panel).fill("Then the tax");
  await box(panel).press("Enter");
  await head(panel, "1 queued message").waitFor();
  await shows(panel, ["Then the tax"]);
  await panel.page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>(".composer-text")?.value === "");
  await box(panel).fill("No, the other file");
  await box(panel).press("Control+Enter");
  const { input } = await panel.host.expectCall("turn/start");
  assert.deepEqual(input, [{ type: "text", text: "No, the other file", text_elements: [] }]);
  await panel.page.getByRole("article", { name: "Prompt" }).getByText("No, the other file").waitFor();
});

test("what was picked beside a queued message holds for it", inBrowser, async () => {
  await using open = await withQueue([]);
  const { panel } = open;
  panel.host.on("thread/settings/update", () => ({}));
  await panel.page.getByRole("combobox", { name: "Mode", exact: true }).selectOption("ask");
  await box(panel).fill("Look at it");
  await button(panel, "Queue").click();
  assert.deepEqual(await panel.host.expectCall("thread/settings/update"), { threadId, mode: "ask" });
  await shows(panel, ["Look at it"]);
});

const hasFocus = (panel: OpenPanel, name: string) =>
  panel.page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label") === label, name);

test("a queued message is edited where it stands, deleted, and sent at once", inBrowser, async () => {
  await using open = await withQueue(["One", "Two", "Three"]);
  const { panel } = open;
  await box(panel).fill("Half a thought");
  await button(panel, "Edit: Two").click();
  const text = panel.page.getByRole("textbox", { name: "Queued message" });
  await text.fill("Second");
  await text.press("Enter");
  await shows(panel, ["One", "Second", "Three"]);
  await hasFocus(panel, "Edit: Second");
  await button(panel, "Edit: One").click();
  await text.fill("Nothing");
  await text.press("Escape");
  await shows(panel, ["One", "Second", "Three"]);
  await hasFocus(panel, "Edit: One");
  await button(panel, "Delete: One").click();
  await shows(panel, ["Second", "Three"]);
  await button(panel, "Send now: Three").click();
  await shows(panel, ["Second"]);
  await hasFocus(panel, "Move: Second");
  await panel.page.getByRole("article", { name: "Prompt" }).getByText("Three").waitFor();
  assert.equal(await box(panel).inputValue(), "Half a thought");
});

test("queued messages are moved with the keys, which stay where they are, and by dragging", inBrowser, async () => {
  await using open = await withQueue(["One", "Two", "Three"]);
  const { panel } = open;
  const grip = button(panel, "Move: Three");
  await grip.focus();
  await grip.press("ArrowUp");
  await shows(panel, ["One", "Three", "Two"]);
  await panel.page.getByRole("status").getByText("Moved to place 2 of 3.").waitFor();
  await panel.page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Move: Three");
  await grip.press("ArrowUp");
  await shows(panel, ["Three", "One", "Two"]);
  await panel.page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Move: Three");
  await grip.press("ArrowUp");
  await button(panel, "Move: Two").dragTo(rows(panel).nth(0));
  await shows(panel, ["Two", "Three", "One"]);
});

test("after a stop the queue says why it waits, and goes on when it is told to", inBrowser, async () => {
  await using open = await withQueue(["One", "Two"], "interrupted");
  const { panel } = open;
  await head(panel, "2 queued messages").getByText("Paused: the last turn was interrupted").waitFor();
  await button(panel, "Continue").click();
  assert.deepEqual(await panel.host.expectCall("belay/queue/sendNow"), { threadId, queuedSubmissionId: "q1" });
  await shows(panel, ["Two"]);
});

test("what others change in the queue is seen here, and of another thread nothing", inBrowser, async () => {
  await using open = await withQueue(["One"]);
  const { panel } = open;
  keepQueue(panel.host, ["Theirs"]);
  await panel.host.notify("thread/queue/changed", { threadId: "019a0000-0000-7000-8000-000000000009" });
  await panel.host.notify("thread/queue/changed", { threadId });
  await shows(panel, ["Theirs"]);
  assert.equal(panel.host.calls.filter(({ method }) => method === "thread/queue/list").length, 2);
  await button(panel, "New thread").click();
  await panel.page.locator(".queue").waitFor({ state: "detached" });
});

test("a message that is gone already says so, and the list is what it is", inBrowser, async () => {
  await using open = await withQueue(["One"]);
  const { panel } = open;
  panel.host.refuse("belay/queue/sendNow", "queued submission not found: q1");
  panel.host.on("thread/queue/list", () => ({ data: [], nextCursor: null }));
  await button(panel, "Send now: One").click();
  await panel.page.getByText("queued submission not found: q1").waitFor();
  await panel.page.locator(".queue").waitFor({ state: "detached" });
  await hasFocus(panel, "Message Belay");
  assert.equal(await panel.page.getByRole("article", { name: "Prompt" }).count(), 0);
});

test("however much waits, the thread above keeps two thirds of the panel", inBrowser, async () => {
  await using open = await withQueue(Array.from({ length: 60 }, (_, at) => `Message ${at}`));
  const { panel } = open;
  const share = await panel.page.evaluate(
    () => (document.querySelector(".queue")?.clientHeight ?? 0) / document.documentElement.clientHeight,
  );
  assert.ok(share <= 1 / 3, `${share}`);
});
