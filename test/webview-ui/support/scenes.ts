// Moments in the life of the panel, for pictures: each takes a fresh panel there.
import type { Thread } from "../../../server/protocol/thread.ts";
import { approvalScenes } from "./approval-scenes.ts";
import {
  at,
  commandApproval,
  cwd,
  item,
  models,
  opened,
  running,
  starts,
  thread,
  threadId,
  tokens,
  turn,
  turnId,
} from "./fixtures.ts";
import { pinnedSectionId } from "../../../server/protocol/thread-section.ts";
import type { OpenPanel } from "./panel-page.ts";
import { commandScenes } from "./command-scenes.ts";
import { contextScenes } from "./context-scenes.ts";
import { editScenes } from "./edit-scenes.ts";
import { questionScenes } from "./question-scenes.ts";
import { queueScenes } from "./queue-scenes.ts";
import { reviewScenes } from "./review-scenes.ts";
import { troubleScenes } from "./trouble-scenes.ts";
import {
  answer,
  cartPlan,
  closing,
  edit,
  failedTest,
  passedTest,
  prompt,
  reads,
  type Scene,
  showTurn,
  thought,
} from "./scene-parts.ts";

const threads: Thread[] = (
  [
    ["Make the tests pass", 40],
    ["Why does the build take two minutes on a clean checkout?", 900],
    ["Add a dark theme to the settings page", 7300],
    ["Rename Basket to Cart everywhere", 90_000],
    ["Write the release notes for 2.4", 260_000],
    ["Find out who calls the old tax service", 2_000_000],
  ] as const
).map(([preview, secondsAgo], index) =>
  thread({
    id: `019a0000-0000-7000-8000-00000000000${index + 1}`,
    preview,
    updatedAt: Date.now() / 1000 - secondsAgo,
    status: index === 1 ? { type: "active", activeFlags: ["waitingOnApproval"] } : { type: "idle" },
  }),
);

/** One of each kind that a list tells apart. */
const many = threads.map((each, index): Thread => {
  const states: Thread["status"][] = [{ type: "active", activeFlags: [] }, each.status, { type: "systemError" }];
  const section = { id: pinnedSectionId, name: "Pinned", appearance: null };
  return {
    ...each,
    status: states[index] ?? { type: "notLoaded" },
    section: index === 4 ? section : null,
    ...(index === 3 ? { cwd: "/home/ada/till" } : {}),
  };
});

async function openThreads({ host, page }: OpenPanel): Promise<void> {
  host.on("thread/list", ({ sectionId }) => ({
    data: many.filter(({ section }) => sectionId == null || section?.id === sectionId),
    nextCursor: sectionId == null ? "more" : null,
    backwardsCursor: null,
  }));
  await host.notify("host/state", running);
  await page.getByRole("button", { name: "Threads" }).click();
  await page.getByRole("listbox", { name: "Threads" }).getByRole("option").first().waitFor();
}

export const scenes: Record<string, Scene> = {
  ...approvalScenes,
  ...commandScenes,
  ...contextScenes,
  ...editScenes,
  ...reviewScenes,
  ...questionScenes,
  ...queueScenes,
  ...troubleScenes,

  async plan(panel) {
    await showTurn(panel, turn({ items: [prompt, thought, ...reads, answer, failedTest] }));
    await panel.host.notify("turn/plan/updated", cartPlan);
    await panel.page.getByRole("list", { name: "Plan" }).waitFor();
  },

  async empty({ host, page }) {
    host.on("thread/list", () => ({ data: threads, nextCursor: null, backwardsCursor: null }));
    await host.notify("host/state", running);
    await page.getByText("Recent threads").waitFor();
  },

  async streaming(panel) {
    const items = [prompt, thought, ...reads, answer, failedTest, edit];
    await showTurn(panel, turn({ items }));
    const { host, page } = panel;
    const { params } = starts(
      item.command("npm test", {
        status: "inProgress",
        exitCode: null,
        durationMs: null,
        startedAtMs: Date.now() - 12_000,
      }),
    );
    await host.notify("item/started", params as never);
    await host.notify("item/commandExecution/outputDelta", {
      ...at,
      itemId: "command-1",
      delta: "RUNS  test/cart.test.ts\n",
    });
    await page.getByText("RUNS test/cart.test.ts").waitFor();
    await page.getByRole("textbox", { name: "Message Belay" }).fill("Also check the tax");
  },

  async "no key"({ host, page }) {
    host.on("model/list", () => ({
      data: models.map((model) => ({ ...model, missing: "apiKey" as const })),
      nextCursor: null,
    }));
    host.on("thread/list", () => ({ data: threads.slice(0, 2), nextCursor: null, backwardsCursor: null }));
    await host.notify("host/state", running);
    await host.notify("configWarning", { summary: "config.toml: there is no key `modle`.", details: null, path: null });
    await page.getByRole("button", { name: "Set API key…" }).waitFor();
  },

  async "finished turn"(panel) {
    const items = [prompt, thought, ...reads, answer, failedTest, edit, passedTest, closing];
    await showTurn(panel, turn({ items, status: "completed", tokenUsage: tokens }));
    await panel.page.getByText("12.4k tokens").waitFor();
  },

  async "opened cards"(panel) {
    const items = [
      prompt,
      thought,
      ...reads,
      answer,
      failedTest,
      item.command("rm -rf dist", { id: "c9", status: "declined", exitCode: null, durationMs: null }),
    ];
    await showTurn(panel, turn({ items, status: "completed", tokenUsage: tokens }));
    for (const name of [/Thought for/, /Read 4 files/, /npm test/])
      await panel.page.getByRole("button", { name }).first().click();
  },

  async error(panel) {
    const items = [prompt, thought, ...reads, answer];
    const error = {
      message: "The model provider refused the key (401). Set another one with “Belay: Set API Key”.",
      codexErrorInfo: "unauthorized",
      additionalDetails: "unexpected status 401 Unauthorized: https://api.example.com/v1/responses",
    };
    await showTurn(panel, turn({ items, status: "failed", error }));
    await panel.host.notify("warning", { threadId, message: "AGENTS.md is longer than 32 KB; its end was left out." });
    await panel.page.getByRole("button", { name: "Continue" }).waitFor();
  },

  async reconnecting(panel) {
    await showTurn(panel, turn({ items: [prompt, thought, ...reads] }));
    const additionalDetails = 'The answer of the model provider "openai" ended before it was complete. Try again.';
    const error = { message: "Reconnecting... 2/5", codexErrorInfo: null, additionalDetails };
    await panel.host.notify("error", { error, willRetry: true, takenBack: [], threadId, turnId });
    await panel.page.getByText("Reconnecting 2 of 5… The answer").waitFor();
  },

  async "server failed"(panel) {
    await showTurn(
      panel,
      turn({
        items: [
          prompt,
          thought,
          answer,
          item.command("npm test", { status: "inProgress", exitCode: null, durationMs: null }),
        ],
      }),
    );
    await panel.page.getByRole("textbox", { name: "Message Belay" }).fill("And then update the changelog");
    await panel.host.notify("host/state", {
      ...running,
      server: { kind: "failed", reason: "The server ended with exit code 1 three times in a row.", retrying: false },
    });
    await panel.page.getByRole("button", { name: "Restart" }).waitFor();
  },

  async "no folder"({ host, page }) {
    await host.notify("host/state", { ...running, workspace: null });
    await page.getByRole("button", { name: "Open a folder…" }).waitFor();
  },

  async untrusted({ host, page }) {
    await host.notify("host/state", {
      ...running,
      server: { kind: "stopped" },
      workspace: { name: "shop", cwd, trusted: false, folders: [{ name: "shop", cwd }] },
    });
    await page.getByRole("button", { name: "Manage trust" }).waitFor();
  },

  async "long prompt, steered, scripted"(panel) {
    const long = Array.from(
      { length: 14 },
      (_, line) => `${line + 1}. A requirement that is spelled out at some length`,
    );
    const items = [
      item.user(`Make the tests pass\n${long.join("\n")}`),
      answer,
      item.user("Leave the tax alone", { id: "user-2" }),
      item.answer("Understood: the tax stays as it is.", { id: "answer-3" }),
    ];
    panel.host.on("thread/resume", () =>
      opened(
        { turns: [turn({ items, status: "completed", tokenUsage: tokens })] },
        { model: "demo", modelProvider: "scripted" },
      ),
    );
    await panel.host.notify("host/state", running);
    await panel.host.notify("host/showThread", { threadId });
    await panel.page.getByText("12.4k tokens").waitFor();
  },

  async threads(panel) {
    await openThreads(panel);
  },

  async "threads searched"(panel) {
    await openThreads(panel);
    const snippet = "so the discount is taken once, at the end, and the tests of the tax pass";
    panel.host.on("thread/search", () => ({
      data: [
        { thread: many[2] ?? thread(), snippet },
        { thread: thread({ id: "other", preview: "Port the tax tables", cwd: "/home/ada/till" }), snippet },
      ],
      nextCursor: null,
      backwardsCursor: null,
    }));
    await panel.page.getByRole("combobox", { name: "Search threads" }).fill("tests");
    await panel.page.getByRole("group", { name: "Other workspaces" }).waitFor();
  },

  async "threads menu"(panel) {
    await openThreads(panel);
    await panel.page.keyboard.press("ArrowDown");
    await panel.page.keyboard.press("Shift+F10");
    await panel.page.getByRole("menu").waitFor();
  },

  async "threads archived undo"(panel) {
    await openThreads(panel);
    panel.host.on("thread/archive", () => ({}));
    await panel.page.keyboard.press("Shift+F10");
    await panel.page.getByRole("menuitem", { name: /rchive/ }).click();
    await panel.page.getByRole("button", { name: "Undo" }).waitFor();
  },

  async "threads delete"(panel) {
    await openThreads(panel);
    await panel.page.keyboard.press("ArrowDown");
    await panel.page.keyboard.press("Delete");
    await panel.page.getByRole("alertdialog").waitFor();
  },

  async "threads all"(panel) {
    await openThreads(panel);
    await panel.page.getByRole("button", { name: "All workspaces" }).click();
    await panel.page.getByText("till", { exact: true }).waitFor();
  },

  async "threads wait"(panel) {
    await showTurn(panel, turn({ items: [prompt, answer], status: "completed", tokenUsage: tokens }));
    const params = { ...commandApproval, threadId: "019a0000-0000-7000-8000-000000000002" };
    panel.host.ask("item/commandExecution/requestApproval", params).catch(() => undefined);
    await panel.page.getByText("waits for your approval").waitFor();
  },

  async "full access"(panel) {
    await showTurn(panel, turn({ items: [prompt, answer], status: "completed", tokenUsage: tokens }));
    await panel.page.getByRole("combobox", { name: "Mode", exact: true }).selectOption("fullAccess");
    await panel.page.getByRole("alertdialog").waitFor();
  },
};
