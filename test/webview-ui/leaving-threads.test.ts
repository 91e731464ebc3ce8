// Which threads the panel goes on to hear of once another one is on show.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { completes, item, opened, running, threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";
import type { Turn } from "../../server/protocol/turn.ts";

const inBrowser = { skip: whyNoPanel };
const other = "019a0000-0000-7000-8000-000000000002";
after(closeBrowser);

const left = ({ host }: OpenPanel) =>
  host.calls.filter(({ method }) => method === "thread/unsubscribe").map(({ params }) => params["threadId"]);

async function showing(turns: Turn[]): Promise<OpenPanel> {
  const panel = await openPanel({
    prepare(host) {
      host.on("thread/resume", (params) =>
        opened({ id: params.threadId, turns: params.threadId === threadId ? turns : [] }),
      );
      host.on("thread/unsubscribe", () => ({ status: "unsubscribed" }));
    },
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByRole("region", { name: "Make the tests pass" }).waitFor();
  return panel;
}

const prompt = item.user("Make the tests pass");
const over = () => turn({ items: [prompt], status: "completed", itemsView: "full" });

test("a thread in which nothing goes on is let go of, and joined again before its next prompt", inBrowser, async () => {
  await using panel = await showing([over()]);
  const { host, page } = panel;
  await host.notify("host/showThread", { threadId: other });
  assert.deepEqual(await host.expectCall("thread/unsubscribe"), { threadId });
  await host.expectCall("thread/resume", 2);
  await host.notify("host/showThread", { threadId });
  await page.getByRole("region", { name: "Make the tests pass" }).waitFor();
  // Shown once more it stays joined.
  await host.notify("host/showThread", { threadId });
  await host.expectCall("thread/resume", 4);
  await page.getByRole("textbox", { name: "Message Belay" }).fill("Go on");
  await page.getByRole("button", { name: "Send" }).click();
  await host.expectCall("turn/start");
  assert.deepEqual(left(panel), [threadId, other]);
  const order = host.calls.map(({ method, params }) => `${method} ${String(params["threadId"])}`);
  assert.ok(order.lastIndexOf(`thread/resume ${threadId}`) > order.lastIndexOf(`thread/unsubscribe ${threadId}`));
});

test("a thread that runs, or has a command in the background, is heard of until that is over", inBrowser, async () => {
  const open = { status: "inProgress" as const, exitCode: null, durationMs: null, processId: "7" };
  const command = item.command("npm run dev", open);
  await using panel = await showing([turn({ items: [prompt, command], status: "completed", itemsView: "full" })]);
  const { host, page } = panel;
  await host.notify("host/newThread", {});
  await page.getByRole("heading", { level: 2, name: "Belay" }).waitFor();
  await host.notify("host/showThread", { threadId });
  await page.getByRole("region", { name: "Make the tests pass" }).waitFor();
  await host.notify("turn/started", { threadId, turn: turn({ id: "turn-2" }) });
  await page.getByRole("button", { name: "Stop", exact: true }).waitFor();
  await host.notify("item/completed", completes(item.command("npm run dev")).params as never);
  await host.notify("host/newThread", {});
  await page.getByRole("heading", { level: 2, name: "Belay" }).waitFor();
  assert.deepEqual(left(panel), []);
  host.on("thread/resume", () => opened({ turns: [over()] }));
  await host.notify("host/showThread", { threadId });
  await page.getByRole("region", { name: "Make the tests pass" }).waitFor();
  await host.notify("host/newThread", {});
  assert.deepEqual(await host.expectCall("thread/unsubscribe"), { threadId });
});
