// The threads there are, and what stands there before the first prompt.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import type { Page } from "playwright-core";
import type { Thread } from "../../server/protocol/thread.ts";
import { pinnedSectionId } from "../../server/protocol/thread-section.ts";
import { isFocused } from "./support/approval-turn.ts";
import { commandApproval, cwd, opened, running, thread, threadId, turn, item } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";

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
  assert.ok(await isFocused(box));
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
  assert.ok(await isFocused(box));
});

const other = "019a0000-0000-7000-8000-000000000002";
const inList = (page: Page) => page.getByRole("listbox", { name: "Threads" });
const pinned = { id: pinnedSectionId, name: "Pinned", appearance: null };

/** The list, open, of a server that has these threads and does what it is asked for. */
async function openList(threads: Thread[]): Promise<OpenPanel> {
  let all = threads;
  const panel = await openPanel({
    prepare(host) {
      host.on("thread/list", ({ sectionId, archived, cwd: folders }) => ({
        data: all.filter(
          ({ section, source, cwd: folder }) =>
            (source === "archived") === (archived ?? false) &&
            (sectionId == null || section?.id === sectionId) &&
            (folders === null || folder === cwd),
        ),
        nextCursor: null,
        backwardsCursor: null,
      }));
      const change = (id: string, parts: Partial<Thread>) => {
        all = all.map((each) => (each.id === id ? { ...each, ...parts } : each));
        return {};
      };
      host.on("thread/name/set", async ({ threadId: id, name }) => {
        await host.notify("thread/name/updated", { threadId: id, threadName: name });
        return change(id, { name });
      });
      host.on("thread/section/move", async ({ threadId: id, sectionId }) => {
        change(id, { section: sectionId === null ? null : pinned });
        await host.notify("thread/section/changed", { threadId: id, sectionId });
        return {};
      });
      host.on("thread/archive", async ({ threadId: id }) => {
        change(id, { source: "archived" });
        await host.notify("thread/archived", { threadId: id });
        return {};
      });
      host.on("thread/unarchive", async ({ threadId: id }) => {
        change(id, { source: "vscode" });
        await host.notify("thread/unarchived", { threadId: id });
        return { thread: thread({ id }) };
      });
      host.on("thread/delete", async ({ threadId: id }) => {
        all = all.filter((each) => each.id !== id);
        await host.notify("thread/deleted", { threadId: id });
        return {};
      });
    },
  });
  await panel.host.notify("host/state", running);
  await panel.page.getByRole("button", { name: "Threads" }).click();
  await inList(panel.page).getByRole("option").first().waitFor();
  return panel;
}

test("a thread is renamed, pinned, archived, brought back and deleted by the keyboard alone", inBrowser, async () => {
  await using panel = await openList([
    thread({ updatedAt: Date.now() / 1000 }),
    thread({ id: other, preview: "Rename Basket to Cart", updatedAt: 1 }),
  ]);
  const { page } = panel;
  const { keyboard } = page;
  const option = (name: RegExp) => inList(page).getByRole("option", { name });
  const pick = async (name: RegExp) => {
    await keyboard.press("Shift+F10");
    await page.getByRole("menuitem", { name }).press("Enter");
  };
  await keyboard.press("F2");
  await page.getByRole("textbox", { name: "Name" }).fill("Tests");
  await keyboard.press("Enter");
  await option(/^Tests/).waitFor();

  await keyboard.press("ArrowDown");
  await pick(/^Pin$/);
  await page
    .getByRole("group", { name: "Pinned" })
    .getByRole("option", { name: /^Rename Basket/ })
    .waitFor();

  await pick(/^Archive$/);
  await option(/^Rename Basket/).waitFor({ state: "detached" });
  await page.getByRole("status").getByText("Archived “Rename Basket to Cart”.").waitFor();
  await page.getByRole("button", { name: "Undo" }).press("Enter");
  await option(/^Rename Basket/).waitFor();

  await page.getByRole("button", { name: "Archived" }).focus();
  assert.equal(await page.getByRole("button", { name: "Archived" }).getAttribute("aria-pressed"), "false");
  await page.getByRole("combobox", { name: "Search threads" }).focus();
  await keyboard.press("Delete");
  const question = page.getByRole("alertdialog", { name: "Delete “Rename Basket to Cart”?" });
  await question.getByText("Files stay as they are").waitFor();
  // The safe answer has the focus.
  await keyboard.press("Enter");
  await question.waitFor({ state: "detached" });
  assert.equal(await inList(page).getByRole("option").count(), 2);
  await keyboard.press("Delete");
  await question.getByRole("button", { name: "Delete" }).press("Enter");
  await option(/^Rename Basket/).waitFor({ state: "detached" });
  assert.ok(await isFocused(page.getByRole("combobox", { name: "Search threads" })));
});

test("Escape leaves the menu, then the list", inBrowser, async () => {
  await using panel = await openList([thread()]);
  const { page } = panel;
  await inList(page).getByRole("option").first().click({ button: "right" });
  await page.getByRole("menuitem", { name: "Fork" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  await page.keyboard.press("F2");
  await page.getByRole("textbox", { name: "Name" }).press("Escape");
  await page.getByRole("textbox", { name: "Name" }).waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Threads" }).waitFor({ state: "detached" });
});

test("a search looks into what was said, and opens the thread where it was found", inBrowser, async () => {
  await using panel = await openList([thread({ updatedAt: Date.now() / 1000 })]);
  const { host, page } = panel;
  const found = thread({ id: other, preview: "Rename Basket to Cart", cwd: "/home/ada/till" });
  host.on("thread/search", ({ searchTerm }) => ({
    data: searchTerm === "vermilion" ? [{ thread: found, snippet: "the shed is vermilion now" }] : [],
    nextCursor: null,
    backwardsCursor: null,
  }));
  host.on("thread/searchOccurrences", () => ({
    data: [{ turnId: "turn-2", itemId: "i", snippet: "", snippetMatchRange: { start: 0, end: 0 }, turnCursor: "" }],
    nextCursor: null,
  }));
  const long = Array.from({ length: 80 }, (_, line) => `Line ${line}`).join("\n\n");
  const turns = [1, 2, 3].map((number) =>
    turn({
      id: `turn-${number}`,
      status: "completed",
      itemsView: "full",
      items: [item.user(`Prompt ${number}`, { id: `u${number}` }), item.answer(long, { id: `a${number}` })],
    }),
  );
  host.on("thread/resume", () => opened({ id: other, turns }));
  await page.getByRole("combobox", { name: "Search threads" }).fill("vermilion");
  const row = page.getByRole("group", { name: "Other workspaces" }).getByRole("option");
  await row.getByText("the shed is vermilion now").waitFor();
  assert.equal(await row.locator("mark").innerText(), "vermilion");
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Prompt 2" }).waitFor();
  const top = () =>
    page.getByRole("region", { name: "Prompt 2" }).evaluate((region) => Math.round(region.getBoundingClientRect().top));
  assert.ok((await top()) < 100 && (await top()) > -20, `its top is at ${await top()}`);
});

test("threads of all workspaces and archived ones are listed on demand", inBrowser, async () => {
  await using panel = await openList([
    thread(),
    thread({ id: other, preview: "Port the till", cwd: "/home/ada/till" }),
    thread({ id: "third", preview: "Long ago", source: "archived" }),
  ]);
  const { page } = panel;
  const names = async () => (await inList(page).getByRole("option").allInnerTexts()).map((text) => text.split("\n")[0]);
  assert.deepEqual(await names(), ["Make the tests pass"]);
  await page.getByRole("button", { name: "All workspaces" }).click();
  await inList(page).getByRole("option", { name: /till/ }).waitFor();
  assert.deepEqual(await names(), ["Make the tests pass", "Port the till"]);
  await page.getByRole("button", { name: "Archived" }).click();
  await inList(page)
    .getByRole("option", { name: /Long ago/ })
    .waitFor();
  assert.deepEqual(await names(), ["Long ago"]);
  await page.keyboard.press("Shift+F10");
  await page.getByRole("menuitem", { name: "Bring back" }).press("Enter");
  await page.getByText("No archived threads").waitFor();
});

test("the Threads button counts the threads that wait and are not on show", inBrowser, async () => {
  await using panel = await openPanel();
  const { host, page } = panel;
  await host.notify("host/state", running);
  await host.notify("host/showThread", { threadId });
  await host.expectCall("thread/resume");
  const ask = (id: string) => {
    host.ask("item/commandExecution/requestApproval", { ...commandApproval, threadId: id }).catch(() => undefined);
  };
  ask(other);
  ask(threadId);
  await page.getByRole("img", { name: "1 other thread waits for you" }).waitFor();
  const button = page.getByRole("button", { name: "Threads", exact: true });
  assert.equal(await button.getAttribute("title"), "Threads: 1 other thread waits for you");
  ask("third");
  await page.getByRole("img", { name: "2 other threads wait for you" }).waitFor();
});

test("a turn that ends while another thread is on show is marked until somebody looks", inBrowser, async () => {
  await using panel = await openList([thread({ status: { type: "active", activeFlags: [] } })]);
  const { host, page } = panel;
  await inList(page)
    .getByRole("option", { name: /^Running Make/ })
    .waitFor();
  host.on("thread/list", () => ({ data: [thread()], nextCursor: null, backwardsCursor: null }));
  await host.notify("thread/status/changed", { threadId, status: { type: "idle" } });
  await inList(page)
    .getByRole("option", { name: /^Finished, not seen yet Make/ })
    .press("Enter");
  await host.expectCall("thread/resume");
  await page.getByRole("button", { name: "Threads" }).click();
  await inList(page).getByRole("option", { name: /^Make/ }).waitFor();
});
