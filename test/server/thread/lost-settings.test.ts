// A thread of whose file the settings are lost, by damage or because its server died when it had written the first line.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const isSettings = (line: string) => line.includes('"type":"settings"');

for (const [what, keeps, told] of [
  ["settings", (line: string) => !isSettings(line), /hello/],
  ["lines but the first", (_: string, at: number) => at === 0, /go on/],
] as const) {
  test(`a thread whose ${what} are lost is listed, opens, may only read, says so, and goes on`, async () => {
    await using api = await responsesApi([{ steps: [{ text: "ok" }] }]);
    await using first = await testServer({ api, sandboxMode: "danger-full-access", approvalPolicy: "never" });
    const { threadId } = await first.completeTurn("hello");
    const path = (await first.request("thread/read", { threadId })).thread.path ?? "";
    await first.end();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    assert.ok(lines.some(isSettings));
    writeFileSync(path, `${lines.filter(keeps).join("\n")}\n`);
    await using second = await testServer({ api, like: first });
    const [listed] = (await second.request("thread/list", {})).data;
    assert.equal(listed?.id, threadId);
    const { sandbox, approvalPolicy } = await second.request("thread/resume", { threadId });
    assert.deepEqual([sandbox, approvalPolicy], [{ type: "readOnly", networkAccess: false }, "on-request"]);
    const { message } = await second.expectNotification("warning");
    assert.match(message, /^The saved permissions of this thread cannot be read/);
    assert.equal((await second.completeTurn("go on", threadId)).turn.status, "completed");
    assert.match(toldText(api.requests.at(-1) ?? assert.fail()), told);
  });
}
