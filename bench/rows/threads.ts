// The list of ten thousand threads, and searches in them.
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Driver } from "../driver.ts";
import { type Bench, type Group, interleave, withAll, withDriver } from "../measure.ts";
import type { Peer } from "../peers.ts";
import { rareWord, writeThreads } from "../rollouts.ts";

const threadCount = 10_000;
const inWorkspace = threadCount / 100;

interface Asked {
  readonly id: string;
  readonly what: string;
  readonly method: "thread/list" | "thread/search";
  params(peer: Peer): object;
  /** How many threads the answer has. */
  readonly count: number;
}

const asked: readonly Asked[] = [
  ...[25, 100].map((limit) => ({
    ...{ id: `list.${limit}`, what: `thread/list, ${limit} of ${threadCount}`, count: limit },
    ...{ method: "thread/list" as const, params: () => ({ limit }) },
  })),
  {
    ...{ id: "list.workspace", what: `thread/list, all ${inWorkspace} of one folder`, count: inWorkspace },
    ...{ method: "thread/list", params: ({ workspace }) => ({ limit: inWorkspace, cwd: workspace }) },
  },
  {
    ...{ id: "list.updated", what: "thread/list, 25 by their last change", count: 25 },
    ...{ method: "thread/list", params: () => ({ limit: 25, sortKey: "updated_at" }) },
  },
  {
    ...{ id: "list.title", what: "thread/list, the one whose title has a word", count: 1 },
    ...{ method: "thread/list", params: () => ({ limit: 25, searchTerm: rareWord }) },
  },
  {
    ...{ id: "search.rare", what: "thread/search, a word of one thread, nearly the oldest", count: 1 },
    ...{ method: "thread/search", params: () => ({ limit: 25, searchTerm: rareWord }) },
  },
  {
    ...{ id: "search.common", what: "thread/search, a word of every thread", count: 25 },
    ...{ method: "thread/search", params: () => ({ limit: 25, searchTerm: "deltas" }) },
  },
];

export const threads: Group = {
  rows: [
    ...asked.map(({ id, what }) => ({ id, what, unit: "ms" as const, bar: 1 })),
    { id: "list.first", what: "first thread/list of a process, 25", unit: "ms", bar: 1 },
    { id: "list.first.updated", what: "the same, by their last change", unit: "ms", bar: 1 },
    { id: "list.cold", what: "the same without an index: every rollout is looked at", unit: "ms", bar: null },
  ],
  async measure(bench) {
    const homes = new Map<Peer, string>();
    for (const peer of bench.peers) homes.set(peer, await writeThreads(bench, peer, threadCount));
    await withAll(bench, homes, async (drivers) => {
      for (const [peer, driver] of drivers) await requireAll(peer, driver);
      for (const question of asked) {
        await interleave(bench, async (peer) => {
          const driver = drivers.get(peer);
          if (driver) bench.results.add(question.id, peer, await ask(driver, peer, question));
        });
      }
    });
    await measureFirst(bench, homes);
    await measureCold(bench, homes);
  },
};

async function measureFirst(bench: Bench, homes: Map<Peer, string>): Promise<void> {
  for (const [id, order] of Object.entries({ "list.first": {}, "list.first.updated": { sortKey: "updated_at" } })) {
    await interleave(bench, (peer) =>
      withDriver(peer, homes.get(peer), async (driver) => {
        await driver.initialize();
        bench.results.add(id, peer, await list(driver, peer, order));
      }),
    );
  }
}

/** Ours alone: the native one has its database made before it answers anything. */
async function measureCold(bench: Bench, homes: Map<Peer, string>): Promise<void> {
  const ours = bench.peers.filter(({ name }) => name === "belay");
  await interleave({ ...bench, peers: ours }, async (peer) => {
    rmSync(join(homes.get(peer) ?? "", "index"), { recursive: true, force: true });
    await withDriver(peer, homes.get(peer), async (driver) => {
      await driver.initialize();
      bench.results.add("list.cold", peer, await list(driver, peer));
    });
  });
}

function list(driver: Driver, peer: Peer, order: object = {}): Promise<number> {
  return ask(driver, peer, { method: "thread/list", params: () => ({ limit: 25, ...order }), count: 25 });
}

async function ask(
  driver: Driver,
  peer: Peer,
  { method, params, count }: Pick<Asked, "method" | "params" | "count">,
): Promise<number> {
  const { result, tookMs } = await driver.request<{ data: unknown[] }>(method, params(peer));
  if (result.data.length !== count) throw new Error(`${method}: ${count} threads are due, ${result.data.length} came`);
  return tookMs;
}

async function requireAll(peer: Peer, driver: Driver): Promise<void> {
  let cursor: string | null = null;
  let seen = 0;
  do {
    const { result }: { result: { data: unknown[]; nextCursor: string | null } } = await driver.request("thread/list", {
      limit: 100,
      cursor,
    });
    seen += result.data.length;
    cursor = result.nextCursor;
  } while (cursor !== null);
  if (seen !== threadCount) throw new Error(`${peer.name} lists ${seen} threads of ${threadCount}`);
}
