// What the scenes are made of: the items of one turn, and a panel that shows it.
import type { Turn, TurnPlanUpdatedNotification } from "../../../server/protocol/turn.ts";
import { at, cartChange, item, opened, running, threadId, tokens } from "./fixtures.ts";
import type { OpenPanel } from "./panel-page.ts";

export type Scene = (panel: OpenPanel) => Promise<void>;

export const prompt = item.user("Make the tests pass");
export const thought = item.reasoning(
  "**The discount is applied before tax**\n\nThe test expects one rounding at the end.",
);
export const reads = [
  item.read("src/cart.ts"),
  item.read("src/tax.ts"),
  item.read("test/cart.test.ts"),
  item.read("package.json"),
  item.read("round(", { id: "search-1", tool: "search_files", arguments: { pattern: "round(" } }),
  item.read("total(", { id: "search-2", tool: "search_files", arguments: { pattern: "total(" } }),
];
export const answer = item.answer(
  "Two tests fail because `total()` rounds before it applies the discount. I will round once, at the end.",
);
export const failedTest = item.command("npm test", {
  id: "command-0",
  status: "failed",
  exitCode: 1,
  aggregatedOutput:
    "\u001b[31m✖ total applies the discount once\u001b[39m\n  expected 89.99\n  received 90.00\n\n2 failed, 41 passed\n",
});
export const edit = item.files([cartChange]);
export const passedTest = item.command("npm test -- --coverage", {
  aggregatedOutput: "43 passed\n",
  durationMs: 2300,
});
export const closing = item.answer(
  `All 43 tests pass now. What changed in [src/cart.ts](src/cart.ts:13):

1. \`total()\` keeps the exact sum and rounds **once**, after the discount.
2. Nothing else calls \`round()\` on money.

\`\`\`ts
export const sum = subtotal(cart);
return round(sum * (1 - cart.off));
\`\`\`

| case | before | after |
|:--|--:|--:|
| 10 % off | 90.00 | 89.99 |
| no discount | 99.99 | 99.99 |
`,
  { id: "answer-2" },
);

export const cartPlan: TurnPlanUpdatedNotification = {
  ...at,
  explanation: "Both tests fail for the same reason, so one change is enough.",
  plan: [
    { step: "Find out why the two tests fail", status: "completed" },
    { step: "Round once in `total()`, behind the discount, and nowhere else on the way there", status: "inProgress" },
    { step: "Run the tests again", status: "pending" },
  ],
};

export async function showTurn({ host, page }: OpenPanel, shown: Turn): Promise<void> {
  host.on("thread/resume", () => opened({ turns: [{ ...shown, itemsView: "full" }] }));
  await host.notify("host/state", running);
  await host.notify("host/showThread", { threadId });
  await page.getByRole("region", { name: "Make the tests pass" }).waitFor();
  await host.notify("thread/tokenUsage/updated", {
    ...at,
    tokenUsage: { total: tokens, last: { ...tokens, totalTokens: 61_000 }, modelContextWindow: 272_000 },
  });
}
