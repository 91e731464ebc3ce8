// Where a request of the panel goes, and what is added on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import { route, type WindowFolders } from "../../../extension/panel/relay.ts";
import { clientRequests } from "../../../server/protocol/methods.ts";
import { hostRequests } from "../../../server/protocol/host-methods.ts";

test("the panel may use every method whose row says so, and no other", () => {
  for (const [method, row] of Object.entries(clientRequests)) {
    if (row.from.includes("webview")) {
      // Empty params do not fit every method; that is another refusal than "unknown".
      assert.doesNotMatch(refusal(method, {}) ?? "", /unknown variant/);
    } else {
      assert.match(refusal(method, {}) ?? "", /unknown variant/);
    }
  }
  for (const method of ["workspace/applyEdit", "shutdown", "toString", "__proto__"])
    assert.match(refusal(method, {}) ?? "", /unknown variant/);
});

test("what ends at the editor is not sent to the server", () => {
  for (const method of Object.keys(hostRequests)) assert.deepEqual(route(method, {}, null), { kind: "host" });
});

test("the workspace's folder is added where the row asks for it and the panel named none", () => {
  const params = (method: string, given: object, window: WindowFolders) => {
    const routed = route(method, given, window);
    return routed.kind === "server" ? routed.params : null;
  };
  const one = { cwd: "/work", folders: ["/work"] };
  const window = { windowFolders: ["/work"] };
  assert.deepEqual(params("thread/start", {}, one), { cwd: "/work", ...window });
  assert.deepEqual(params("thread/start", { cwd: "/other" }, one), { cwd: "/other", ...window });
  assert.deepEqual(params("thread/read", { threadId: "t" }, one), { threadId: "t" });
  assert.deepEqual(params("thread/list", {}, one), { cwd: ["/work"] });
  assert.deepEqual(params("thread/list", { cwd: null }, one), { cwd: null });
  const two = { cwd: "/second", folders: ["/first", "/second"] };
  const roots = { windowFolders: ["/first", "/second"] };
  assert.deepEqual(params("thread/start", {}, two), { cwd: "/second", ...roots });
  assert.deepEqual(params("thread/start", { cwd: "/first" }, two), { cwd: "/first", ...roots });
  assert.deepEqual(params("thread/list", {}, two), { cwd: ["/first", "/second"] });
  assert.deepEqual(params("belay/review/list", {}, two), { cwd: "/second", ...roots });
  for (const method of ["turn/start", "thread/resume", "thread/fork", "thread/settings/update"]) {
    assert.deepEqual(params(method, { threadId: "t", input: [] }, two), {
      threadId: "t",
      ...(method === "turn/start" ? { input: [] } : {}),
      ...roots,
    });
  }
});

test("without a folder a thread cannot start, and the sentence says what to do", () => {
  assert.match(refusal("thread/start", {}) ?? "", /Open a folder first/);
});

test("params that do not fit are refused here, and unknown fields do not pass", () => {
  assert.match(refusal("turn/interrupt", { threadId: "t" }) ?? "", /missing field `turnId`/);
  const routed = route("turn/interrupt", { threadId: "t", turnId: "u", sneaky: true }, null);
  assert.deepEqual(routed, { kind: "server", params: { threadId: "t", turnId: "u" } });
});

function refusal(method: string, params: unknown): string | null {
  try {
    route(method, params, null);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
