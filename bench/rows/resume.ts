// Resuming a thread of ten thousand items in a fresh process, with all of its turns; and what that takes of memory.
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
    for (const peer of bench.peers) long.set(peer, await writeLongThread(bench, peer, itemCount));
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

interface Resumed {
  thread: { turns: { items: unknown[] }[] };
}
