// Moments in which a thread's context is looked at or made shorter.
import type { ThreadItemOf } from "../../../server/protocol/item.ts";
import type { ContextReadResponse } from "../../../server/protocol/turn.ts";
import { at, item, opened, running, threadId, tokens, turn } from "./fixtures.ts";
import type { Scene } from "./scene-parts.ts";

export const context: ContextReadResponse = {
  window: 258_400,
  compactAt: 232_560,
  used: 181_240,
  cachedShare: 0.93,
  parts: { instructions: 5_120, messages: 41_800, toolOutputs: 134_320 },
  undoable: null,
};

const summary = `## Done
- \`server/cart.ts:41\` rounds once, at the end; \`npm test cart\` passes.

## Next
- The tax service still gets the old total: \`server/tax.ts:88\`.`;

export function compaction(parts: Partial<ThreadItemOf<"contextCompaction">> = {}): ThreadItemOf<"contextCompaction"> {
  return {
    ...{ type: "contextCompaction", id: "compaction-1", trigger: "automatic", status: "completed", summary },
    ...{ tokensBefore: 181_240, tokensAfter: 12_410, startedAtMs: 1, completedAtMs: 2, ...parts },
  };
}

/** A thread with one turn behind it. */
export async function showContext({ host, page }: Parameters<Scene>[0], items: Parameters<typeof turn>[0] = {}) {
  const shown = turn({ status: "completed", completedAt: 2, items: [item.user("Fix the rounding")], ...items });
  host.on("thread/resume", () => opened({ turns: [shown] }));
  host.on("belay/context/read", () => context);
  await host.notify("host/state", running);
  await host.notify("host/showThread", { threadId });
  await page.getByRole("region", { name: "Fix the rounding" }).waitFor();
  const last = { ...tokens, totalTokens: context.used };
  const tokenUsage = { total: last, last, modelContextWindow: context.window };
  await host.notify("thread/tokenUsage/updated", { ...at, tokenUsage });
}

export const contextScenes: Record<string, Scene> = {
  async "context card"(panel) {
    await showContext(panel);
    await panel.page.getByRole("button", { name: /context window/ }).click();
    await panel.page.getByText("From the provider's cache").waitFor();
  },

  async "context compacted"(panel) {
    await showContext(panel, { items: [item.user("Fix the rounding"), compaction()] });
    const own = turn({ id: "turn-2", status: "completed", completedAt: 2, durationMs: 2_000 });
    await panel.host.notify("turn/started", { threadId, turn: turn({ id: own.id }) });
    const asked = { item: compaction({ id: "compaction-2", trigger: "manual" }), threadId, turnId: own.id };
    await panel.host.notify("item/completed", { ...asked, completedAtMs: 2 });
    await panel.host.notify("turn/completed", { threadId, turn: own });
    await panel.page
      .getByRole("button", { name: /Context compacted/ })
      .last()
      .click();
    await panel.page.getByText("Undo compaction").waitFor();
  },
};
