// Resuming a thread of ten thousand items in a fresh process, with all of its turns; and what that takes of memory.
import { statSync } from "node:fs";
import { type Group, interleave, withDriver } from "../measure.ts";
import { addMemory, hasMemory, memoryRows } from "../memory.ts";
import type { Peer } from "../peers.ts";
import { writeLongThread } from "../rollouts.ts";

const itemCount = 10_000;

export const resume: Group = {
  rows: [
    { id: "resume.full", what: `thread/resume of ${itemCount} items`, unit: "ms", bar: 1 },
    ...memoryRows("memory.resume", "after that resume", 1),
  ],
  async measure(bench) {
    const long = new Map<Peer, { home: string; threadId: string }>();
    for (const peer of bench.peers) long.set(peer, await writeLongThread(bench, peer, { items: itemCount, lines: 5 }));
    await interleave({ peers: bench.peers, runs: bench.runs + 1 }, (peer, run) =>
      withDriver(peer, long.get(peer)?.home, async (driver) => {
        await driver.initialize();
        const { threadId = "" } = long.get(peer) ?? {};
        const { result, tookMs } = await driver.request<Resumed>("thread/resume", { threadId });
        const items = result.thread.turns.reduce((sum, turn) => sum + turn.items.length, 0);
        if (items !== itemCount) throw new Error(`${peer.name} resumes ${items} items of ${itemCount}`);
        // The first one may derive what later ones find on the disk.
        if (run === 0) return bench.results.note("resume.full", `${peer.name} ${Math.round(tookMs)} ms the first time`);
        bench.results.add("resume.full", peer, tookMs);
        if (hasMemory) addMemory(bench, "memory.resume", peer, driver.pid);
      }),
    );
  },
};

const largeLines = 190;

/** The same number of items, with so much output that the file of each peer has about 200 MB. */
export const resumeLarge: Group = {
  rows: [
    { id: "resume.large", what: "thread/resume of 200 MB, without turns", unit: "ms", bar: 1 },
    { id: "resume.large.page", what: "  and the last 25 turns of it, with their items", unit: "ms", bar: 1 },
    { id: "resume.large.fork", what: "thread/fork of it, without turns", unit: "ms", bar: 1 },
    ...memoryRows("memory.large", "after the first two", 1),
    { id: "resume.large.all", what: "thread/resume of 200 MB, with all turns", unit: "ms", bar: 1 },
    ...memoryRows("memory.large.all", "after that one", 1),
  ],
  async measure(bench) {
    const large = new Map<Peer, { home: string; threadId: string }>();
    for (const peer of bench.peers) {
      const written = await writeLongThread(bench, peer, { items: itemCount, lines: largeLines });
      large.set(peer, written);
      bench.results.note("resume.large", `${peer.name} ${Math.round(written.bytes / 1e6)} MB`);
    }
    await interleave({ peers: bench.peers, runs: Math.ceil(bench.runs / 4) + 1 }, async (peer, run) => {
      const { home = "", threadId = "" } = large.get(peer) ?? {};
      const isFirst = run === 0;
      await withDriver(peer, home, async (driver) => {
        await driver.initialize();
        const { tookMs } = await driver.request("thread/resume", { threadId, excludeTurns: true });
        const page = { threadId, limit: 25, itemsView: "full" };
        const { result, tookMs: pageMs } = await driver.request<{ data: { items: unknown[] }[] }>(
          "thread/turns/list",
          page,
        );
        const items = result.data.reduce((sum, turn) => sum + turn.items.length, 0);
        if (items !== 250) throw new Error(`${peer.name} lists ${items} items of 250`);
        if (isFirst) return bench.results.note("resume.large", `${peer.name} ${Math.round(tookMs)} ms the first time`);
        bench.results.add("resume.large", peer, tookMs);
        bench.results.add("resume.large.page", peer, pageMs);
        if (hasMemory) addMemory(bench, "memory.large", peer, driver.pid);
        const fork = await driver.request<{ thread: { path: string } }>("thread/fork", {
          threadId,
          excludeTurns: true,
        });
        bench.results.add("resume.large.fork", peer, fork.tookMs);
        const kilobytes = Math.round(statSync(fork.result.thread.path).size / 1e3);
        bench.results.note("resume.large.fork", `a fork of ${peer.name} has ${kilobytes} kB`);
      });
      if (isFirst) return;
      await withDriver(peer, home, async (driver) => {
        await driver.initialize();
        const { result, tookMs } = await driver.request<Resumed>("thread/resume", { threadId });
        const items = result.thread.turns.reduce((sum, turn) => sum + turn.items.length, 0);
        if (items !== itemCount) throw new Error(`${peer.name} resumes ${items} items of ${itemCount}`);
        bench.results.add("resume.large.all", peer, tookMs);
        if (hasMemory) addMemory(bench, "memory.large.all", peer, driver.pid);
      });
    });
  },
};

interface Resumed {
  thread: { turns: { items: unknown[] }[] };
}
