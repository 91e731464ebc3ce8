// The list of ten thousand threads.
import { type Bench, type Group, interleave, withAll, withDriver } from "../measure.ts";
import type { Peer } from "../peers.ts";
import { writeThreads } from "../rollouts.ts";

const threadCount = 10_000;

export const threads: Group = {
  rows: [
    { id: "list.25", what: `thread/list, 25 of ${threadCount}`, unit: "ms", bar: 1 },
    { id: "list.100", what: `thread/list, 100 of ${threadCount}`, unit: "ms", bar: 1 },
    { id: "list.first", what: "first thread/list of a process, 25", unit: "ms", bar: 1 },
  ],
  async measure(bench) {
    const homes = new Map<Peer, string>();
    for (const peer of bench.peers) homes.set(peer, await writeThreads(bench, peer, threadCount));
    await withAll(bench, homes, async (drivers) => {
      for (const [peer, driver] of drivers) await requireAll(peer, driver);
      for (const limit of [25, 100]) {
        await interleave(bench, async (peer) => {
          const driver = drivers.get(peer);
          if (driver) bench.results.add(`list.${limit}`, peer, await list(driver, limit));
        });
      }
    });
    await measureFirst(bench, homes);
  },
};

async function measureFirst(bench: Bench, homes: Map<Peer, string>): Promise<void> {
  await interleave(bench, (peer) =>
    withDriver(peer, homes.get(peer), async (driver) => {
      await driver.initialize();
      bench.results.add("list.first", peer, await list(driver, 25));
    }),
  );
}

interface Lister {
  request<T>(method: string, params: object): Promise<{ result: T; tookMs: number }>;
}

async function list(driver: Lister, limit: number): Promise<number> {
  const { result, tookMs } = await driver.request<{ data: unknown[] }>("thread/list", { limit });
  if (result.data.length !== limit) throw new Error(`asked for ${limit} threads, got ${result.data.length}`);
  return tookMs;
}

async function requireAll(peer: Peer, driver: Lister): Promise<void> {
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
