// Scenarios of threads: their life, their history, and what can be done to them outside a turn.
import { readFileSync, writeFileSync } from "node:fs";
import { type Live, playTurn, type Scenario, type Stage, startTurn, text, turnEnd } from "../stage.ts";

/** A scenario of one method on a thread that has a turn behind it. */
function onThread(
  method: string,
  act: (live: Live & { turnId: string }, stage: Stage) => Promise<unknown>,
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name: method,
    drives: [method],
    async run(stage) {
      await act(await stage.threadWithTurn(), stage);
    },
    ...more,
  };
}

export const threadScenarios: readonly Scenario[] = [
  {
    name: "a thread starts, is listed and read, and resumes in another process",
    drives: ["thread/start", "thread/list", "thread/read", "thread/resume"],
    async run(stage) {
      const { server, threadId } = await stage.threadWithTurn("shell");
      await server.result("thread/list", {});
      await server.result("thread/list", {
        limit: 1,
        cwd: stage.workspace,
        sortKey: "updated_at",
        searchTerm: "shell",
      });
      await server.result("thread/read", { threadId });
      await server.result("thread/read", { threadId, includeTurns: true });
      await server.result("thread/resume", { threadId });
      await server.end();
      const other = await stage.server();
      await other.result("thread/read", { threadId, includeTurns: true });
      await other.result("thread/resume", { threadId, model: "another-model" });
      await playTurn({ server: other, threadId }, "again");
    },
  },
  {
    name: "threads start in every policy and sandbox",
    drives: ["thread/start"],
    async run(stage) {
      const server = await stage.server();
      for (const approvalPolicy of ["untrusted", "on-request", "never"])
        for (const sandbox of ["read-only", "workspace-write", "danger-full-access"])
          await stage.startThread(server, { approvalPolicy, sandbox, ephemeral: true });
    },
  },
  onThread("thread/turns/list", async ({ server, threadId }) => {
    for (const itemsView of ["notLoaded", "summary", "full"])
      await server.result("thread/turns/list", { threadId, limit: 2, itemsView, sortDirection: "asc" });
  }),
  onThread("thread/items/list", async ({ server, threadId, turnId }) => {
    await server.result("thread/items/list", { threadId, limit: 1 });
    await server.result("thread/items/list", { threadId, turnId, sortDirection: "desc" });
  }),
  onThread("thread/fork", async ({ server, threadId, turnId }) => {
    await server.result("thread/fork", { threadId });
    await server.result("thread/fork", { threadId, lastTurnId: turnId, excludeTurns: true });
    await server.result("thread/fork", { threadId, ephemeral: true, excludeTurns: true });
  }),
  {
    name: "a thread is archived and comes back",
    drives: ["thread/archive", "thread/unarchive"],
    async run(stage) {
      const { server, threadId } = await stage.threadWithTurn();
      await server.result("thread/archive", { threadId });
      await server.hear("thread/archived");
      await server.result("thread/list", { archived: true });
      await server.result("thread/unarchive", { threadId });
      await server.hear("thread/unarchived");
    },
  },
  onThread("thread/delete", async ({ server, threadId }) => {
    await server.result("thread/delete", { threadId });
    await server.hear("thread/deleted");
  }),
  onThread("thread/unsubscribe", async ({ server, threadId }) => {
    await server.result("thread/unsubscribe", { threadId });
    await server.result("thread/unsubscribe", { threadId });
    await server.result("thread/unsubscribe", { threadId: "00000000-0000-7000-8000-000000000000" });
  }),
  onThread("thread/name/set", async ({ server, threadId }) => {
    await server.result("thread/name/set", { threadId, name: "A name" });
    await server.hear("thread/name/updated");
    await server.result("thread/read", { threadId });
  }),
  {
    name: "a thread is sorted into a section",
    drives: [
      ...["threadSection/list", "threadSection/create", "threadSection/update", "threadSection/delete"],
      "thread/section/move",
    ],
    async run(stage) {
      const { server, threadId } = await stage.threadWithTurn();
      await server.result("threadSection/list", { limit: 1 });
      const appearance = { icon: "star", color: null };
      const { section } = await server.result("threadSection/create", {
        name: "A",
        appearance,
      });
      const sectionId = (section as { id: string }).id;
      await server.result("threadSection/update", { sectionId, name: "B", appearance: null });
      await server.result("thread/section/move", { threadId, sectionId });
      await server.hear("thread/section/changed");
      await server.result("thread/list", { sectionId, sortKey: "section_position" });
      await server.result("thread/section/move", { threadId, sectionId: null });
      await server.result("threadSection/delete", { sectionId });
    },
  },
  onThread("thread/metadata/update", ({ server, threadId }) =>
    server.result("thread/metadata/update", { threadId, gitInfo: { branch: "a-branch" } }),
  ),
  onThread("thread/loaded/list", async ({ server }) => {
    await server.result("thread/loaded/list", {});
    await server.result("thread/loaded/list", { limit: 1 });
  }),
  onThread("thread/settings/update", async ({ server, threadId }) => {
    await server.result("thread/settings/update", {
      threadId,
      model: "another-model",
      approvalPolicy: "on-request",
      sandboxPolicy: { type: "readOnly", networkAccess: false },
      effort: "high",
    });
    await server.hear("thread/settings/updated");
  }),
  onThread("thread/search", async ({ server }) => {
    await server.result("thread/search", { searchTerm: "hello" });
    await server.result("thread/search", {
      searchTerm: "plain",
      limit: 1,
      sortKey: "updated_at",
      sortDirection: "asc",
    });
  }),
  onThread("thread/searchOccurrences", ({ server, threadId }) =>
    server.result("thread/searchOccurrences", { threadId, searchTerm: "plain" }),
  ),
  onThread("thread/shellCommand", async (live) => {
    const { server, threadId } = live;
    await server.result("thread/shellCommand", { threadId, command: "echo from the user; id -un" });
    await server.hear("item/completed", ({ item }: { item: { source?: string } }) => item.source === "userShell");
    await server.hear("turn/completed");
    const turnId = await startTurn(live, "gated");
    await server.hear("item/started", ({ item }: { item: { type: string } }) => item.type === "commandExecution");
    await server.result("thread/shellCommand", { threadId, command: "touch go; echo beside a turn" });
    await turnEnd(live, turnId);
  }),
  onThread("thread/compact/start", async (live) => {
    const { server, threadId } = live;
    await playTurn(live, "flood");
    await server.result("thread/compact/start", { threadId });
    await server.hear("item/completed", ({ item }: { item: { type: string } }) => item.type === "contextCompaction");
    await server.hear("turn/completed");
    await playTurn(live, "again");
  }),
  onThread("thread/inject_items", async (live) => {
    const message = { type: "message", role: "user", content: [{ type: "input_text", text: "injected" }] };
    await live.server.result("thread/inject_items", { threadId: live.threadId, items: [message] });
    await playTurn(live, "again");
  }),
  onThread("thread/revert", async (live) => {
    const { server, threadId, turnId } = live;
    await playTurn(live, "shell");
    const { turnsBackwardsCursor: cursor } = await server.result("thread/revert", { threadId, beforeTurnId: turnId });
    await server.hear("thread/reverted");
    await server.result("thread/turns/list", { threadId, cursor });
    await playTurn(live, "again");
  }),
  {
    name: "a thread whose saved permissions cannot be read",
    drives: ["thread/start", "thread/read", "thread/resume"],
    only: "ours",
    async run(stage) {
      const { server, threadId } = await stage.threadWithTurn();
      const { thread } = await server.result("thread/read", { threadId });
      await server.end();
      const { path } = thread as { path: string };
      writeFileSync(path, readFileSync(path, "utf8").replaceAll('"approvalPolicy":"never"', '"approvalPolicy":"?"'));
      const other = await stage.server();
      await other.result("thread/resume", { threadId });
      await other.hear("warning");
    },
  },
  {
    name: "an unknown thread is refused by every method that takes one",
    drives: ["thread/read", "thread/resume", "turn/start"],
    async run(stage) {
      const server = await stage.server();
      const threadId = "00000000-0000-7000-8000-000000000000";
      await server.request("thread/read", { threadId });
      await server.request("thread/resume", { threadId });
      await server.request("turn/start", { threadId, input: text("hello") });
    },
  },
  {
    name: "a thread that nobody listens to is closed",
    drives: ["thread/unsubscribe"],
    place: { config: "thread_unload_delay_secs = 0" },
    async run(stage) {
      const { server, threadId } = await stage.threadWithTurn();
      await server.result("thread/unsubscribe", { threadId });
      await server.hear("thread/closed");
    },
  },
];
