// A pick that was not sent and a prompt that nobody read belong to their thread: in a real browser, through the wire.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { commandApproval, item, opened, running, threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
const other = "019a0000-0000-7000-8000-000000000002";
after(closeBrowser);

const box = ({ page }: OpenPanel) => page.getByRole("textbox", { name: "Message Belay" });
const mode = ({ page }: OpenPanel) => page.getByRole("combobox", { name: "Mode", exact: true });
const shows = ({ page }: OpenPanel, label: "Mode" | "Model", value: string) =>
  page.waitForFunction(
    ([name, wanted]) => document.querySelector<HTMLSelectElement>(`select[aria-label="${name}"]`)?.value === wanted,
    [label, value],
  );
const sendAgain = ({ page }: OpenPanel) => page.getByRole("button", { name: "Send again" });
const dead = { ...running, server: { kind: "failed" as const, reason: "It ended.", retrying: true } };

async function withThreads(kept?: unknown): Promise<OpenPanel> {
  const done = turn({ items: [item.user("Make the tests pass")], status: "completed", itemsView: "full" });
  const panel = await openPanel({
    kept,
    prepare: (host) =>
      host.on("thread/resume", (params) =>
        opened({ id: params.threadId, name: params.threadId === other ? "Other" : "First", turns: [done] }),
      ),
  });
  await panel.host.notify("host/state", running);
  return panel;
}

async function turnTo(panel: OpenPanel, id: string): Promise<void> {
  await panel.host.notify("host/showThread", { threadId: id });
  const name = id === other ? "Other" : "First";
  await panel.page.getByRole("heading", { level: 1, name }).waitFor({ state: "attached" });
}

/** Sends a prompt that the server dies with. */
async function loseOne(panel: OpenPanel): Promise<void> {
  panel.host.on("turn/start", () => ({ turn: turn({ id: "turn-2" }) }));
  await box(panel).fill("And the tax?");
  await box(panel).press("Enter");
  await panel.page.getByRole("button", { name: "Stop", exact: true }).waitFor();
  await panel.host.notify("host/state", dead);
  await panel.host.notify("host/state", running);
  await sendAgain(panel).waitFor();
}

test(
  "a mode or model that was picked and not sent is there again with its thread, also after a reload",
  inBrowser,
  async () => {
    await using panel = await withThreads();
    await turnTo(panel, threadId);
    await mode(panel).selectOption("ask");
    await panel.page.getByRole("combobox", { name: "Model", exact: true }).selectOption("demo");
    await turnTo(panel, other);
    await shows(panel, "Mode", "agent");
    await turnTo(panel, threadId);
    await shows(panel, "Mode", "ask");
    await turnTo(panel, other);
    await using later = await withThreads(await panel.kept());
    await turnTo(later, threadId);
    await shows(later, "Mode", "ask");
    await shows(later, "Model", "demo");
    await box(later).fill("Go on");
    await box(later).press("Enter");
    const { mode: sentMode, model } = await later.host.expectCall("turn/start");
    assert.deepEqual([sentMode, model], ["ask", "demo"]);
    await later.page.waitForFunction(() => !sessionStorage.getItem("kept")?.includes('"mode":"ask"'));
  },
);

test("a prompt that nobody read is there again with its thread, also after a reload", inBrowser, async () => {
  await using panel = await withThreads();
  await turnTo(panel, threadId);
  await loseOne(panel);
  await turnTo(panel, other);
  assert.equal(await sendAgain(panel).count(), 0);
  await turnTo(panel, threadId);
  await sendAgain(panel).waitFor();
  await using later = await withThreads(await panel.kept());
  await sendAgain(later).waitFor();
  later.host.refuse("turn/start", "The model is not there.");
  await sendAgain(later).click();
  await later.page.getByRole("alert").getByText("The model is not there.").waitFor();
  // Refused, it is no more lost than before.
  later.host.on("turn/start", () => ({ turn: turn({ id: "turn-3" }) }));
  await sendAgain(later).click();
  const { input } = await later.host.expectCall("turn/start", 2);
  assert.deepEqual(input, [{ type: "text", text: "And the tax?", text_elements: [] }]);
  await sendAgain(later).waitFor({ state: "detached" });
});

test("a prompt that nobody read can be discarded", inBrowser, async () => {
  await using panel = await withThreads();
  await turnTo(panel, threadId);
  await loseOne(panel);
  await panel.page.getByRole("button", { name: "Discard" }).click();
  await sendAgain(panel).waitFor({ state: "detached" });
  assert.deepEqual(((await panel.kept()) as { unsent: unknown }).unsent, {});
});

test(
  "what a crash leaves unanswered is said in the one banner that says that the server ended",
  inBrowser,
  async () => {
    await using panel = await withThreads();
    await turnTo(panel, threadId);
    panel.host.ask("item/commandExecution/requestApproval", commandApproval).catch(() => undefined);
    await panel.page
      .getByRole("button", { name: /^Approve/ })
      .first()
      .waitFor();
    const banners = async () => panel.page.locator(".banner .banner-words > span:first-child").allTextContents();
    await panel.host.notify("host/state", dead);
    await panel.page.getByText("It is being restarted.").waitFor();
    assert.deepEqual(await banners(), ["It ended. It is being restarted. What waited for your answer was not done."]);
    await panel.host.notify("host/state", { ...running, server: { kind: "starting", attempt: 2 } });
    await panel.page.getByText("Starting, attempt 2").waitFor();
    assert.deepEqual(await banners(), ["Starting, attempt 2. What waited for your answer was not done."]);
  },
);
