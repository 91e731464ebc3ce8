// What holds for everything a server ever says about turns, whatever ended them. Checked for every server a test used.
import assert from "node:assert/strict";
import type { AnyMessage } from "./test-server.ts";

interface Params {
  threadId: string;
  turnId: string;
  itemId: string;
  requestId: number;
  turn: { id: string; status: string };
  item: { id: string; type: string; status?: string };
}

/**
 * Items start once and complete once, within their turn; a completed item is not in progress; deltas come in between;
 * a turn completes at most once, and leaves no item open and no request unresolved. Commands alone may outlive their turn.
 */
export function assertOrder(heard: readonly AnyMessage[]): void {
  const started = new Map<string, string>();
  const commands = new Set<string>();
  const completed = new Set<string>();
  const turns = new Map<string, "running" | "ended">();
  const asked = new Map<number, string>();
  for (const message of heard) {
    const { method, id } = message;
    const params = message["params"] as Params;
    if (method === "turn/started") {
      assert.ok(!turns.has(params.turn.id), "a turn starts once");
      turns.set(params.turn.id, "running");
    } else if (method === "turn/completed") {
      assert.equal(turns.get(params.turn.id), "running", "a turn completes once, after it has started");
      turns.set(params.turn.id, "ended");
      assert.notEqual(params.turn.status, "inProgress");
      const open = [...started].filter(
        ([item, turn]) => turn === params.turn.id && !completed.has(item) && !commands.has(item),
      );
      assert.deepEqual(open, [], "a turn that ended has no open item");
      assert.deepEqual(
        [...asked].filter(([, turn]) => turn === params.turn.id),
        [],
        "nor an open request",
      );
    } else if (method === "item/started") {
      assert.ok(!started.has(params.item.id), "an item starts once");
      started.set(params.item.id, params.turnId);
      if (params.item.type === "commandExecution") commands.add(params.item.id);
    } else if (method === "item/completed") {
      // A client that joined in the middle has the start in its snapshot.
      assert.ok(!completed.has(params.item.id), "an item completes once");
      completed.add(params.item.id);
      assert.notEqual(params.item.status, "inProgress");
    } else if (method !== undefined && /^item\/.*(?:[dD]elta|patchUpdated)$/.test(method)) {
      assert.ok(!completed.has(params.itemId), "a delta comes before its item completes");
    } else if (isQuestion(method) && typeof id === "number") {
      asked.set(id, params.turnId);
    } else if (method === "serverRequest/resolved") {
      assert.ok(asked.delete(params.requestId), "a request is resolved once");
    }
    // Told again to whoever resumes the thread.
    if (method === "thread/tokenUsage/updated" || method === "turn/plan/updated") continue;
    // Taken back by a person, whenever they like.
    if (method === "belay/compaction/undone") continue;
    const isOfCommand = commands.has(params?.itemId) || params?.item?.type === "commandExecution";
    if (isOfCommand && method !== "item/started") continue;
    const turn = params?.turnId;
    if (typeof turn === "string") assert.notEqual(turns.get(turn), "ended", `${method} after the end of its turn`);
  }
}

/** One whose end is told to all. */
function isQuestion(method: string | undefined): boolean {
  return method === "item/tool/requestUserInput" || (method?.endsWith("/requestApproval") ?? false);
}
