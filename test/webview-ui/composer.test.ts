// The composer and everything around sending: in a real browser, through the wire.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { OpenPanel, PanelOptions } from "./support/panel-page.ts";
import { closeBrowser, openPanel, whyNoPanel } from "./support/panel-page.ts";
import { at, completes, cwd, item, models, opened, running, threadId, tokens, turn } from "./support/fixtures.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const box = ({ page }: OpenPanel) => page.getByRole("textbox", { name: "Message Belay" });
const button = ({ page }: OpenPanel, name: string) => page.getByRole("button", { name, exact: true });
const mode = ({ page }: OpenPanel) => page.getByRole("combobox", { name: "Mode", exact: true });

async function atHome(options: PanelOptions = {}): Promise<OpenPanel> {
  const panel = await openPanel(options);
  await panel.host.notify("host/state", running);
  await panel.page.getByRole("combobox", { name: "Model" }).waitFor();
  return panel;
}

async function inTurn(options: PanelOptions = {}): Promise<OpenPanel> {
  const panel = await atHome({
    ...options,
    prepare(host) {
      host.on("thread/resume", () => opened({ turns: [turn({ items: [item.user("Make the tests pass")] })] }));
      options.prepare?.(host);
    },
  });
  await panel.host.notify("host/showThread", { threadId });
  await button(panel, "Stop").waitFor();
  return panel;
}

test("the first prompt starts a thread and a turn, and the box is empty after the answer", inBrowser, async () => {
  await using panel = await atHome();
  await mode(panel).selectOption("ask");
  await box(panel).fill("Make the tests pass");
  await box(panel).press("Enter");
  const started = await panel.host.expectCall("turn/start");
  assert.deepEqual((await panel.host.expectCall("thread/start"))["mode"], "ask");
  assert.deepEqual(started["input"], [{ type: "text", text: "Make the tests pass", text_elements: [] }]);
  assert.equal(started["mode"], "ask");
  await panel.page.getByRole("region", { name: "Make the tests pass" }).waitFor();
  await panel.page.waitForFunction(() => document.querySelector("textarea")?.value === "");
  // The echo takes the place of the prompt: still one.
  const echo = completes(item.user("Make the tests pass", { clientId: String(started["clientUserMessageId"]) }));
  await panel.host.notify("item/completed", echo.params as never);
  await panel.host.notify("item/completed", completes(item.answer("Done.")).params as never);
  await panel.page.getByRole("article", { name: "Answer" }).waitFor();
  assert.equal(await panel.page.getByRole("heading", { name: "Make the tests pass", level: 2 }).count(), 1);
});

test("a refused prompt stays in the box with the reason above it", inBrowser, async () => {
  await using panel = await atHome({ prepare: (host) => host.refuse("turn/start", "The model is not there.") });
  await box(panel).fill("Make the tests pass");
  await button(panel, "Send").click();
  await panel.page.getByRole("alert").getByText("The model is not there.").waitFor();
  assert.equal(await box(panel).inputValue(), "Make the tests pass");
  assert.equal(await panel.page.getByRole("region", { name: "Make the tests pass" }).count(), 0);
});

test("what is typed while a prompt is under way is kept", inBrowser, async () => {
  const answer = Promise.withResolvers<{ turn: ReturnType<typeof turn> }>();
  await using panel = await inTurn({ prepare: (host) => host.on("turn/start", () => answer.promise) });
  await box(panel).fill("First");
  await box(panel).press("Control+Enter");
  await panel.host.expectCall("turn/start");
  await box(panel).pressSequentially(" and more");
  answer.resolve({ turn: turn() });
  await panel.page.waitForFunction(() => document.querySelector("textarea")?.value === "and more");
});

test("Shift+Enter makes a line and the Enter of an input method sends nothing", inBrowser, async () => {
  await using panel = await atHome();
  await box(panel).fill("One");
  await box(panel).press("Shift+Enter");
  await box(panel).pressSequentially("Two");
  await box(panel).evaluate((element) => {
    const init = { key: "Enter", bubbles: true, cancelable: true };
    element.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    element.dispatchEvent(new KeyboardEvent("keydown", { ...init, isComposing: true }));
    element.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    element.dispatchEvent(new KeyboardEvent("keydown", { ...init, keyCode: 229 }));
  });
  await box(panel).press("Enter");
  const { input } = await panel.host.expectCall("turn/start");
  assert.deepEqual(input, [{ type: "text", text: "One\nTwo", text_elements: [] }]);
  assert.equal(panel.host.calls.filter(({ method }) => method === "turn/start").length, 1);
});

test("while a turn runs Stop stands alone, and beside Steer and Queue once there is text", inBrowser, async () => {
  await using panel = await inTurn();
  for (const name of ["Send", "Steer", "Queue"]) assert.equal(await button(panel, name).count(), 0);
  await box(panel).fill("Also the tax");
  await button(panel, "Queue").waitFor();
  await button(panel, "Steer").click();
  await panel.host.expectCall("turn/start");
  await panel.page.getByRole("article", { name: "Prompt" }).getByText("Also the tax").waitFor();
  await button(panel, "Stop").click();
  assert.deepEqual(await panel.host.expectCall("turn/interrupt"), at);
  await panel.host.notify("turn/completed", { threadId, turn: turn({ status: "interrupted" }) });
  await panel.page.getByText("Interrupted", { exact: true }).waitFor();
  // The server that comes next says that it never read it.
  const cut = turn({ status: "interrupted", items: [item.user("Make the tests pass")] });
  panel.host.on("thread/resume", () => opened({ turns: [cut] }));
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByText("Belay was stopped before this was read.").waitFor();
  await button(panel, "Send again").click();
  const again = await panel.host.expectCall("turn/start", 2);
  assert.deepEqual(again["input"], [{ type: "text", text: "Also the tax", text_elements: [] }]);
});

test("in a window of several folders a new thread runs in the one that is picked, and says so", inBrowser, async () => {
  const folders = [
    { name: "shop", cwd },
    { name: "docs", cwd: "/home/ada/docs" },
  ];
  await using panel = await atHome();
  assert.equal(await panel.page.getByRole("combobox", { name: "Folder" }).count(), 0);
  await panel.host.notify("host/state", { ...running, workspace: { name: "shop", cwd, trusted: true, folders } });
  const picker = panel.page.getByRole("combobox", { name: "Folder" });
  await picker.waitFor();
  assert.equal(await picker.inputValue(), cwd);
  await picker.selectOption("/home/ada/docs");
  await box(panel).fill("Hello");
  await box(panel).press("Enter");
  assert.equal((await panel.host.expectCall("thread/start"))["cwd"], "/home/ada/docs");
  await picker.waitFor({ state: "detached" });
});

test("Full access holds only after its risk was named and accepted", inBrowser, async () => {
  await using panel = await atHome();
  await mode(panel).selectOption("fullAccess");
  const dialog = panel.page.getByRole("alertdialog", { name: "Switch to Full access?" });
  await dialog.getByText(/without a sandbox and without asking/).waitFor();
  await panel.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(await mode(panel).inputValue(), "agent");
  await mode(panel).selectOption("fullAccess");
  await dialog.getByRole("button", { name: "Use Full access" }).click();
  assert.equal(await mode(panel).inputValue(), "fullAccess");
  await box(panel).fill("Go");
  await box(panel).press("Enter");
  assert.equal((await panel.host.expectCall("turn/start"))["mode"], "fullAccess");
});

test("who asks for Full access right behind a no is asked again", inBrowser, async () => {
  await using panel = await atHome();
  await mode(panel).selectOption("fullAccess");
  const dialog = panel.page.getByRole("alertdialog", { name: "Switch to Full access?" });
  await dialog.waitFor();
  // In one step: the page tells that a dialog was closed a moment later.
  await mode(panel).evaluate((select: HTMLSelectElement) => {
    document.querySelector("dialog")?.close();
    select.value = "fullAccess";
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await dialog.getByRole("button", { name: "Use Full access" }).click();
  assert.equal(await mode(panel).inputValue(), "fullAccess");
});

test("a new thread keeps the mode that was picked last, but not Full access", inBrowser, async () => {
  await using panel = await inTurn();
  await mode(panel).selectOption("ask");
  await button(panel, "New thread").click();
  assert.equal(await mode(panel).inputValue(), "ask");
  await mode(panel).selectOption("fullAccess");
  await button(panel, "Use Full access").click();
  await button(panel, "New thread").click();
  assert.equal(await mode(panel).inputValue(), "agent");
});

test("without a key the way in stands there instead of things to try", inBrowser, async () => {
  await using panel = await openPanel();
  const [model] = models;
  assert.ok(model);
  panel.host.on("model/list", () => ({ data: [{ ...model, missing: "apiKey" }], nextCursor: null }));
  await panel.host.notify("host/state", running);
  await panel.page.getByText("OpenAI needs an API key before it can answer.").waitFor();
  assert.equal(await panel.page.getByRole("region", { name: "Things to try" }).count(), 0);
  await button(panel, "Set API key…").click();
  await panel.host.expectCall("host/setApiKey");
  // The server starts anew with the key, and the models are read again.
  panel.host.on("model/list", () => ({ data: [model], nextCursor: null }));
  await panel.host.notify("host/state", { ...running, server: { kind: "starting", attempt: 1 } });
  await panel.host.notify("host/state", running);
  await panel.page.getByRole("region", { name: "Things to try" }).waitFor();
});

test("a warning about the configuration stays put away until the server starts anew", inBrowser, async () => {
  await using panel = await atHome();
  const warn = () => panel.host.notify("configWarning", { summary: "No such key: modle.", details: null, path: null });
  await warn();
  const banner = panel.page.locator(".banner", { hasText: "No such key: modle." });
  await banner.locator(".codicon-warning").waitFor();
  await button(panel, "Dismiss").click();
  await warn();
  await panel.host.notify("warning", { threadId: null, message: "Something else." });
  await panel.page.getByText("Something else.").waitFor();
  assert.equal(await banner.count(), 0);
  await panel.host.notify("host/state", { ...running, server: { kind: "starting", attempt: 1 } });
  await warn();
  await banner.waitFor();
});

test("settings that are no mode are shown as Custom", inBrowser, async () => {
  await using panel = await atHome({
    prepare: (host) => host.on("thread/resume", () => opened({}, { mode: null, approvalPolicy: "untrusted" })),
  });
  await panel.host.notify("host/showThread", { threadId });
  await mode(panel).getByRole("option", { name: "Custom: asks before every step" }).waitFor({ state: "attached" });
  assert.equal(await mode(panel).getAttribute("title"), "Custom: asks before every step. Sandbox: workspaceWrite.");
  assert.equal(await mode(panel).inputValue(), "custom");
});

test("a scripted model says so", inBrowser, async () => {
  await using panel = await atHome();
  await panel.page.getByRole("combobox", { name: "Model" }).selectOption("demo");
  await panel.page.getByText("scripted", { exact: true }).waitFor();
  await box(panel).fill("Go");
  await box(panel).press("Enter");
  assert.equal((await panel.host.expectCall("turn/start"))["model"], "demo");
});

test("draft, thread and mode outlive the view", inBrowser, async () => {
  await using before = await atHome();
  await mode(before).selectOption("ask");
  await box(before).fill("Half a thought");
  const kept = await before.kept();
  assert.deepEqual(kept, {
    sequence: (kept as { sequence: number }).sequence,
    threadId: null,
    drafts: { "": "Half a thought" },
    unsent: { "": { choice: { mode: "ask", model: null, edits: null, cwd: null }, outgoing: [] } },
    lastMode: "ask",
    dismissed: [],
    picks: {},
  });
  // The extension has it too, and writes it down at once.
  assert.deepEqual(
    (await before.host.expectCall("panel/kept", (kept as { sequence: number }).sequence))["state"],
    kept,
  );
  await using later = await openPanel({
    kept: { ...(kept as object), threadId, drafts: { [threadId]: "Half a thought" } },
  });
  await later.host.notify("host/state", running);
  assert.deepEqual(await later.host.expectCall("thread/resume"), { threadId });
  assert.equal(await box(later).inputValue(), "Half a thought");
});

test("each state of the window says what to do and leaves the draft alone", inBrowser, async () => {
  await using panel = await atHome();
  await box(panel).fill("Half a thought");
  const workspace = running.workspace;
  for (const [state, name, method] of [
    [{ ...running, workspace: null }, "Open a folder…", "host/openFolder"],
    [{ ...running, workspace: workspace && { ...workspace, trusted: false } }, "Manage trust", "host/manageTrust"],
    [{ ...running, server: { kind: "failed", reason: "It ended.", retrying: false } }, "Restart", "host/restartServer"],
    [{ ...running, server: { kind: "failed", reason: "It ended.", retrying: false } }, "Show log", "host/showLog"],
  ] as const) {
    await panel.host.notify("host/state", state);
    await button(panel, name).click();
    await panel.host.expectCall(method);
    assert.equal(await box(panel).inputValue(), "Half a thought");
  }
  await panel.host.notify("host/state", { ...running, server: { kind: "starting", attempt: 1 } });
  await panel.page.getByText("Starting", { exact: true }).waitFor();
});

test("a server that does not answer is said not to; a restart is offered only after a while", inBrowser, async () => {
  await using panel = await inTurn();
  await box(panel).fill("Half a thought");
  await panel.host.notify("host/state", { ...running, server: { kind: "running", silence: "short" } });
  await panel.page.getByText(/^Belay is not responding\./).waitFor();
  assert.equal(await button(panel, "Restart").count(), 0);
  await panel.host.notify("host/state", { ...running, server: { kind: "running", silence: "long" } });
  await button(panel, "Restart").waitFor();
  await panel.host.notify("host/state", running);
  await panel.page.getByText(/^Belay is not responding\./).waitFor({ state: "detached" });
  assert.equal(await box(panel).inputValue(), "Half a thought");
  assert.equal(panel.host.calls.filter(({ method }) => method === "thread/resume").length, 1);
});

test("after a failure of the server the thread is read again", inBrowser, async () => {
  await using panel = await inTurn();
  await panel.host.notify("host/state", {
    ...running,
    server: { kind: "failed", reason: "It ended.", retrying: true },
  });
  await panel.page.getByText("Interrupted", { exact: true }).waitFor();
  panel.host.on("thread/resume", () =>
    opened({
      turns: [turn({ items: [item.user("Make the tests pass"), item.answer("Kept.")], status: "interrupted" })],
    }),
  );
  await panel.host.notify("host/state", running);
  await panel.page.getByText("Kept.").waitFor();
});

test("the foot of the text box is one line at every width, and what counts is in it", inBrowser, async () => {
  const shown = { turns: [turn({ items: [item.user("Make the tests pass")] })] };
  await using panel = await inTurn({
    prepare: (host) => host.on("thread/resume", () => opened(shown, { model: "demo", edits: "propose" })),
  });
  const folders = [
    { name: "shop-frontend", cwd },
    { name: "till", cwd: "/home/ada/till" },
  ];
  await panel.host.notify("host/state", { ...running, workspace: { name: "shop", cwd, trusted: true, folders } });
  const last = { ...tokens, totalTokens: 61_000 };
  const tokenUsage = { total: last, last, modelContextWindow: 272_000 };
  await panel.host.notify("thread/tokenUsage/updated", { ...at, tokenUsage });
  await box(panel).fill("And the tax?");
  const ring = "22 % of the context window: 61k of 272k tokens";
  const buttons = ["Stop", "Steer", "Queue"];
  for (const name of [ring, ...buttons]) await button(panel, name).waitFor();
  await panel.page.getByText("shop-frontend").waitFor({ state: "attached" });
  const seen = async (width: number) => {
    await panel.page.setViewportSize({ width, height: 600 });
    return panel.page.locator(".composer-row").evaluate((row) => {
      const { bottom, right, height } = row.getBoundingClientRect();
      const places = [...row.children].map((part) => part.getBoundingClientRect()).filter(({ width }) => width > 0);
      const overlaps = places.filter((place, at) => place.right > (places[at + 1]?.left ?? right) + 0.5).length;
      const names = [...row.querySelectorAll("select, .proposes, .proposes > :last-child, .tag, button")]
        .filter((part) => getComputedStyle(part).clipPath === "none")
        .filter((part) => part.getBoundingClientRect().width > 0 && part.getBoundingClientRect().top < bottom)
        .map((part) => part.getAttribute("aria-label") ?? part.textContent);
      return { height, overlaps, names };
    });
  };
  const line = { height: 34, overlaps: 0 };
  const [proposes, words] = ["propose only", "propose only"];
  const all = ["Mode", proposes, words, "Model", "shop-frontend", "scripted", ring, ...buttons];
  assert.deepEqual(await seen(800), { ...line, names: all });
  assert.deepEqual(await seen(420), { ...line, names: ["Mode", proposes, words, "Model", ring, ...buttons] });
  assert.deepEqual(await seen(300), { ...line, names: ["Mode", proposes, "Model", ring, ...buttons] });
  assert.deepEqual(await seen(240), { ...line, names: ["Mode", proposes, "Model", ...buttons] });
});
