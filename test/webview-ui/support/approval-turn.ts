// A turn in which a question comes up, for tests.
import type { Locator } from "playwright-core";
import type { ThreadItem } from "../../../server/protocol/item.ts";
import { commandApproval, item, opened, running, threadId, turn } from "./fixtures.ts";
import { type OpenPanel, openPanel, type PanelOptions } from "./panel-page.ts";

export const waiting = item.command(commandApproval.script, { status: "inProgress", exitCode: null, durationMs: null });
export const card = ({ page }: OpenPanel) => page.getByRole("group", { name: "Approval: run command" });
/** The question is there, and an answer counts: a click waits for that by itself, a key does not. */
export const ready = (panel: OpenPanel) =>
  card(panel).first().getByRole("button", { name: "Approve", exact: true, disabled: false }).waitFor();
/** Once it is: what takes the focus may do so a moment after it is there. */
export async function isFocused(locator: Locator): Promise<boolean> {
  await locator.and(locator.page().locator(":focus")).waitFor();
  return true;
}

export async function offered(panel: OpenPanel): Promise<string[]> {
  return (await card(panel).getByRole("button").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " ").trim());
}

export async function inTurn(items: ThreadItem[], options: PanelOptions = {}): Promise<OpenPanel> {
  const panel = await openPanel({
    ...options,
    prepare: (host) =>
      host.on("thread/resume", () => opened({ turns: [turn({ items: [item.user("Go"), ...items] })] })),
  });
  await panel.host.notify("host/state", running);
  await panel.host.notify("host/showThread", { threadId });
  await panel.page.getByRole("region", { name: "Go" }).waitFor();
  return panel;
}
