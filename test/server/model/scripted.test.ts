// The scripted model on bad days: an answer that breaks off as its script says, and comes whole in the end.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ModelEvent, ModelRequest } from "../../../server/model/model.ts";
import { retryingModel } from "../../../server/model/retry.ts";
import { scriptedModel } from "../../../server/model/scripted.ts";

test("a scripted answer breaks off as often as its script says, comes whole after that, and tells its tokens", async () => {
  const folder = mkdtempSync(join(tmpdir(), "belay-scripted-"));
  try {
    const path = join(folder, "script.json");
    const step = { text: "one two three four", cut: { times: 2, waitMs: 0 }, tellsTokens: true };
    writeFileSync(path, JSON.stringify({ name: "cut", scenes: [{ steps: [step] }] }));
    const model = retryingModel(scriptedModel(path), { requestRetries: 0, streamRetries: 5, baseDelayMs: 0 });
    const history = [{ type: "message" as const, role: "user" as const, text: "count" }];
    const request: ModelRequest = {
      ...{ model: "demo", threadId: "t", effort: null },
      ...{ history, tools: [], outputSchema: null },
    };
    for (const each of [request, { ...request }]) {
      const events: ModelEvent[] = [];
      for await (const event of model.stream(each, new AbortController().signal)) events.push(event);
      const kinds = events.map(({ type }) => type);
      assert.equal(kinds.filter((type) => type === "reconnecting").length, 2);
      assert.deepEqual(kinds.slice(kinds.lastIndexOf("reconnecting") + 1), [
        "messageStarted",
        ...Array.from({ length: 4 }, () => "messageDelta"),
        "messageCompleted",
        "completed",
      ]);
      const end = events.at(-1);
      assert.ok(end?.type === "completed" && end.usage !== null && end.usage.inputTokens > 0);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
