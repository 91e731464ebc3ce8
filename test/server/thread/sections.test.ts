// Pins and other sections: who puts a thread where, what outlives what, and the order in them.
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pinnedSectionId } from "../../../server/protocol/thread-section.ts";
import {
  noSections,
  type SectionsFile,
  threadsIn,
  withMovedThread,
  withSection,
} from "../../../server/thread/section-places.ts";
import fc from "../../support/properties.ts";
import { responsesApi } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const ok = [{ steps: [{ text: "ok" }] }];
const nowhere = "01890000-0000-7000-8000-000000000000";
const pinned = { id: pinnedSectionId, name: "Pinned", appearance: null };
const fileOf = (server: TestServer) => join(server.home, "sections.json");

test("a thread is pinned, everyone hears of it, and it shows wherever the thread does", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  assert.deepEqual(await server.request("threadSection/list", {}), { data: [pinned], nextCursor: null });
  const { threadId } = await server.completeTurn("hi");
  const other = (await server.completeTurn("other")).threadId;
  const before = Math.floor(Date.now() / 1000);
  assert.deepEqual(await move(server, threadId, pinnedSectionId), {});
  const told = { threadId, sectionId: pinnedSectionId };
  assert.deepEqual(await server.expectNotification("thread/section/changed"), told);
  for (const thread of [
    (await server.request("thread/read", { threadId })).thread,
    (await server.request("thread/resume", { threadId })).thread,
    (await server.request("thread/list", { sectionId: pinnedSectionId })).data[0],
  ]) {
    assert.deepEqual(thread?.section, pinned);
    assert.ok((thread?.sectionEnteredAt ?? 0) >= before);
  }
  assert.deepEqual(await listed(server, { sectionId: null }), [other]);
  assert.deepEqual(await listed(server, {}), [other, threadId]);
  await move(server, threadId, null);
  assert.deepEqual(await listed(server, { sectionId: pinnedSectionId }), []);
  const { thread } = await server.request("thread/read", { threadId });
  assert.deepEqual([thread.section, thread.sectionEnteredAt], [null, null]);
});

test("a pin outlives the archive, the server and the index, and ends with the thread", async () => {
  await using api = await responsesApi(ok);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("hi");
  await move(first, threadId, pinnedSectionId);
  await first.request("thread/archive", { threadId });
  assert.deepEqual(await listed(first, { sectionId: pinnedSectionId, archived: true }), [threadId]);
  assert.deepEqual(await listed(first, { sectionId: pinnedSectionId }), []);
  await first.end();
  rmSync(join(first.home, "index"), { recursive: true, force: true });
  await using server = await testServer({ api, like: first });
  assert.deepEqual((await server.request("thread/unarchive", { threadId })).thread.section, pinned);
  assert.deepEqual(await listed(server, { sectionId: pinnedSectionId }), [threadId]);
  assert.equal(statSync(fileOf(server)).mode & 0o777, 0o600);
  await server.request("thread/delete", { threadId });
  assert.ok(!readFileSync(fileOf(server), "utf8").includes(threadId));
});

test("a thread that another process writes to is pinned all the same, and both show it at once", async () => {
  await using api = await responsesApi(ok);
  await using first = await testServer({ api });
  const { threadId } = await first.completeTurn("hi");
  await using second = await testServer({ api, like: first });
  await move(second, threadId, pinnedSectionId);
  for (const server of [first, second]) {
    assert.deepEqual(await listed(server, { sectionId: pinnedSectionId }), [threadId]);
  }
  assert.match((await second.refusal("thread/delete", { threadId })).message, /already has an active writer/);
  assert.deepEqual(await listed(first, { sectionId: pinnedSectionId }), [threadId]);
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      (at % 2 === 0 ? first : second).request("threadSection/create", { name: `s${at}` }),
    ),
  );
  const ids = [pinnedSectionId, ...all.map(({ section }) => section.id)].toSorted();
  assert.deepEqual(
    (await first.request("threadSection/list", {})).data.map(({ id }) => id),
    ids,
  );
});

test("sections are made, renamed, coloured and deleted, and listed the oldest first, page by page", async () => {
  await using server = await testServer();
  const appearance = { icon: "star", color: "red" };
  const { section: a } = await server.request("threadSection/create", { name: "  Mine " });
  const { section: b } = await server.request("threadSection/create", { name: "Mine", appearance });
  assert.deepEqual([a.name, a.appearance, b.appearance], ["Mine", null, appearance]);
  const update = async (params: object) =>
    (await server.request("threadSection/update", { sectionId: b.id, name: "B", ...params })).section;
  assert.deepEqual(await update({}), { id: b.id, name: "B", appearance });
  assert.deepEqual(await update({ appearance: null }), { id: b.id, name: "B", appearance: null });
  const page = await server.request("threadSection/list", { limit: 2 });
  assert.deepEqual(page, { data: [pinned, a], nextCursor: a.id });
  const rest = await server.request("threadSection/list", { limit: 2, cursor: page.nextCursor });
  assert.deepEqual([rest.data.map(({ name }) => name), rest.nextCursor], [["B"], null]);
  await server.request("threadSection/delete", { sectionId: a.id });
  assert.equal((await server.request("threadSection/list", {})).data.length, 2);
});

test("what cannot be sorted is refused in the protocol's words", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hi");
  const ephemeral = await server.startThread({ ephemeral: true });
  const message = async (...args: Parameters<TestServer["refusal"]>) => (await server.refusal(...args)).message;
  const moved = (params: object) => message("thread/section/move", { threadId, sectionId: pinnedSectionId, ...params });
  assert.equal(await message("threadSection/create", { name: "  " }), "section name must not be empty");
  assert.match(await message("threadSection/create", { name: "x".repeat(2000) }), /2000 characters.* 1000/);
  const builtIn = { sectionId: pinnedSectionId };
  const named = (params: object) => message("threadSection/update", { name: "x", ...params });
  assert.equal(await named(builtIn), "the built-in pinned section cannot be renamed");
  assert.equal(await message("threadSection/delete", builtIn), "the built-in pinned section cannot be deleted");
  assert.equal(await named({ sectionId: "no" }), "thread section not found: no");
  assert.equal(await message("threadSection/delete", { sectionId: "no" }), "thread section not found: no");
  assert.equal(await moved({ sectionId: "no" }), "section no does not exist");
  assert.equal(await moved({ threadId: nowhere }), `thread not found: ${nowhere}`);
  assert.equal(await moved({ threadId: ephemeral }), `ephemeral thread does not support section moves: ${ephemeral}`);
  assert.equal(await moved({ beforeThreadId: threadId }), `thread ${threadId} cannot be moved before itself`);
  assert.equal(
    await moved({ beforeThreadId: nowhere }),
    `before thread ${nowhere} is not in section ${pinnedSectionId}`,
  );
  assert.equal(
    await moved({ sectionId: null, beforeThreadId: nowhere }),
    "beforeThreadId requires a non-null sectionId",
  );
  assert.equal(
    await message("thread/list", { sortKey: "section_position" }),
    "section-position sorting requires a section filter",
  );
  assert.deepEqual(await listed(server, { sectionId: "no", sortKey: "section_position" }), []);
});

test("threads of a section are listed in the order that people gave them, in pages both ways", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const [a, b, c] = [
    (await server.completeTurn("a")).threadId,
    (await server.completeTurn("b")).threadId,
    (await server.completeTurn("c")).threadId,
  ];
  const inOrder = { sectionId: pinnedSectionId, sortKey: "section_position" } as const;
  for (const id of [a, b]) await move(server, id, pinnedSectionId);
  await move(server, c, pinnedSectionId, a);
  assert.deepEqual(await listed(server, inOrder), [c, a, b]);
  assert.deepEqual(await listed(server, { ...inOrder, sortDirection: "desc" }), [b, a, c]);
  const first = await server.request("thread/list", { ...inOrder, limit: 2 });
  assert.deepEqual(await listed(server, { ...inOrder, cursor: first.nextCursor }), [b]);
  const { backwardsCursor } = await server.request("thread/list", { ...inOrder, cursor: first.nextCursor });
  assert.deepEqual(await listed(server, { ...inOrder, sortDirection: "desc", cursor: backwardsCursor }), [b, a, c]);
  await move(server, c, pinnedSectionId);
  assert.deepEqual(await listed(server, inOrder), [a, b, c]);
});

test("a file of sections that cannot be read is told, hides no thread and is not written over", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const { threadId } = await server.completeTurn("hi");
  writeFileSync(fileOf(server), "{torn");
  assert.deepEqual(await listed(server, {}), [threadId]);
  const { message } = await server.refusal("thread/section/move", { threadId, sectionId: pinnedSectionId });
  assert.match(message, /sections\.json cannot be read.*move it away/);
  assert.equal(readFileSync(fileOf(server), "utf8"), "{torn");
  rmSync(fileOf(server));
  await move(server, threadId, pinnedSectionId);
  assert.deepEqual(await listed(server, { sectionId: pinnedSectionId }), [threadId]);
});

test("wherever threads are moved, each section has them in the order of a plain list", () => {
  const ids = Array.from({ length: 5 }, (_, at) => `t${at}`);
  const moves = fc.array(
    fc.record({ who: fc.nat(4), where: fc.constantFrom("x", pinnedSectionId, null), before: fc.nat(4) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(moves, (all) => {
      let file: SectionsFile = withSection(noSections, { id: "x", name: "X", appearance: null });
      const plain = new Map<string, string[]>([
        ["x", []],
        [pinnedSectionId, []],
      ]);
      for (const { who, where, before } of all) {
        const threadId = ids[who] ?? "";
        const beforeThreadId = ids[before] ?? "";
        const list = where === null ? undefined : plain.get(where)?.filter((id) => id !== threadId);
        const at = list?.indexOf(beforeThreadId) ?? -1;
        for (const [key, value] of plain)
          plain.set(
            key,
            value.filter((id) => id !== threadId),
          );
        if (where !== null && list) plain.set(where, list.toSpliced(at === -1 ? list.length : at, 0, threadId));
        const params = { threadId, sectionId: where, ...(at === -1 ? {} : { beforeThreadId }) };
        file = withMovedThread(file, params, 1);
      }
      for (const [key, value] of plain)
        assert.deepEqual(
          threadsIn(file, key).map(({ id }) => id),
          value,
        );
    }),
  );
});

test("a place between two threads is found however often one is put there", () => {
  let file: SectionsFile = noSections;
  const move = (threadId: string, beforeThreadId?: string) => {
    file = withMovedThread(file, { threadId, sectionId: pinnedSectionId, beforeThreadId }, 1);
  };
  const expected = ["a", "b"];
  for (const id of expected) move(id);
  for (let at = 0; at < 300; at++) {
    move(`t${at}`, expected[1]);
    expected.splice(1, 0, `t${at}`);
  }
  assert.deepEqual(
    threadsIn(file, pinnedSectionId).map(({ id }) => id),
    expected,
  );
});

function move(server: TestServer, threadId: string, sectionId: string | null, beforeThreadId?: string) {
  return server.request("thread/section/move", { threadId, sectionId, beforeThreadId });
}

async function listed(server: TestServer, params: Parameters<typeof server.request<"thread/list">>[1]) {
  return (await server.request("thread/list", params)).data.map(({ id }) => id);
}
