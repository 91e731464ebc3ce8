// The panel by the keyboard alone: in which order it is gone through, and where the focus is when something goes away.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";
import { keepQueue } from "./support/queue-scenes.ts";
import { answer, prompt, showTurn } from "./support/scene-parts.ts";
import { askToRun } from "./support/trouble-scenes.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const composerHasFocus = ({ page }: OpenPanel) =>
  page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Message Belay");

/** The parts of the panel that Tab comes through, from the top to the text box. */
async function partsByTab({ page }: OpenPanel): Promise<string[]> {
  const parts: string[] = [];
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    const part = await page.evaluate(() => {
      const names = [".header", "[data-approval]", ".transcript", ".banners", ".queue", ".composer"];
      return names.find((name) => document.activeElement?.closest(name)) ?? "nowhere";
    });
    if (parts.at(-1) !== part) parts.push(part);
    if (part === ".composer") return parts;
  }
  return parts;
}

test(
  "Tab goes from the thread through the question, the notices and the queue to the text box",
  inBrowser,
  async () => {
    await using panel = await openPanel();
    keepQueue(panel.host, ["One", "Two"]);
    await askToRun(panel);
    await panel.host.notify("warning", { threadId, message: "Something to know." });
    await panel.page.getByText("Something to know.").waitFor();
    await panel.page.getByText("2 queued messages").waitFor();
    await panel.page.getByRole("button", { name: "Threads", exact: true }).focus();
    assert.deepEqual(await partsByTab(panel), [
      ".header",
      ".transcript",
      "[data-approval]",
      ".banners",
      ".queue",
      ".composer",
    ]);
  },
);

test("what goes away hands the focus back: a notice, the list of threads, a card", inBrowser, async () => {
  await using panel = await openPanel();
  const { page, host } = panel;
  await showTurn(panel, turn({ items: [prompt, answer], status: "completed" }));
  await host.notify("warning", { threadId, message: "Something to know." });
  await page.getByRole("button", { name: "Dismiss" }).press("Enter");
  await composerHasFocus(panel);
  const hasFocus = (name: string) =>
    page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label")?.startsWith(label), name);
  await page.getByRole("button", { name: "Threads", exact: true }).press("Enter");
  await page.getByRole("dialog", { name: "Threads" }).waitFor();
  await page.keyboard.press("Escape");
  await hasFocus("Threads");
  const ring = page.getByRole("button", { name: /of the context window/ });
  await ring.press("Enter");
  await page.getByRole("group", { name: "Context" }).waitFor();
  await page.keyboard.press("Escape");
  await hasFocus("22 % of the context window");
});
