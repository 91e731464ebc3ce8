// A command that is ended while its sandbox is being made leaves nothing, whatever the moment.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as moment } from "node:timers/promises";
import { testServer } from "../../support/test-server.ts";
import { skip } from "./real-sandbox.ts";

const attempts = 40;

test("a command that is stopped while its sandbox is being made runs on in no process", { skip }, async () => {
  await using server = await testServer({});
  const sandboxPolicy = { type: "workspaceWrite" as const, networkAccess: false };
  const exec = (at: number) =>
    server.request("command/exec", {
      command: ["/bin/sleep", "600"],
      cwd: server.workspace,
      processId: `p${at}`,
      sandboxPolicy,
      disableTimeout: true,
    });
  for (let at = 0; at < attempts; at++) {
    const ended = exec(at);
    // Not a wait for something: the moments are what is tried.
    await moment(at / 2);
    await server.request("command/exec/terminate", { processId: `p${at}` }).catch(() => null);
    // One that had not begun yet is ended now.
    const again = setInterval(
      () => server.send({ method: "command/exec/terminate", id: 90_000 + at, params: { processId: `p${at}` } }),
      50,
    );
    await ended.finally(() => clearInterval(again));
  }
  assert.deepEqual(sleepers(server.home), []);
});

/** Of the server with this home: the command itself, or what makes its sandbox. */
function sleepers(home: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, "latin1").includes(`BELAY_HOME=${home}\0`);
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return isOurs && line.endsWith("/bin/sleep 600") ? [line.slice(-80)] : [];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}
