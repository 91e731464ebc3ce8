// A draft belongs to its thread: in a real browser, through the wire.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { opened, running, thread, threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
const other = "019a0000-0000-7000-8000-000000000002";
after(closeBrowser);

const box = ({ page }: OpenPanel) => page.getByRole("textbox", { name: "Message Belay" });
const shows = ({ page }: OpenPanel, text: string) =>
  page.waitForFunction((wanted) => document.querySelector("textarea")?.value === wanted, text);

async function withThreads(kept?: unknown): Promise<OpenPanel> {
  const panel = await openPanel({
    kept,
    prepare: (host) => host.on("thread/resume", (params) => opened({ id: params.threadId })),
  });
  await panel.host.notify("host/state", running);
  return panel;
}

async function turnTo(panel: OpenPanel, id: string): Promise<void> {
  await panel.host.notify("host/showThread", { threadId: id });
  await panel.page.getByRole("heading", { level: 1, name: "Make the tests pass" }).waitFor();
}

test(
  "each thread has a draft of its own, and so has the one that is to start; a reload loses none",
  inBrowser,
  async () => {
    await using panel = await withThreads();
    await box(panel).fill("For a new one");
    await turnTo(panel, threadId);
    await shows(panel, "");
    await box(panel).fill("For the first");
    await turnTo(panel, other);
    await shows(panel, "");
    await box(panel).fill("For the second");
    await turnTo(panel, threadId);
    await shows(panel, "For the first");
    await panel.page.getByRole("button", { name: "New thread" }).click();
    await shows(panel, "For a new one");
    await using later = await withThreads(await panel.kept());
    await shows(later, "For a new one");
    await turnTo(later, other);
    await shows(later, "For the second");
    // Gone for good, the thread takes its draft along.
    await later.host.notify("thread/deleted", { threadId });
    await later.host.notify("host/newThread", {});
    await shows(later, "For a new one");
    assert.deepEqual(((await later.kept()) as { drafts: unknown }).drafts, {
      "": "For a new one",
      [other]: "For the second",
    });
  },
);

test("a server that ends and comes again leaves every draft where it was", inBrowser, async () => {
  await using panel = await withThreads();
  await box(panel).fill("For a new one");
  await turnTo(panel, threadId);
  await box(panel).fill("For the first");
  await panel.host.notify("host/state", {
    ...running,
    server: { kind: "failed", reason: "It ended.", retrying: true },
  });
  await panel.host.notify("host/state", { ...running, server: { kind: "starting", attempt: 2 } });
  await panel.host.notify("host/state", running);
  await panel.host.expectCall("thread/resume", 2);
  await shows(panel, "For the first");
  await panel.page.getByRole("button", { name: "New thread" }).click();
  await shows(panel, "For a new one");
});

test(
  "what was sent leaves the draft of its own thread, also when another one is on show by then",
  inBrowser,
  async () => {
    const answer = Promise.withResolvers<{ turn: ReturnType<typeof turn> }>();
    await using panel = await withThreads();
    panel.host.on("turn/start", () => answer.promise);
    await turnTo(panel, threadId);
    await box(panel).fill("Go on");
    await box(panel).press("Enter");
    await panel.host.expectCall("turn/start");
    await turnTo(panel, other);
    await box(panel).fill("Go on, too");
    answer.resolve({ turn: turn() });
    await turnTo(panel, threadId);
    await shows(panel, "");
    await turnTo(panel, other);
    await shows(panel, "Go on, too");
  },
);

test("the first prompt of a new thread stays with it when it is refused", inBrowser, async () => {
  await using panel = await withThreads();
  panel.host.refuse("turn/start", "The model is not there.");
  await box(panel).fill("Make the tests pass");
  await box(panel).press("Enter");
  await panel.page.getByRole("alert").getByText("The model is not there.").waitFor();
  await shows(panel, "Make the tests pass");
  await panel.page.getByRole("button", { name: "New thread" }).click();
  await shows(panel, "");
  await turnTo(panel, threadId);
  await shows(panel, "Make the tests pass");
});

test("whoever turns away while a new thread starts finds the text where they typed it", inBrowser, async () => {
  const started = Promise.withResolvers<ReturnType<typeof opened>>();
  await using panel = await withThreads();
  panel.host.on("thread/start", () => started.promise);
  panel.host.refuse("turn/start", "The model is not there.");
  await box(panel).fill("Make the tests pass");
  await box(panel).press("Enter");
  await panel.host.expectCall("thread/start");
  await turnTo(panel, other);
  started.resolve(opened({ ...thread() }));
  await panel.page.getByText("A message to another thread was not sent: The model is not there.").waitFor();
  await shows(panel, "");
  await panel.page.getByRole("button", { name: "New thread" }).click();
  await shows(panel, "Make the tests pass");
});
