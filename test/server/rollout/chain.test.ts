// Histories that several files share: a fork reads what a copy would have been, however it came about, and what is
// missing is said.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import type { Turn } from "../../../server/protocol/turn.ts";
import { type Chain, readChain } from "../../../server/rollout/chain.ts";
import { rolloutPath, sharedPath } from "../../../server/rollout/files.ts";
import type { ReadLine, RolloutEntry, ThreadBase, ThreadMeta } from "../../../server/rollout/line.ts";
import { livingLines, startedTurn } from "../../../server/rollout/living-lines.ts";
import { forkStart } from "../../../server/thread/fork.ts";
import { rebuildRecord } from "../../../server/thread/rebuild.ts";
import { uuidV7 } from "../../../server/util/uuid-v7.ts";
import fc, { propertyRuns } from "../../support/properties.ts";
import { rolloutHome, type RolloutHome } from "../../support/rollouts.ts";

test("whatever was said, reverted and forked, a fork is what a copy would have been", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed(), { minLength: 3, maxLength: 30 }), async (deeds) => {
      using home = rolloutHome();
      const threads = [new Written(home, null, [])];
      for (const { thread, ...what } of deeds) {
        const one = threads[thread % threads.length] ?? assert.fail();
        if (what.kind === "fork") threads.push(await forked(home, one, what.cut));
        else one.add(what);
      }
      for (const { path, copy } of threads) {
        const chain = await readChain(home.path, path);
        assert.deepEqual([chain.missing, chain.unreadable], [[], 0]);
        const [shared, copied] = [rebuildRecord(chain.lines), rebuildRecord(copy)];
        assert.deepEqual({ ...shared, meta: null }, { ...copied, meta: null });
      }
    }),
    propertyRuns(60),
  );
});

test("a fork of a long thread writes a few lines, and none of its source is read by who reads none of it", async () => {
  using home = rolloutHome();
  const long = new Written(home, null, []);
  for (let turn = 0; turn < 200; turn++) long.add({ kind: "turn", lateEnd: false, isOpen: false });
  const fork = await forked(home, long, { kind: "all" });
  assert.ok(readFileSync(fork.path).length < 2_000);
  assert.equal(rebuildRecord((await readChain(home.path, fork.path)).lines)?.turns.length, 200);
});

test("a fork begins in the file of its base wherever that lies: in the archive, or kept after it was deleted", async () => {
  using home = rolloutHome();
  const base = new Written(home, null, []);
  base.add({ kind: "turn", lateEnd: false, isOpen: false });
  const fork = await forked(home, base, { kind: "all" });
  for (const place of [`${home.path}/archived/${base.path.split("/").at(-1)}`, sharedPath(home.path, base.id)]) {
    mkdirSync(dirname(place), { recursive: true });
    renameSync(base.path, place);
    const { missing, lines } = await readChain(home.path, fork.path);
    assert.deepEqual([missing, rebuildRecord(lines)?.turns.length], [[], 1]);
    renameSync(place, base.path);
  }
});

const damages: [string, (home: RolloutHome, base: Written, fork: Written) => void, RegExp][] = [
  ["is gone", (_, base) => rmSync(base.path), /^The beginning of this thread is missing: the thread .* is not there/],
  ["is cut short", (_, base) => truncateSync(base.path, 600), /^A part of this thread is missing: .* is shorter/],
  [
    "names the fork as its own base",
    (_, base, fork) => {
      const [, ...rest] = readFileSync(base.path, "utf8").split("\n");
      const circle = { threadId: fork.id, endOrdinal: 1, endByteOffset: 10_000 };
      writeFileSync(base.path, `${line(0, metaEntry(base.id, circle))}${rest.join("\n")}`);
    },
    /name each other without end|is shorter/,
  ],
  [
    "is another thread's",
    (_, base) => writeFileSync(base.path, line(0, metaEntry(uuidV7(), null)) + " ".repeat(9_000)),
    /is not its own/,
  ],
];
for (const [what, damage, sentence] of damages) {
  test(`a fork whose base ${what} has what is here, and says what is not`, { timeout: 120_000 }, async () => {
    using home = rolloutHome();
    const base = new Written(home, null, []);
    base.add({ kind: "turn", lateEnd: false, isOpen: false });
    const fork = await forked(home, base, { kind: "all" });
    fork.add({ kind: "turn", lateEnd: false, isOpen: false });
    damage(home, base, fork);
    const { missing, lines } = await readChain(home.path, fork.path);
    assert.match(missing.join("\n"), sentence);
    const record = rebuildRecord(lines);
    assert.equal(record?.meta.id, fork.id);
    assert.equal(record.turns.at(-1)?.id, fork.turns.at(-1));
  });
}

test("what is still being written to the base when it is forked is no part of the fork, and stays none", async () => {
  using home = rolloutHome();
  const base = new Written(home, null, []);
  base.add({ kind: "turn", lateEnd: false, isOpen: false });
  appendFileSync(base.path, '{"timestamp":"2026');
  const fork = await forked(home, base, { kind: "all" });
  appendFileSync(base.path, "\n");
  base.add({ kind: "turn", lateEnd: false, isOpen: false });
  const { unreadable, lines } = await readChain(home.path, fork.path);
  assert.deepEqual([unreadable, rebuildRecord(lines)?.turns.length], [0, 1]);
});

type CutAt = { kind: "all" } | { kind: "last" | "before"; turn: number };
type Addition =
  | { kind: "turn"; lateEnd: boolean; isOpen: boolean }
  | { kind: "revert"; turn: number }
  | { kind: "name"; name: string };
type Deed = { thread: number } & (Addition | { kind: "fork"; cut: CutAt });

function deed(): fc.Arbitrary<Deed> {
  const thread = fc.nat(9);
  const turn = fc.nat(9);
  const cut: fc.Arbitrary<CutAt> = fc.oneof(
    fc.constant({ kind: "all" as const }),
    fc.record({ kind: fc.constantFrom("last" as const, "before" as const), turn }),
  );
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ thread, kind: fc.constant("turn" as const), lateEnd: fc.boolean(), isOpen: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ thread, kind: fc.constant("revert" as const), turn }) },
    {
      weight: 1,
      arbitrary: fc.record({ thread, kind: fc.constant("name" as const), name: fc.constantFrom("a", "b") }),
    },
    { weight: 2, arbitrary: fc.record({ thread, kind: fc.constant("fork" as const), cut }) },
  );
}

const time = "2026-01-01T00:00:00.000Z";

function line(ordinal: number, entry: RolloutEntry): string {
  return `${JSON.stringify({ timestamp: time, ordinal, ...entry })}\n`;
}

function metaEntry(id: string, base: ThreadBase | null): RolloutEntry & { payload: ThreadMeta } {
  const payload: ThreadMeta = {
    ...{ id, createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
    ...{ source: "vscode", preview: "hi", forkedFromId: null },
    ...{ base, threadSource: null, baseInstructions: null, developerInstructions: null, dynamicTools: [] },
  };
  return { type: "threadMeta", payload };
}

const settings: RolloutEntry = {
  type: "settings",
  payload: {
    ...{ model: "m", modelProvider: "p", cwd: "/w", approvalPolicy: "never", sandbox: { type: "dangerFullAccess" } },
    ...{ permissionProfile: null, reasoningEffort: null, mode: "fullAccess" },
  },
};

/** A thread on disk, beside all the lines it would have if it shared none. */
class Written {
  readonly id = uuidV7();
  readonly path: string;
  readonly copy: ReadLine[] = [];
  #ordinal = 0;
  /** A command that has not ended yet. */
  #running: RolloutEntry | null = null;

  constructor(home: RolloutHome, base: ThreadBase | null, copied: readonly ReadLine[]) {
    this.path = rolloutPath(home.path, this.id, Date.now());
    mkdirSync(dirname(this.path), { recursive: true });
    this.#write(metaEntry(this.id, base));
    this.copy.push(...copied.filter(({ type }) => type !== "threadMeta"));
    this.#write(settings);
  }

  /** That a revert left. */
  get turns(): string[] {
    return livingLines(structuredClone(this.copy)).flatMap((each) => startedTurn(each) ?? []);
  }

  add(what: Addition): void {
    if (what.kind === "name") this.#write({ type: "metadata", payload: { name: what.name, gitInfo: null } });
    else if (what.kind === "revert") {
      const { turns } = this;
      const beforeTurnId = turns[what.turn % Math.max(turns.length, 1)];
      if (beforeTurnId !== undefined) this.#write({ type: "reverted", payload: { beforeTurnId } });
    } else this.#turn(what);
  }

  #turn({ lateEnd, isOpen }: { lateEnd: boolean; isOpen: boolean }): void {
    const turnId = uuidV7();
    const ids = { threadId: this.id, turnId };
    const turn: Turn = {
      ...{ id: turnId, items: [], itemsView: "notLoaded", status: "inProgress", error: null },
      ...{ startedAt: 100, completedAt: null, durationMs: null },
    };
    const command = (status: "inProgress" | "completed"): RolloutEntry => ({
      type: "notification",
      payload: {
        method: "item/completed",
        params: { ...ids, completedAtMs: 1, contentTokenCount: null, item: commandItem(`c-${turnId}`, status) },
      },
    });
    this.#write({ type: "notification", payload: { method: "turn/started", params: { threadId: this.id, turn } } });
    this.#write({ type: "history", payload: { type: "message", role: "user", text: turnId } });
    this.#write(command("inProgress"));
    if (this.#running !== null) this.#write(this.#running);
    this.#running = lateEnd ? command("completed") : null;
    if (!lateEnd) this.#write(command("completed"));
    if (isOpen) return;
    const ended: Turn = { ...turn, status: "completed", completedAt: 101 };
    this.#write({
      type: "notification",
      payload: { method: "turn/completed", params: { threadId: this.id, turn: ended } },
    });
  }

  #write(entry: RolloutEntry): void {
    const text = line(this.#ordinal++, entry);
    appendFileSync(this.path, text);
    this.copy.push(JSON.parse(text) as ReadLine);
  }
}

function commandItem(id: string, status: "inProgress" | "completed") {
  return {
    ...{ type: "commandExecution" as const, id, command: "true", cwd: "/w", processId: null, source: "agent" as const },
    ...{ status, commandActions: [], aggregatedOutput: null, exitCode: status === "completed" ? 0 : null },
    ...{ durationMs: null, pluginId: null, scriptPath: null },
  };
}

/** As the store does it; the copy is what a fork was before histories were shared. */
async function forked(home: RolloutHome, source: Written, cut: CutAt): Promise<Written> {
  const { turns } = source;
  const turn = cut.kind === "all" ? undefined : turns[cut.turn % Math.max(turns.length, 1)];
  const params = turn === undefined ? {} : cut.kind === "last" ? { lastTurnId: turn } : { beforeTurnId: turn };
  const chain: Chain = await readChain(home.path, source.path);
  const { base } = forkStart(chain, params);
  const living = livingLines(structuredClone(source.copy));
  const start = turn === undefined ? -1 : living.findIndex((each) => startedTurn(each) === turn);
  const behind = living.findIndex((each, at) => at > start && startedTurn(each) !== null);
  const end = turn === undefined ? living.length : cut.kind === "before" ? start : behind;
  return new Written(home, base, living.slice(0, end === -1 ? living.length : end));
}
