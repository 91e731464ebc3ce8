// The memory of a process that waits: initialized, with one thread, a second later.
import { setTimeout as pause } from "node:timers/promises";
import { type Group, interleave, warmHomes, withDriver } from "../measure.ts";
import { addMemory, hasMemory, memoryRows } from "../memory.ts";

// What a peer does on its own behind its answers belongs to its peak.
const settleMs = 1_000;

export const idle: Group = {
  rows: memoryRows("memory.idle", "idle with a new thread", 0.6),
  async measure(bench) {
    if (!hasMemory) return;
    const homes = await warmHomes(bench, "idle");
    await interleave(bench, (peer) =>
      withDriver(peer, homes.get(peer), async (driver) => {
        await driver.initialize();
        await driver.startThread();
        await pause(settleMs);
        addMemory(bench, "memory.idle", peer, driver.pid);
      }),
    );
  },
};
