// Where Belay keeps what is its own: only its user may look in, and it is not used where others could write.
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi } from "../support/responses-api.ts";
import { testServer } from "../support/test-server.ts";

const isRoot = process.getuid?.() === 0;
const ok = [{ steps: [{ text: "ok" }] }];

test("a home and a rollout that others may read are its user's alone again", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("one");
  const { path } = (await server.request("thread/read", { threadId })).thread;
  await server.end();
  chmodSync(server.home, 0o755);
  chmodSync(path ?? "", 0o644);
  await using next = await testServer({ like: server });
  await next.request("thread/resume", { threadId });
  await next.completeTurn("two", threadId);
  assert.equal((statSync(server.home).mode & 0o777).toString(8), "700");
  assert.equal((statSync(path ?? "").mode & 0o777).toString(8), "600");
});

test("a home may be a link to a folder of one's own", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  await server.end();
  const link = join(server.home, "..", "link");
  chmodSync(server.home, 0o700);
  symlinkSync(server.home, link);
  await using linked = await testServer({ like: { home: link, workspace: server.workspace } });
  assert.equal((await linked.completeTurn("one")).turn.status, "completed");
});

for (const [name, { spoil, says, skip }] of Object.entries({
  "that everybody may write to": {
    spoil: (target: string) => chmodSync(target, 0o777),
    says: /can be written to by other users/,
    skip: false,
  },
  "of another user": {
    spoil: (target: string) => chownSync(target, 54_321, 54_321),
    says: /belongs to another user \(54321\)/,
    skip: isRoot ? false : "only root may give a folder away",
  },
  "in a place where everybody may swap it": {
    spoil: (target: string) => chmodSync(join(target, ".."), 0o777),
    says: /can be written to by other users/,
    skip: false,
  },
})) {
  test(`a home that is a link to a folder ${name} is refused, with the reason, and nothing in it is touched`, {
    skip,
  }, async () => {
    await using server = await testServer();
    await server.end();
    const { home, workspace } = server;
    const target = join(home, "..", "place", "state");
    mkdirSync(target, { recursive: true, mode: 0o700 });
    writeFileSync(join(target, "config.toml"), readFileSync(join(home, "config.toml")));
    const link = join(home, "..", "link");
    symlinkSync(target, link);
    spoil(target);
    await using refused = await testServer({ like: { home: link, workspace }, initialize: null });
    refused.expectDeath();
    assert.equal((await refused.exited).code, 1);
    await refused.expectLog(/^belay: .*link is a link to a folder that .* Remove the link, or let BELAY_HOME/);
    assert.match(refused.stderr, says);
    assert.deepEqual(readFileSync(join(target, "config.toml")), readFileSync(join(home, "config.toml")));
  });
}

test("a home of another user is used where it can be", {
  skip: isRoot ? false : "only root may give a folder away",
}, async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  await server.end();
  chownSync(server.home, 54_321, 54_321);
  await using other = await testServer({ like: server });
  assert.equal((await other.completeTurn("one")).turn.status, "completed");
});
