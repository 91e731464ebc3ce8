// Moments in the life of a file change: while the model writes it, and when it fits nowhere.
import type { FileUpdateChange, ThreadItemOf } from "../../../server/protocol/item.ts";
import { cartChange, cwd, item, turn } from "./fixtures.ts";
import { answer, failedTest, prompt, reads, type Scene, showTurn, thought } from "./scene-parts.ts";

const tax = Array.from(
  { length: 60 },
  (_, at) => `export const rate${at} = round(base * ${at} * 0.01, { digits: 2 });`,
);

/** So many lines of a new file, in the folder whose name is long. */
export function newFile(lines: number): FileUpdateChange {
  return {
    ...{ path: `${cwd}/src/internationalisation/tax.ts`, kind: { type: "add" } },
    diff: tax
      .slice(0, lines)
      .map((line) => `${line}\n`)
      .join(""),
    written: { added: lines, removed: 0 },
  };
}

export function beingWritten(changes: FileUpdateChange[]): ThreadItemOf<"fileChange"> {
  return item.files(changes, { status: "inProgress", isWriting: true, completedAtMs: null });
}

const cartSoFar: FileUpdateChange = {
  ...cartChange,
  ...{ diff: cartChange.diff.replace(/^@@.*/, "@@ export function total"), written: { added: 1, removed: 1 } },
};

export const editScenes: Record<string, Scene> = {
  async "patch begun"(panel) {
    await showTurn(panel, turn({ items: [prompt, thought, ...reads, answer, failedTest, beingWritten([newFile(3)])] }));
    await panel.page.getByText("Writing…").waitFor();
  },

  async "patch being written"(panel) {
    const changes = [cartSoFar, newFile(48)];
    await showTurn(panel, turn({ items: [prompt, thought, ...reads, answer, failedTest, beingWritten(changes)] }));
    await panel.page.getByText("Writing…").waitFor();
  },

  async "patch failed"(panel) {
    const failure =
      "apply_patch verification failed: Failed to find these lines in /home/ada/shop/src/cart.ts:\n" +
      "  const sum = round(subtotal(cart));\nThe closest place is line 12:\n  const sum = subtotal(cart);";
    const failed = item.files([cartSoFar], { status: "failed", failure });
    await showTurn(panel, turn({ items: [prompt, thought, answer, failedTest, failed] }));
    await panel.page.getByRole("group", { name: "Why it failed" }).waitFor();
  },
};
