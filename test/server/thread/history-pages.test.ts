// A thread's history page by page, and looking for a text in it and in all threads.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ThreadSearchOccurrencesResponse } from "../../../server/protocol/thread-store.ts";
import type { Turn } from "../../../server/protocol/turn.ts";
import { positionsOf } from "../../../server/thread/find-text.ts";
import { itemsPage, occurrences, turnsPage } from "../../../server/thread/pages.ts";
import fc from "../../support/properties.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const experimental = { experimentalApi: true };
const unhurried = new AbortController().signal;
const badCursor = "Invalid request: the cursor is not one this method gave out";
const nowhere = "01890000-0000-7000-8000-000000000000";
const scenes = [
  {
    prompt: "run",
    steps: [{ calls: [{ name: "exec_command", arguments: { cmd: "echo printed" } }] }, { text: "It printed." }],
  },
  { steps: [{ reasoning: "Hm.", text: "Sure, the Parser." }] },
];

test("pages of a long thread that another process writes to have what it has written by then", async () => {
  const long = { name: "exec_command", arguments: { cmd: "head -c 1500000 /dev/zero | tr '\\0' x" } };
  await using api = await responsesApi([{ prompt: "long", steps: [{ calls: [long] }, { text: "ok" }] }, ...scenes]);
  await using server = await testServer({ api, approvalPolicy: "never", sandboxMode: "danger-full-access" });
  const { threadId } = await server.completeTurn("long");
  await using other = await testServer({ like: server });
  const listed = async () => (await other.request("thread/turns/list", { threadId })).data.length;
  assert.deepEqual([await listed(), await listed()], [1, 1]);
  await server.completeTurn("more", threadId);
  assert.equal(await listed(), 2);
});

test("items go on behind one that is named by its id", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId } = await history(server);
  const all = (await server.request("thread/items/list", { threadId })).data.map(({ item }) => item.id);
  const cursor = { type: "item" as const, itemId: all[1] ?? "" };
  const behind = await server.request("thread/items/list", { threadId, cursor });
  assert.deepEqual(
    behind.data.map(({ item }) => item.id),
    all.slice(2),
  );
  const unknown = { ...cursor, itemId: "none" };
  assert.equal((await server.refusal("thread/items/list", { threadId, cursor: unknown })).message, badCursor);
});

test("turns come newest first in a summary, or as they are asked for", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId, turnIds } = await history(server);
  const page = await server.request("thread/turns/list", { threadId, limit: 2 });
  assert.deepEqual(shapes(page.data), [
    [turnIds[2], "summary", ["userMessage", "agentMessage"]],
    [turnIds[1], "summary", ["userMessage", "agentMessage"]],
  ]);
  const rest = await server.request("thread/turns/list", { threadId, limit: 2, cursor: page.nextCursor });
  assert.deepEqual([rest.data.map(({ id }) => id), rest.nextCursor], [[turnIds[0]], null]);
  const full = await server.request("thread/turns/list", { threadId, sortDirection: "asc", itemsView: "full" });
  assert.deepEqual(full.data, (await server.request("thread/read", { threadId, includeTurns: true })).thread.turns);
  const bare = await server.request("thread/turns/list", { threadId, itemsView: "notLoaded", limit: 1 });
  assert.deepEqual(shapes(bare.data), [[turnIds[2], "notLoaded", []]]);
  // Unloaded as well, and by the cursors of another process.
  await using other = await testServer({ like: server });
  const again = await other.request("thread/turns/list", { threadId, limit: 2, cursor: page.nextCursor });
  assert.deepEqual(again, rest);
});

test("items come oldest first, of one turn or of all, with outputs left out where that is asked for", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api });
  const { threadId, turnIds } = await history(server);
  const all = await server.request("thread/items/list", { threadId });
  assert.deepEqual(
    all.data.map(({ item }) => item.type),
    [
      ...["userMessage", "reasoning", "agentMessage"],
      ...["userMessage", "commandExecution", "agentMessage"],
      ...["userMessage", "reasoning", "agentMessage"],
    ],
  );
  const [turnId] = turnIds.slice(1);
  const deferOutput = { commandExecution: true };
  const one = await server.request("thread/items/list", { threadId, turnId, deferOutput });
  assert.deepEqual(
    one.data.map(({ turnId: id, item, outputDeferred }) => [
      id,
      "aggregatedOutput" in item ? item.aggregatedOutput : undefined,
      outputDeferred,
    ]),
    [
      [turnId, undefined, undefined],
      [turnId, null, true],
      [turnId, undefined, undefined],
    ],
  );
  const command = all.data[4];
  assert.ok(command?.item.type === "commandExecution");
  assert.deepEqual(
    [command.item.aggregatedOutput, command.outputDeferred, command.startedAtMs, command.completedAtMs],
    ["printed\n", undefined, command.item.startedAtMs, command.item.completedAtMs],
  );
  assert.deepEqual(await server.refusal("thread/items/list", { threadId, turnId: nowhere }), {
    code: -32600,
    message: `turn not found: ${nowhere}`,
  });
});

test("a cursor that is not of this list is refused, and so is a thread that is not there", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const { threadId } = await server.completeTurn("hi");
  for (const cursor of ["x", "null", "5", "{}", '{"at":5}', '{"at":"other"}', '{"after":"other"}']) {
    for (const method of ["thread/turns/list", "thread/items/list", "thread/searchOccurrences"]) {
      const refused = await server.refusal(method, { threadId, cursor, searchTerm: "x" });
      assert.deepEqual(refused, { code: -32600, message: badCursor }, `${method} ${cursor}`);
    }
    if (cursor.includes("other")) continue;
    assert.equal((await server.refusal("thread/search", { searchTerm: "x", cursor })).message, badCursor);
  }
  for (const method of ["thread/turns/list", "thread/items/list"]) {
    assert.equal((await server.refusal(method, { threadId: nowhere })).message, `thread not loaded: ${nowhere}`);
  }
});

test("resume gives a page of turns and the cursors that lead back from the end", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const { threadId, turnIds } = await history(server);
  const resumed = await server.request("thread/resume", {
    ...{ threadId, excludeTurns: true },
    initialTurnsPage: { limit: 1, itemsView: "notLoaded" },
  });
  assert.deepEqual([resumed.thread.turns, resumed.initialTurnsPage?.data.map(({ id }) => id)], [[], [turnIds[2]]]);
  const turns = { threadId, cursor: resumed.turnsBackwardsCursor, sortDirection: "desc" as const };
  assert.deepEqual(
    (await server.request("thread/turns/list", turns)).data.map(({ id }) => id),
    turnIds.toReversed(),
  );
  const items = { threadId, cursor: resumed.itemsBackwardsCursor, sortDirection: "desc" as const, limit: 2 };
  assert.deepEqual(
    (await server.request("thread/items/list", items)).data.map(({ item }) => item.type),
    ["agentMessage", "reasoning"],
  );
});

test("all threads are searched for what was said in them, page by page", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const first = (await server.completeTurn("please rename it")).threadId;
  const second = (await server.completeTurn("run it")).threadId;
  const third = (await server.completeTurn(`${"x".repeat(200)} the last one`)).threadId;
  await server.request("thread/name/set", { threadId: second, name: "Printing press" });
  const search = async (searchTerm: string, more = {}) => {
    const { data, nextCursor } = await server.request("thread/search", { searchTerm, ...more });
    return { found: data.map(({ thread, snippet }) => [thread.id, snippet]), nextCursor };
  };
  assert.deepEqual((await search("the pARSER")).found, [
    [third, "Sure, the Parser."],
    [first, "Sure, the Parser."],
  ]);
  assert.deepEqual((await search("press")).found, [[second, "Printing press"]]);
  assert.deepEqual((await search("echo printed")).found, [[second, "echo printed"]]);
  assert.deepEqual((await search("the last")).found, [[third, `…${"x".repeat(59)} the last one`]]);
  assert.deepEqual((await search("nowhere to be found")).found, []);
  assert.deepEqual((await search("parser", { archived: true })).found, []);
  const page = await search("parser", { limit: 1 });
  assert.equal(page.found[0]?.[0], third);
  const rest = await search("parser", { limit: 1, cursor: page.nextCursor });
  assert.deepEqual([rest.found[0]?.[0], rest.nextCursor], [first, null]);
});

test("each place where a text stands in a thread is found, in order, with the cursor of its turn", async () => {
  await using api = await responsesApi(scenes);
  await using server = await testServer({ api, initialize: experimental });
  const { threadId, turnIds } = await history(server);
  const searchTerm = "the";
  const all = (await server.request("thread/searchOccurrences", { threadId, searchTerm })).data;
  assert.deepEqual(
    all.map(({ turnId, snippet, snippetMatchRange: { start, end } }) => [turnId, snippet.slice(start, end)]),
    [
      [turnIds[0], "the"],
      [turnIds[0], "the"],
      [turnIds[2], "the"],
      [turnIds[2], "the"],
    ],
  );
  const { nextCursor, data } = await server.request("thread/searchOccurrences", { threadId, searchTerm, limit: 3 });
  const rest = await server.request("thread/searchOccurrences", { threadId, searchTerm, cursor: nextCursor });
  assert.deepEqual([...data, ...rest.data], all);
  const cursor = all[2]?.turnCursor;
  const shown = await server.request("thread/turns/list", { threadId, cursor, limit: 1 });
  assert.deepEqual(
    shown.data.map(({ id }) => id),
    [turnIds[2]],
  );
});

const anyTurns = fc
  .array(fc.array(fc.constantFrom("a", "ab", "b"), { maxLength: 4 }), { maxLength: 6 })
  .map((turns) => turns.map(turnOf));
const anyPage = { limit: fc.integer({ min: 1, max: 5 }), direction: fc.constantFrom("asc" as const, "desc" as const) };

test("pages of turns and of items give each one once, in order, whichever way they are turned", () => {
  fc.assert(
    fc.property(anyTurns, anyPage.limit, anyPage.direction, (turns, limit, sortDirection) => {
      const turnIds = turns.map(({ id }) => id);
      const ordered = sortDirection === "asc" ? turnIds : turnIds.toReversed();
      const pages = walk((cursor) => turnsPage(turns, { cursor, limit, sortDirection, itemsView: "full" }));
      assert.deepEqual(
        pages.flatMap(({ data }) => data.map(({ id }) => id)),
        ordered,
      );
      const back = { sortDirection: sortDirection === "asc" ? ("desc" as const) : ("asc" as const), limit };
      for (const { data, backwardsCursor } of pages) {
        if (backwardsCursor === null) continue;
        // The other way round from a page begins with the page's own first.
        const before = turnsPage(turns, { ...back, cursor: backwardsCursor }).data.map(({ id }) => id);
        const at = ordered.indexOf(data[0]?.id ?? "");
        assert.deepEqual(
          before,
          ordered
            .slice(0, at + 1)
            .toReversed()
            .slice(0, limit),
        );
      }
      const itemIds = turns.flatMap(({ items }) => items.map(({ id }) => id));
      const params = { threadId: "t", limit, sortDirection };
      const found = walk((cursor) => itemsPage(turns, { ...params, cursor })).flatMap(({ data }) => data);
      assert.deepEqual(
        found.map(({ item }) => item.id),
        sortDirection === "asc" ? itemIds : itemIds.toReversed(),
      );
    }),
  );
});

test("pages of places give each one once, and a place is where the text stands", async () => {
  await fc.assert(
    fc.asyncProperty(anyTurns, anyPage.limit, fc.constantFrom("a", "AB", "ba"), async (turns, limit, searchTerm) => {
      const found: ThreadSearchOccurrencesResponse["data"] = [];
      let cursor: string | null = null;
      do {
        const page = await occurrences(turns, { threadId: "t", searchTerm, limit, cursor }, unhurried);
        found.push(...page.data);
        cursor = page.nextCursor;
      } while (cursor !== null);
      for (const { snippet, snippetMatchRange: range } of found) {
        assert.equal(snippet.slice(range.start, range.end).toLowerCase(), searchTerm.toLowerCase());
      }
      const texts = turns.flatMap(({ items }) => items.map((item) => (item.type === "agentMessage" ? item.text : "")));
      const expected = texts.flatMap((text) => [...text.matchAll(new RegExp(searchTerm, "gi"))]).length;
      assert.equal(found.length, expected);
    }),
  );
});

test("a text is found wherever it stands in a long one, up to a thousand times in one item", async () => {
  const places = [0, 64 * 1024 - 2, 128 * 1024, 200_000];
  const chars = Array.from({ length: 200_003 }, () => ".");
  for (const at of places) chars.splice(at, 3, ..."Abc");
  const options = { max: 9, pause: async () => {} };
  assert.deepEqual(await positionsOf(chars.join(""), "aBC", options), places);
  const many = [turnOf(["a".repeat(5000), "a"], 0)];
  let [count, cursor]: [number, string | null] = [0, null];
  do {
    const params = { threadId: "t", searchTerm: "a", limit: 200, cursor };
    const { data, nextCursor } = await occurrences(many, params, unhurried);
    [count, cursor] = [count + data.length, nextCursor];
  } while (cursor !== null);
  assert.equal(count, 1001);
});

test("a term that is too long is refused, and so is a search of all threads for nothing", async () => {
  await using server = await testServer({ initialize: experimental });
  const threadId = await server.startThread();
  const long = { threadId, searchTerm: "a".repeat(1001) };
  const message = "searchTerm has 1001 characters. Search for a part of it, of at most 1000.";
  for (const method of ["thread/search", "thread/searchOccurrences"] as const) {
    assert.deepEqual(await server.refusal(method, long), { code: -32600, message });
  }
  const empty = { threadId, searchTerm: "" };
  assert.deepEqual((await server.request("thread/searchOccurrences", empty)).data, []);
  assert.equal((await server.refusal("thread/search", empty)).message, "thread/search requires a non-empty searchTerm");
});

function walk<P extends { nextCursor: string | null }>(pageAt: (cursor: string | null) => P): P[] {
  const pages = [pageAt(null)];
  for (let cursor = pages[0]?.nextCursor ?? null; cursor !== null; cursor = pages.at(-1)?.nextCursor ?? null) {
    assert.ok(pages.push(pageAt(cursor)) < 100, "the pages come to an end");
  }
  return pages;
}

function turnOf(words: string[], at: number): Turn {
  const timed = { startedAtMs: at, completedAtMs: at };
  const vacant = { phase: null, moderation: null, memoryCitation: null, delivery: null, questions: null };
  const items = words.map((text, index) => ({
    ...{ type: "agentMessage" as const, id: `i${at}-${index}`, text },
    ...{ ...vacant, ...timed },
  }));
  const turn = { id: `t${at}`, items, itemsView: "full" as const, status: "completed" as const, error: null };
  return { ...turn, startedAt: at, completedAt: at, durationMs: 0 };
}

const shapes = (turns: Turn[]) =>
  turns.map(({ id, itemsView, items }) => [id, itemsView, items.map(({ type }) => type)]);

async function history(server: TestServer): Promise<{ threadId: string; turnIds: string[] }> {
  const first = await server.completeTurn("rename the parser");
  const { threadId } = first;
  const second = await server.completeTurn("run it", threadId);
  const third = await server.completeTurn("rename the lexer", threadId);
  return { threadId, turnIds: [first, second, third].map(({ turnId }) => turnId) };
}
