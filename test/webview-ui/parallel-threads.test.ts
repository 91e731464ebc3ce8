// Threads that run side by side: whichever is shown, none loses a word, and a question of one that is not shown is told.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { invalidRequest } from "../../server/protocol/rpc/errors.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import { commandApproval, item, opened, running, thread, turn } from "./support/fixtures.ts";
import { closeBrowser, type OpenPanel, openPanel, whyNoPanel } from "./support/panel-page.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

const [left, right] = ["thread-left", "thread-right"] as const;
type Id = typeof left | typeof right;

/** A panel, and a server in which both threads run; `says` adds to the answer of one. */
async function bothRun() {
  const texts = { [left]: "", [right]: "" };
  const turnOf = (id: Id): Turn =>
    turn({
      id: `turn-of-${id}`,
      items: [item.user(`Prompt of ${id}`), item.answer(texts[id], { id: `answer-of-${id}`, completedAtMs: null })],
    });
  const panel = await openPanel({
    prepare: (host) => {
      host.on("thread/resume", ({ threadId }) => opened({ id: threadId, turns: [turnOf(threadId as Id)] }));
      host.on("thread/list", () => ({
        data: [left, right].map((id) => thread({ id, name: id, status: { type: "active", activeFlags: [] } })),
        nextCursor: null,
        backwardsCursor: null,
      }));
    },
  });
  await panel.host.notify("host/state", running);
  const says = async (threadId: Id, delta: string) => {
    texts[threadId] += delta;
    const at = { threadId, turnId: `turn-of-${threadId}`, itemId: `answer-of-${threadId}` };
    await panel.host.notify("item/agentMessage/delta", { ...at, delta });
  };
  const shows = async (threadId: Id) => {
    await panel.host.notify("host/showThread", { threadId });
    await panel.page.getByRole("region", { name: `Prompt of ${threadId}` }).waitFor();
  };
  return { panel, says, shows };
}

const reads = (panel: OpenPanel, text: string) => panel.page.getByText(text, { exact: true }).waitFor();

test("the panel moves between threads that run, and each has all that it said meanwhile, once", inBrowser, async () => {
  const { panel, says, shows } = await bothRun();
  await using _ = panel;
  await shows(left);
  await says(left, "one ");
  await says(right, "un ");
  await shows(right);
  await says(left, "two ");
  await says(right, "deux ");
  await reads(panel, "un deux");
  await shows(left);
  await says(right, "trois");
  await says(left, "three");
  await reads(panel, "one two three");
  await shows(right);
  await reads(panel, "un deux trois");
});

test(
  "a question of a thread that is not shown is told by its name, keeps waiting there, and can be answered",
  inBrowser,
  async () => {
    const { panel, shows } = await bothRun();
    await using _ = panel;
    await shows(left);
    const params = { ...commandApproval, threadId: right, turnId: `turn-of-${right}` };
    const decision = panel.host.ask("item/commandExecution/requestApproval", params);
    await reads(panel, `The thread “${right}” waits for your approval.`);
    const card = panel.page.getByRole("group", { name: "Approval: run command" });
    assert.equal(await card.count(), 0);
    await panel.page.getByRole("button", { name: "Show", exact: true }).click();
    await card.getByRole("button", { name: "Approve", exact: true }).click();
    assert.deepEqual(await decision, { decision: "accept" });
  },
);

test("two threads that wait are told as two", inBrowser, async () => {
  const { panel } = await bothRun();
  await using _ = panel;
  for (const threadId of [left, right]) {
    void panel.host.ask("item/commandExecution/requestApproval", { ...commandApproval, threadId }).catch(() => {});
  }
  await reads(panel, "2 other threads wait for you.");
});

test("a thread that was joined once is sent to without being read again", inBrowser, async () => {
  const { panel, shows } = await bothRun();
  await using _ = panel;
  panel.host.on("turn/start", () => ({ turn: turn({ id: "next" }) }));
  await shows(left);
  await shows(right);
  const read = () => panel.host.calls.filter(({ method }) => method === "thread/resume").length;
  const before = read();
  const box = panel.page.getByRole("textbox", { name: "Message Belay" });
  await box.fill("go on");
  await box.press("ControlOrMeta+Enter");
  assert.equal((await panel.host.expectCall("turn/start"))["threadId"], right);
  assert.equal(read(), before);
});

test("what is said about one thread stands above the composer with that thread alone", inBrowser, async () => {
  const { panel, shows } = await bothRun();
  await using _ = panel;
  const banners = () => panel.page.locator(".banner").allInnerTexts();
  const warn = (message: string, threadId: string | null) => panel.host.notify("warning", { threadId, message });
  await shows(left);
  await warn("The left one is long.", left);
  await warn("The right one is wide.", right);
  await warn("The clock was set back.", null);
  await reads(panel, "The clock was set back.");
  assert.deepEqual(await banners(), ["The left one is long.", "The clock was set back."]);
  await shows(right);
  assert.deepEqual(await banners(), ["The right one is wide.", "The clock was set back."]);
  const own = panel.page.locator(".banner", { hasText: "The right one is wide." });
  await own.getByRole("button", { name: "Dismiss" }).click();
  await own.waitFor({ state: "detached" });
  await shows(left);
  assert.deepEqual(await banners(), ["The left one is long.", "The clock was set back."]);
  await panel.page.getByRole("button", { name: "New thread" }).click();
  await panel.page.getByText("The left one is long.").waitFor({ state: "detached" });
  assert.deepEqual(await banners(), ["The clock was set back."]);
  await shows(right);
  assert.deepEqual(await banners(), ["The clock was set back."]);
});

test("what became of a request is said with the thread that it was for", inBrowser, async () => {
  const { panel, shows } = await bothRun();
  await using _ = panel;
  await shows(left);
  const refused = Promise.withResolvers<never>();
  panel.host.on("turn/interrupt", () => refused.promise);
  await panel.page.getByRole("button", { name: "Stop" }).click();
  await panel.host.expectCall("turn/interrupt");
  await shows(right);
  refused.reject(Object.assign(invalidRequest(""), { message: "The turn had ended." }));
  await panel.host.notify("warning", { threadId: null, message: "The clock was set back." });
  await reads(panel, "The clock was set back.");
  assert.equal(await panel.page.getByText("The turn had ended.").count(), 0);
  await shows(left);
  await reads(panel, "The turn had ended.");
});
