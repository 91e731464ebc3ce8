// Moments in which changes wait for a person, were undone, or are about to be.
import type { ThreadItem } from "../../../server/protocol/item.ts";
import type { TurnChanges } from "../../../server/protocol/review.ts";
import { cartChange, cwd, item, opened, running, threadId, tokens, turn } from "./fixtures.ts";
import { pending, turnChanges } from "./review.ts";
import { answer, prompt, type Scene } from "./scene-parts.ts";

const taxChange = { ...cartChange, path: `${cwd}/src/shop/checkout/tax.ts` };
const newFile = { path: `${cwd}/NOTES.md`, kind: { type: "add" as const }, diff: "# Notes\n\nRounded once.\n" };
const changed = ["src/cart.ts", "src/shop/checkout/tax.ts", "NOTES.md"];

export const reviewScenes: Record<string, Scene> = {
  async "to review"(panel) {
    panel.host.on("belay/review/list", () => ({
      files: [pending("src/cart.ts", { added: 7 }), pending(changed[1] ?? ""), pending("NOTES.md", { removed: 0 })],
    }));
    await showChanged(panel);
    await panel.page.getByRole("region", { name: "Changes to review" }).waitFor();
  },

  async proposed(panel) {
    const file = pending("src/cart.ts", { state: "proposed" });
    panel.host.on("belay/review/list", () => ({ files: [file] }));
    await showChanged(panel, { items: [prompt, item.files([cartChange], { isProposed: true }), answer], turns: [] });
    await panel.page.getByText("Proposed").waitFor();
  },

  async "propose only"(panel) {
    await showChanged(panel, { items: [prompt, answer], turns: [] });
    const mode = panel.page.getByRole("combobox", { name: "Mode", exact: true });
    await mode.selectOption({ label: "Propose only: nothing is written until you keep it" });
    await panel.page.getByText("propose only", { exact: true }).waitFor();
  },

  async "turn undone"(panel) {
    await showChanged(panel, { turns: [turnChanges(changed, { state: "undone" })] });
    await panel.page.getByText("Undone", { exact: true }).waitFor();
  },

  async "turn partly undone"(panel) {
    const notCaptured = [{ path: `${cwd}/dist/app.bin`, reason: "it is larger than 20 MB" }];
    const paths = [...changed, "dist/app.bin"];
    await showChanged(panel, { turns: [turnChanges(paths, { state: "partlyUndone", notCaptured })] });
    await panel.page.getByText("Partly undone", { exact: true }).waitFor();
  },

  async "revert menu"(panel) {
    await showChanged(panel);
    await panel.page.getByRole("button", { name: "Undo turn" }).waitFor();
    await panel.page.getByRole("button", { name: "Edit or revert to here" }).click();
    await panel.page.getByRole("menuitem", { name: "Files only" }).waitFor();
  },

  async "revert menu, no files"(panel) {
    await showChanged(panel, { items: [prompt, answer], turns: [] });
    await panel.page.getByRole("button", { name: "Edit or revert to here" }).click();
    await panel.page.getByRole("menuitem", { name: "Edit and resend" }).waitFor();
  },
};

async function showChanged(
  { host, page }: Parameters<Scene>[0],
  {
    items = [prompt, item.files([cartChange, taxChange, newFile]), answer],
    turns = [turnChanges(changed)],
  }: { items?: ThreadItem[]; turns?: TurnChanges[] } = {},
): Promise<void> {
  const shown = turn({ items, itemsView: "full", status: "completed", tokenUsage: tokens });
  host.on("thread/resume", () => opened({ turns: [shown] }));
  host.on("belay/files/turns", () => ({ turns }));
  await host.notify("host/state", running);
  await host.notify("host/showThread", { threadId });
  await page.getByRole("region", { name: "Make the tests pass" }).waitFor();
}
