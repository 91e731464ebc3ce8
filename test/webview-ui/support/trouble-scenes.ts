// Moments in which something is in the way: of saving, of the key, of a folder, of the server, and lists with nothing in.
import { activeWriter, goneFolder } from "../../../server/protocol/rpc/errors.ts";
import { commandApproval, item, opened, running, thread, threadId, tokens, turn } from "./fixtures.ts";
import type { OpenPanel } from "./panel-page.ts";
import { answer, prompt, type Scene, showTurn, thought } from "./scene-parts.ts";

const done = () => turn({ items: [prompt, thought, answer], status: "completed", tokenUsage: tokens });
const noThreads = { data: [], nextCursor: null, backwardsCursor: null };

async function openEmptyList({ host, page }: OpenPanel): Promise<void> {
  host.on("thread/list", () => noThreads);
  host.on("thread/search", () => noThreads);
  await host.notify("host/state", running);
  await page.getByRole("button", { name: "Threads" }).click();
  await page.getByText("No threads in this workspace yet").waitFor();
}

/** A turn whose command waits for its person. */
export async function askToRun(panel: OpenPanel): Promise<void> {
  const asking = item.command("npm test -- --coverage", { status: "inProgress", exitCode: null, durationMs: null });
  await showTurn(panel, turn({ items: [prompt, thought, answer, asking] }));
  panel.host.ask("item/commandExecution/requestApproval", commandApproval).catch(() => undefined);
  await panel.page
    .getByRole("button", { name: /^Approve/ })
    .first()
    .waitFor();
}

export const troubleScenes: Record<string, Scene> = {
  async "trouble: disk full"(panel) {
    await showTurn(panel, done());
    const trouble = {
      kind: "waiting" as const,
      cause: "The disk of /home/ada/.belay is full.",
      cure: "Free some space on it; what is said meanwhile is kept in memory.",
    };
    await panel.host.notify("belay/thread/saving/updated", { threadId, trouble });
    await panel.page.getByRole("alert").waitFor();
    await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("And the tax?");
  },

  async "trouble: folder gone"(panel) {
    await showTurn(panel, done());
    panel.host.on("turn/start", () => {
      throw goneFolder("/home/ada/till");
    });
    await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("And the tax?");
    await panel.page.getByRole("button", { name: "Send" }).click();
    await panel.page.getByRole("button", { name: "Use this folder" }).waitFor();
  },

  async "trouble: held"(panel) {
    panel.host.on("thread/resume", () => {
      throw activeWriter(threadId, { pid: 7, host: "box", client: "Visual Studio Code" });
    });
    panel.host.on("thread/read", () => ({ thread: thread({ turns: [{ ...done(), itemsView: "full" }] }) }));
    await panel.host.notify("host/state", running);
    await panel.host.notify("host/showThread", { threadId });
    await panel.page.getByRole("button", { name: "Read only" }).click();
    await panel.page.getByRole("button", { name: "Refresh" }).waitFor();
  },

  async "trouble: held, not read"(panel) {
    panel.host.on("thread/resume", () => {
      throw activeWriter(threadId, null);
    });
    await panel.host.notify("host/state", running);
    await panel.host.notify("host/showThread", { threadId });
    await panel.page.getByRole("button", { name: "Read only" }).waitFor();
  },

  async "trouble: no threads"(panel) {
    await openEmptyList(panel);
  },

  async "trouble: no thread found"(panel) {
    await openEmptyList(panel);
    await panel.page.getByRole("combobox", { name: "Search threads" }).fill("vermilion");
    await panel.page.getByText("No thread has these words in it").waitFor();
  },

  async "trouble: none archived"(panel) {
    await openEmptyList(panel);
    await panel.page.getByRole("button", { name: "Archived" }).click();
    await panel.page.getByText("No archived threads").waitFor();
  },

  async "trouble: approval while the server restarts"(panel) {
    await askToRun(panel);
    const failed = { kind: "failed" as const, reason: "Belay's server ended with exit code 1.", retrying: true };
    await panel.host.notify("host/state", { ...running, server: failed });
    await panel.page.getByText("It is being restarted. What waited for your answer was not done.").waitFor();
  },

  async "trouble: prompt that nobody read"(panel) {
    await showTurn(panel, turn({ items: [prompt, thought, answer] }));
    panel.host.on("turn/start", () => ({ turn: turn() }));
    await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("And leave the tax alone, please");
    await panel.page.getByRole("button", { name: "Steer" }).click();
    await panel.page.getByText("Read after the current step").waitFor();
    const failed = { kind: "failed" as const, reason: "Belay's server ended with exit code 1.", retrying: true };
    await panel.host.notify("host/state", { ...running, server: failed });
    panel.host.on("thread/resume", () =>
      opened({ turns: [turn({ items: [prompt, thought, answer], status: "interrupted", itemsView: "full" })] }),
    );
    await panel.host.notify("host/state", running);
    await panel.page.getByRole("button", { name: "Send again" }).waitFor();
  },

  async "trouble: restarted"(panel) {
    await showTurn(panel, turn({ items: [prompt, thought, answer] }));
    const failed = { kind: "failed" as const, reason: "Belay's server ended with exit code 1.", retrying: true };
    await panel.host.notify("host/state", { ...running, server: failed });
    await panel.host.notify("host/state", { ...running, server: { kind: "starting", attempt: 2 } });
    panel.host.on("thread/resume", () =>
      opened({ turns: [turn({ items: [prompt, thought, answer], status: "interrupted", itemsView: "full" })] }),
    );
    await panel.host.notify("host/state", running);
    await panel.page.getByText("Belay's server had ended and was restarted.").waitFor();
  },
};
