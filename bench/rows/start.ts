// From nothing to the first word: a fresh process, in a home that has been used before.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Group, interleave, warmHomes, withDriver } from "../measure.ts";

export const start: Group = {
  rows: [
    { id: "start.initialize", what: "start to an answered initialize", unit: "ms", bar: 0.6 },
    { id: "start.node", what: "  Node alone, to its first answer", unit: "ms", bar: null },
    { id: "start.thread", what: "first thread/start of a process", unit: "ms", bar: 1 },
    { id: "start.delta", what: "first turn/start to its first delta", unit: "ms", bar: 1 },
    { id: "start.total", what: "start to the first delta", unit: "ms", bar: 1 },
  ],
  async measure(bench) {
    const homes = await warmHomes(bench, "start");
    await interleave(bench, (peer) =>
      withDriver(peer, homes.get(peer), async (driver) => {
        const initialized = await driver.initialize();
        const { tookMs, result } = await driver.startThread();
        const { sentAt, deltas } = await driver.turn(result.thread.id, "deltas 3");
        const delta = deltas.firstAt - sentAt;
        bench.results.add("start.initialize", peer, initialized);
        bench.results.add("start.thread", peer, tookMs);
        bench.results.add("start.delta", peer, delta);
        bench.results.add("start.total", peer, initialized + tookMs + delta);
        if (peer.name === "belay") bench.results.add("start.node", peer, await bareNode());
      }),
    );
  },
};

/** A process that answers a line and loads nothing for it: our floor. */
async function bareNode(): Promise<number> {
  const startedAt = performance.now();
  const echo = 'process.stdin.on("data", (line) => process.stdout.write(line))';
  const child = spawn(process.execPath, ["-e", echo], { stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.write("{}\n");
  await once(child.stdout, "data");
  const tookMs = performance.now() - startedAt;
  child.stdin.end();
  await once(child, "exit");
  return tookMs;
}
