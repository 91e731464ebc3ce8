// Finding files by a few letters, over the real wire. Scores are those of the original.
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type TestServer, testServer } from "../../support/test-server.ts";

const files = {
  "src/main.ts": "",
  "src/App.test.ts": "",
  "src/deep/er/main.rs": "",
  ".hidden/main.h": "",
  ".git/main/obj": "",
  "node_modules/x/main.js": "",
  "build/main.o": "",
  "build/keep/main.k": "",
  ".gitignore": "node_modules/\n/build/*\n!build/keep\n",
  "src/.ignore": "*.skipped\n",
  "src/main.skipped": "",
};

test("the best come first, with what git ignores left out and hidden files in", async () => {
  await using server = await testServer({ files });
  symlinkSync("..", join(server.workspace, "src/up"));
  assert.deepEqual(await find(server, "main"), [
    "131181 .git/main",
    "65645 .hidden/main.h",
    "65645 build/keep/main.k",
    "65645 src/deep/er/main.rs",
    "65645 src/main.ts",
    "109 .git/main/obj",
  ]);
  const { files: found } = await server.request("fuzzyFileSearch", { query: "apptest", roots: [server.workspace] });
  assert.deepEqual(found, [
    {
      root: server.workspace,
      path: "src/App.test.ts",
      match_type: "file",
      file_name: "App.test.ts",
      score: 65713,
      indices: [4, 5, 6, 8, 9, 10, 11],
    },
  ]);
});

test("nothing is found for nothing, nowhere; what lies below two roots is found once; 50 are enough", async () => {
  await using server = await testServer({ files });
  assert.deepEqual(await find(server, ""), []);
  assert.deepEqual(await find(server, "main", [join(server.workspace, "none")]), []);
  const both = await find(server, "main.ts", [server.workspace, join(server.workspace, "src")]);
  assert.deepEqual(both, ["196792 main.ts"]);
  mkdirSync(join(server.workspace, "many"));
  for (let at = 0; at < 60; at++) writeFileSync(join(server.workspace, `many/one${at}`), "");
  assert.equal((await find(server, "one")).length, 50);
});

test("a search with the token of another stops that one, which finds nothing", async () => {
  await using server = await testServer({ files });
  const search = { query: "main", roots: [server.workspace], cancellationToken: "typing" };
  const answers = await server.requestsTogether([
    ["fuzzyFileSearch", search],
    ["fuzzyFileSearch", search],
  ]);
  assert.deepEqual(
    answers.map(({ result }) => (result as { files: unknown[] }).files.length),
    [0, 6],
  );
});

test("a session answers the latest query, from the list made at its start, and says when that is all", async () => {
  await using server = await testServer({ files, initialize: { experimentalApi: true } });
  await server.request("fuzzyFileSearch/sessionStart", { sessionId: "s", roots: [server.workspace] });
  assert.deepEqual(await server.expectNotification("fuzzyFileSearch/sessionUpdated"), {
    sessionId: "s",
    query: "",
    files: [],
  });
  await server.expectNotification("fuzzyFileSearch/sessionCompleted");
  writeFileSync(join(server.workspace, "later-main"), "");
  await server.request("fuzzyFileSearch/sessionUpdate", { sessionId: "s", query: "main" });
  const { query, files: found } = await server.expectNotification("fuzzyFileSearch/sessionUpdated");
  assert.deepEqual([query, found.length], ["main", 6]);
  assert.deepEqual(await server.expectNotification("fuzzyFileSearch/sessionCompleted"), { sessionId: "s" });
  await server.request("fuzzyFileSearch/sessionStop", { sessionId: "s" });
  await server.request("fuzzyFileSearch/sessionStop", { sessionId: "s" });
  assert.deepEqual(await server.refusal("fuzzyFileSearch/sessionUpdate", { sessionId: "s", query: "x" }), {
    code: -32600,
    message: "fuzzy file search session not found: s",
  });
});

test("a session needs a name, a root and the capability", async () => {
  await using server = await testServer({ initialize: { experimentalApi: true } });
  const start = "fuzzyFileSearch/sessionStart";
  assert.deepEqual(await server.refusal(start, { sessionId: "", roots: ["/"] }), {
    code: -32600,
    message: "sessionId must not be empty",
  });
  assert.deepEqual(await server.refusal(start, { sessionId: "s", roots: [] }), {
    code: -32603,
    message: "failed to start fuzzy file search session: at least one search directory is required",
  });
  await using stable = await testServer();
  assert.deepEqual(await stable.refusal(start, { sessionId: "s", roots: ["/"] }), {
    code: -32600,
    message: `${start} requires experimentalApi capability`,
  });
});

test("a client has so many sessions at a time; one that stops makes room, and so does starting one anew", async () => {
  await using server = await testServer({ files, initialize: { experimentalApi: true } });
  const start = "fuzzyFileSearch/sessionStart";
  const session = (at: number) => ({ sessionId: `s${at}`, roots: [server.workspace] });
  for (let at = 0; at < 16; at++) await server.request(start, session(at));
  await server.request(start, session(3));
  assert.deepEqual(await server.refusal(start, session(16)), {
    code: -32600,
    message:
      "A client may have 16 fuzzy file search sessions at a time. End one with fuzzyFileSearch/sessionStop first.",
  });
  await server.request("fuzzyFileSearch/sessionStop", { sessionId: "s0" });
  await server.request(start, session(16));
});

test("many searches at once all find what is there", async () => {
  await using server = await testServer({ files });
  const found = await Promise.all(Array.from({ length: 40 }, () => find(server, "apptest")));
  assert.deepEqual(new Set(found.flat()), new Set(["65713 src/App.test.ts"]));
});

async function find(server: TestServer, query: string, roots = [server.workspace]): Promise<string[]> {
  const { files: found } = await server.request("fuzzyFileSearch", { query, roots });
  return found.map(({ score, path }) => `${score} ${path}`);
}
