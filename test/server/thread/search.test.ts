// Looking for a text in all threads: what people saw is found however it is written down, with ripgrep and without.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { arch } from "node:os";
import { test } from "node:test";
import { findRipgrep, type Ripgrep } from "../../../server/files/ripgrep.ts";
import type { ThreadSearchParams } from "../../../server/protocol/thread-store.ts";
import { removeRollout } from "../../../server/rollout/shared.ts";
import { searchThreads } from "../../../server/thread/search.ts";
import { ThreadSections } from "../../../server/thread/thread-sections.ts";
import fc from "../../support/properties.ts";
import { rolloutHome, type RolloutHome, rolloutLine } from "../../support/rollouts.ts";
import { vscodeHere } from "../exec/programs.ts";

const places = { platform: process.platform, arch: arch(), path: process.env["PATH"] ?? "", editorRoot: vscodeHere() };
const ripgrep = findRipgrep(places, []);
const withoutRipgrep = ripgrep === null && "there is no ripgrep here: neither VS Code's nor on the PATH";
const engines: [string, Ripgrep | null][] = [["without ripgrep", null]];
if (ripgrep !== null) engines.push(["with ripgrep", ripgrep]);

const longAgo = 1_700_000_000;
const unhurried = new AbortController().signal;

/** More than are looked through before ripgrep is asked, and younger than all else. */
function crowd(home: RolloutHome, count = 60): void {
  for (let at = 0; at < count; at++)
    home.write(longAgo + 1000 + at, { lines: turn(`c${at}`, [said("nothing of interest")]) });
}

for (const [how, engine] of engines) {
  test(`what was said is found whatever is special in it, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const texts = [
      'say "hi"',
      "two\nlines",
      "C:\\new\\table",
      "a.b(c)*[d]",
      "naïve Ölçüm",
      "日本語 😀",
      "\u001b[31mred",
      "-e --pre",
    ];
    const ids = texts.map((text, at) => home.write(longAgo + at, { lines: turn(`t${at}`, [said(`> ${text} <`)]) }).id);
    for (const [at, text] of texts.entries()) {
      assert.deepEqual(await found(home, engine, text), [ids[at]], text);
      assert.deepEqual(await found(home, engine, text.toUpperCase()), [ids[at]], text);
    }
  });

  test(`a line that another program wrote is found however it escapes, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const line = turn("t", [said("caf\u00e9 and/or 😀 tab\there")])
      .replaceAll("é", String.raw`\u00E9`)
      .replaceAll("/or", String.raw`\/or`)
      .replaceAll("😀", String.raw`\ud83d\uDE00`)
      .replaceAll(String.raw`\t`, String.raw`\u0009`);
    const { id } = home.write(longAgo + 1, { lines: line });
    for (const text of ["CAFÉ and", "and/or", "😀", "tab\there"]) {
      assert.deepEqual(await found(home, engine, text), [id], text);
    }
  });

  test(`what stands only in the file is not found: its JSON, outputs, what the model was told, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const command = { ...ran("make all"), aggregatedOutput: "output of it" };
    const told = rolloutLine("history", { type: "message", role: "user", text: "secret words" });
    const { id } = home.write(longAgo, { lines: told + turn("t", [command]) });
    for (const text of ["commandExecution", '"type"', "ordinal", "output of it", "secret words", '":"']) {
      assert.deepEqual(await found(home, engine, text), [], text);
    }
    assert.deepEqual(await found(home, engine, "MAKE ALL"), [id]);
  });

  test(`what was reverted is not found any more, and what came behind it is, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const reverted = rolloutLine("reverted", { beforeTurnId: "two" });
    const lines =
      turn("one", [said("first")]) + turn("two", [said("second")]) + reverted + turn("three", [said("third")]);
    const { id } = home.write(longAgo, { lines });
    const results = ["first", "second", "third"].map((text) => found(home, engine, text));
    assert.deepEqual(await Promise.all(results), [[id], [], [id]]);
  });

  test(`a fork is found by what it shows of the thread that it comes from, also when that is deleted, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const lines = turn("one", [said("early")]) + turn("two", [said("late")]);
    const base = home.write(longAgo, { lines });
    const endByteOffset = readFileSync(base.path, "utf8").indexOf(turn("two", []).trimEnd());
    const begins = { base: { threadId: base.id, endOrdinal: 9, endByteOffset } };
    const fork = home.write(longAgo + 1, { ...begins, lines: turn("three", [said("own")]) });
    const forkOfFork = home.write(longAgo + 2, {
      base: { threadId: fork.id, endOrdinal: 9, endByteOffset: readFileSync(fork.path).length },
    });
    const all = () => Promise.all(["early", "late", "own"].map((text) => found(home, engine, text)));
    const forks = [forkOfFork.id, fork.id];
    assert.deepEqual(await all(), [[...forks, base.id], [base.id], forks]);
    await removeRollout(home.path, { threadId: base.id, path: base.path }, async () => new Set([base.id]));
    assert.deepEqual(await all(), [forks, [], forks]);
  });

  test(`a prompt whose turn has not begun yet is found, and not in a fork that was made before it, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const shared = turn("one", [said("early")]) + prompt("two", "waits");
    const base = home.write(longAgo, { lines: shared + turn("two", []) });
    const endByteOffset = readFileSync(base.path, "utf8").indexOf(turn("two", []).trimEnd());
    const fork = home.write(longAgo + 1, { base: { threadId: base.id, endOrdinal: 9, endByteOffset } });
    const cut = home.write(longAgo + 2, {
      lines: `${shared}${turn("two", [])}${rolloutLine("reverted", { beforeTurnId: "two" })}`,
    });
    const results = ["early", "waits"].map((text) => found(home, engine, text));
    assert.deepEqual(await Promise.all(results), [[cut.id, fork.id, base.id], [base.id]]);
  });

  test(`a torn line, garbage and a file that goes are no reason to find less, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const [whole, gone] = [home.write(longAgo + 1, { lines: turn("t", [said("needle")]) }), home.write(longAgo + 2)];
    appendFileSync(whole.path, '\0\xff garbage\n{"type":"notification","payl');
    const index = newIndex(home);
    await index.refresh();
    rmSync(gone.path);
    writeFileSync(home.write(longAgo + 3).path, Buffer.from([0xff, 0xfe, 0, 10, 0]));
    assert.deepEqual(await found(home, engine, "needle"), [whole.id]);
  });

  test(`every hit is on one page, in order and both ways, ${how}`, async () => {
    await using home = rolloutHome();
    crowd(home);
    const ids = Array.from(
      { length: 7 },
      (_, at) => home.write(longAgo + at, { lines: turn("t", [said("needle")]) }).id,
    );
    for (const sortDirection of ["asc", "desc"] as const) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof search>> = await search(home, engine, {
          ...{ searchTerm: "needle", sortDirection, cursor, limit: 3 },
        });
        seen.push(...page.data.map(({ entry }) => entry.id));
        cursor = page.nextCursor;
      } while (cursor !== null);
      assert.deepEqual(seen, sortDirection === "asc" ? ids : ids.toReversed());
    }
  });
}

const anyChar = fc.constantFrom(
  ..."aAbkKK\u212AsSſσςΣİiıß",
  '"',
  "\\",
  "/",
  "\n",
  "\u0001",
  "\ud83d",
  "\ude00",
  "é",
  "É",
  "�",
);
const anyText = fc.array(anyChar, { maxLength: 8 }).map((chars) => chars.join(""));

test("ripgrep and our own look find the same threads", { skip: withoutRipgrep }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyText, { minLength: 9, maxLength: 9 }), anyText, async (texts, searchTerm) => {
      fc.pre(searchTerm !== "");
      await using home = rolloutHome();
      crowd(home, 41);
      for (const [at, text] of texts.entries()) home.write(longAgo + at, { lines: turn(`t${at}`, [said(text)]) });
      const [one, other] = [await found(home, ripgrep, searchTerm), await found(home, null, searchTerm)];
      assert.deepEqual(one, other);
    }),
    { numRuns: 40 },
  );
});

test("a search that takes too long gives what it has, and the next page goes on behind it", async () => {
  await using home = rolloutHome();
  const ids = Array.from({ length: 5 }, (_, at) => home.write(longAgo + at, { lines: turn("t", [said("needle")]) }).id);
  const seen: string[] = [];
  let [cursor, pages]: [string | null, number] = [null, 0];
  do {
    const page: Awaited<ReturnType<typeof search>> = await search(home, null, { searchTerm: "needle", cursor }, 0);
    seen.push(...page.data.map(({ entry }) => entry.id));
    cursor = page.nextCursor;
    assert.ok(++pages < 20, "it comes to an end");
  } while (cursor !== null);
  assert.ok(seen.every((id) => ids.includes(id)));
});

function turn(turnId: string, items: object[]): string {
  const told = (method: string, params: object) =>
    rolloutLine("notification", { method, params: { threadId: "t", ...params } });
  const at = { id: turnId, items: [], itemsView: "notLoaded", status: "inProgress", error: null };
  const started = { turn: { ...at, startedAt: 1, completedAt: null, durationMs: null } };
  const completed = items.map((item) => told("item/completed", { item, turnId, completedAtMs: 1 }));
  return told("turn/started", started) + completed.join("");
}

let nextItem = 0;
const said = (text: string) => ({
  type: "agentMessage",
  id: `i${nextItem++}`,
  text,
  phase: null,
  memoryCitation: null,
});
const prompt = (turnId: string, text: string) =>
  rolloutLine("said", {
    ...{ turnId, itemId: `i${nextItem++}`, clientId: null, input: [{ type: "text", text }] },
    told: { type: "message", role: "user", text },
  });
const ran = (command: string) => ({
  ...{ type: "commandExecution", id: `i${nextItem++}`, command, cwd: "/w", processId: null, source: "agent" },
  ...{ status: "completed", commandActions: [], aggregatedOutput: null, exitCode: 0, durationMs: 1 },
});

const newIndex = (home: RolloutHome) => home.newIndex(() => {});

function search(home: RolloutHome, engine: Ripgrep | null, params: ThreadSearchParams, maxMs = 60_000) {
  const files = { lock: () => Promise.reject(new Error("nothing is written")), replace: () => Promise.reject() };
  const sections = new ThreadSections(home.path, files, () => {});
  const deps = { index: newIndex(home), sections, home: home.path, ripgrep: engine, maxMs };
  return searchThreads(deps, params, unhurried);
}

async function found(home: RolloutHome, engine: Ripgrep | null, searchTerm: string): Promise<string[]> {
  return (await search(home, engine, { searchTerm, limit: 100 })).data.map(({ entry }) => entry.id);
}
