// Scenarios of what is ours alone: the original's schema says nothing of it, so answers are held against our own.
import assert from "node:assert/strict";
import { join } from "node:path";
import { clientRequests, serverNotifications } from "../../../../server/protocol/methods.ts";
import type { ResultOf } from "../../../../server/protocol/rows.ts";
import type { Peer } from "../../peer.ts";
import { playTurn, type Scenario } from "../stage.ts";

type Requests = typeof clientRequests;

export const ownScenarios: readonly Scenario[] = [
  {
    name: "the context: what fills it, and a compaction that is taken back",
    drives: ["thread/compact/start", "belay/context/read", "belay/compaction/undo"],
    only: "ours",
    async run(stage) {
      const { server, threadId } = await stage.threadWithTurn("flood");
      assert.equal((await ask(server, "belay/context/read", { threadId })).undoable, null);
      await server.result("thread/compact/start", { threadId });
      const done = ({ item }: { item: { type: string } }) => item.type === "contextCompaction";
      await server.hear("item/completed", done);
      await server.hear("turn/completed");
      const { undoable } = await ask(server, "belay/context/read", { threadId });
      assert.ok(undoable !== null);
      await ask(server, "belay/compaction/undo", { threadId, itemId: undoable });
    },
  },
  {
    name: "what was edited is reviewed, kept and undone",
    drives: ["turn/start", "belay/review/list", "belay/review/text", "belay/review/keep", "belay/review/undo"],
    only: "ours",
    async run(stage) {
      const live = await stage.threadWithTurn("patchadd");
      const { server } = live;
      await heard(server, "belay/review/updated");
      const { files } = await ask(server, "belay/review/list", {});
      const path = join(stage.workspace, "hello.txt");
      assert.deepEqual(
        files.map((file) => [file.path, file.state, file.hunks.length]),
        [[path, "written", 1]],
      );
      assert.equal((await ask(server, "belay/review/text", { path, side: "baseline" })).text, null);
      assert.equal((await ask(server, "belay/review/keep", { path })).outcome, "done");
      await playTurn(live, "patchedit");
      assert.equal((await ask(server, "belay/review/undo", { path })).outcome, "done");
      assert.equal((await ask(server, "belay/review/undo", { path, hunkId: "none" })).outcome, "failed");
    },
  },
  {
    name: "what a thread changed is told, compared, undone and forgotten",
    drives: [
      "belay/files/turns",
      "belay/files/diff",
      "belay/files/restore",
      "belay/journal/read",
      "belay/journal/clear",
    ],
    only: "ours",
    async run(stage) {
      const { server, threadId, turnId } = await stage.threadWithTurn("patchadd");
      await heard(server, "belay/files/updated");
      const { turns } = await ask(server, "belay/files/turns", { threadId });
      assert.deepEqual(
        turns.map((turn) => [turn.turnId, turn.state]),
        [[turnId, "applied"]],
      );
      assert.match((await ask(server, "belay/files/diff", { threadId })).diff, /^\+world$/m);
      for (const direction of ["undo", "redo"]) {
        const params = { threadId, turnIds: [turnId], direction };
        assert.equal((await ask(server, "belay/files/restore", { ...params, dryRun: true })).files.length, 1);
        assert.equal((await ask(server, "belay/files/restore", params)).outcome, "done");
      }
      assert.ok((await ask(server, "belay/journal/read", {})).bytes > 0);
      await ask(server, "belay/journal/clear", { cwd: null });
      assert.deepEqual(await ask(server, "belay/files/turns", { threadId }), { turns: [] });
    },
  },
  {
    name: "a patch is only proposed",
    drives: ["thread/start", "turn/start", "thread/read", "belay/review/list", "belay/review/text"],
    only: "ours",
    async run(stage) {
      const { server, threadId } = await stage.threadWithTurn("patchadd", { edits: "propose" });
      const path = join(stage.workspace, "hello.txt");
      const { files } = await ask(server, "belay/review/list", {});
      assert.deepEqual(
        files.map((file) => [file.path, file.state]),
        [[path, "proposed"]],
      );
      assert.equal((await ask(server, "belay/review/text", { path, side: "proposed" })).text, "hello\nworld\n");
      await server.result("thread/read", { threadId, includeTurns: true });
    },
  },
];

/** An answer as the table's row has it. */
async function ask<M extends keyof Requests>(
  server: Peer,
  method: M,
  params: Record<string, unknown>,
): Promise<ResultOf<Requests, M>> {
  const answer = await server.result(method, params);
  return clientRequests[method].result.parse(answer) as ResultOf<Requests, M>;
}

async function heard(server: Peer, method: "belay/review/updated" | "belay/files/updated"): Promise<void> {
  serverNotifications[method].params.parse((await server.hear(method)).params);
}
