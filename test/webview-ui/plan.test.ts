// The plan of a turn, in a real browser, through the wire.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { at, item, opened, running, threadId, turn } from "./support/fixtures.ts";
import { closeBrowser, openPanel, whyNoPanel } from "./support/panel-page.ts";
import { answer, cartPlan, prompt, showTurn } from "./support/scene-parts.ts";

const inBrowser = { skip: whyNoPanel };
after(closeBrowser);

test("a plan is one list that changes in place, and says where it is to screen readers too", inBrowser, async () => {
  await using panel = await openPanel({ width: 300 });
  await showTurn(panel, turn({ items: [prompt, answer] }));
  const { host, page } = panel;
  await host.notify("turn/plan/updated", cartPlan);
  const plan = page.getByRole("list", { name: "Plan" });
  await plan.waitFor();
  const steps = () => plan.getByRole("listitem").allTextContents();
  assert.deepEqual(await steps(), [
    "Find out why the two tests fail (done)",
    "Round once in total(), behind the discount, and nowhere else on the way there (now)",
    "Run the tests again (open)",
  ]);
  assert.match((await plan.locator("[aria-current=step]").textContent()) ?? "", /^Round once/);
  await page.getByText("Both tests fail for the same reason").waitFor();
  await host.notify("turn/plan/updated", {
    ...at,
    explanation: null,
    plan: [{ step: "Rest <b>a little</b>", status: "completed" }],
  });
  await plan.getByText("Rest <b>a little</b>").waitFor();
  assert.deepEqual(await steps(), ["Rest <b>a little</b> (done)"]);
  assert.equal(await page.locator("[aria-current=step], .plan-explanation").count(), 0);
  await host.notify("turn/plan/updated", { ...cartPlan, plan: [] });
  await plan.waitFor({ state: "detached" });
  assert.equal(await page.locator(".plan").count(), 0);
});

test("behind a reload the latest plan stands in the turn that it is of", inBrowser, async () => {
  await using panel = await openPanel();
  const { host, page } = panel;
  const later = turn({ id: "turn-2", status: "completed", completedAt: 3, items: [item.user("And then")] });
  const first = turn({ status: "completed", completedAt: 2, items: [prompt, answer] });
  host.on("thread/resume", () => opened({ turns: [first, later] }));
  await host.notify("host/state", running);
  await host.notify("host/showThread", { threadId });
  await page.getByRole("region", { name: "And then" }).waitFor();
  await host.notify("turn/plan/updated", cartPlan);
  const plan = page.getByRole("region", { name: "Make the tests pass" }).getByRole("list", { name: "Plan" });
  await plan.waitFor();
  assert.equal(await page.getByRole("list", { name: "Plan" }).count(), 1);
  // The same thread once more, as behind a revert of the turn: nothing of its plan is left.
  host.on("thread/resume", () => opened({ turns: [later] }));
  await host.notify("thread/reverted", { threadId });
  await plan.waitFor({ state: "detached" });
  assert.equal(await page.getByRole("list", { name: "Plan" }).count(), 0);
});

test("a long plan keeps to a box of its own, which shows the step that it is at", inBrowser, async () => {
  await using panel = await openPanel({ width: 300 });
  await showTurn(panel, turn({ items: [prompt] }));
  const plan = Array.from({ length: 40 }, (_, at) => ({
    step: `Step ${at}`,
    status: at < 30 ? ("completed" as const) : at === 30 ? ("inProgress" as const) : ("pending" as const),
  }));
  await panel.host.notify("turn/plan/updated", { ...cartPlan, plan });
  const list = panel.page.getByRole("list", { name: "Plan" });
  await list.waitFor();
  const seen = await list.evaluate((box) => {
    const [outer, now] = [box, box.querySelector("[aria-current]")].map((element) => element?.getBoundingClientRect());
    return outer && now && { height: outer.height, isIn: now.top >= outer.top && now.bottom <= outer.bottom };
  });
  assert.deepEqual(seen, { height: 240, isIn: true });
});
