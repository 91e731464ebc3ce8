// Turns in a process that has run one before: the first word, a long answer, many commands.
import type { Driver } from "../driver.ts";
import { type Bench, type Group, interleave, warmHomes, withAll } from "../measure.ts";
import type { Peer } from "../peers.ts";

const longAnswer = 20_000;
const calls = 20;

export const turns: Group = {
  rows: [
    { id: "turn.delta", what: "turn/start to the first delta", unit: "ms", bar: 1 },
    { id: "turn.whole", what: "a turn of three deltas", unit: "ms", bar: 1 },
    { id: "turn.deltas", what: `deltas a second, in a turn of ${longAnswer}`, unit: "1/s", bar: 1 },
    { id: "turn.commands", what: `a turn of ${calls} commands`, unit: "ms", bar: 1 },
    { id: "turn.sandboxed", what: `a turn of ${calls} commands in the sandbox`, unit: "ms", bar: 1 },
  ],
  async measure(bench) {
    const homes = await warmHomes(bench, "turns");
    await withAll(bench, homes, async (drivers) => {
      const at = (peer: Peer) => drivers.get(peer) as Driver;
      await measureFirstWord(bench, at);
      await measureLongAnswer(bench, at);
      await measureCommands(bench, at, { id: "turn.commands", sandbox: "danger-full-access" });
      await measureCommands(bench, at, { id: "turn.sandboxed", sandbox: "workspace-write" });
    });
  },
};

async function measureFirstWord(bench: Bench, at: (peer: Peer) => Driver): Promise<void> {
  const threads = new Map<Peer, string>();
  for (const peer of bench.peers) {
    const { thread } = (await at(peer).startThread()).result;
    threads.set(peer, thread.id);
    await at(peer).turn(thread.id, "deltas 3");
  }
  await interleave(bench, async (peer) => {
    const { sentAt, deltas, endedAt } = await at(peer).turn(threads.get(peer) ?? "", "deltas 3");
    bench.results.add("turn.delta", peer, deltas.firstAt - sentAt);
    bench.results.add("turn.whole", peer, endedAt - sentAt);
  });
}

async function measureLongAnswer(bench: Bench, at: (peer: Peer) => Driver): Promise<void> {
  await interleave(bench, async (peer) => {
    const { thread } = (await at(peer).startThread()).result;
    const { deltas } = await at(peer).turn(thread.id, `deltas ${longAnswer}`);
    if (deltas.count !== longAnswer) {
      bench.results.note("turn.deltas", `${peer.name} sent ${deltas.count} deltas, by which the time is divided`);
    }
    bench.results.add("turn.deltas", peer, (deltas.count / (deltas.lastAt - deltas.firstAt)) * 1000);
  });
}

async function measureCommands(
  bench: Bench,
  at: (peer: Peer) => Driver,
  { id, sandbox }: { id: string; sandbox: string },
): Promise<void> {
  const run = async (peer: Peer, count: number) => {
    const { thread } = (await at(peer).startThread({ sandbox })).result;
    const { sentAt, endedAt, commands } = await at(peer).turn(thread.id, `calls ${count} true`);
    if (commands !== count) throw new Error(`${peer.name} ran ${commands} commands instead of ${count}`);
    return endedAt - sentAt;
  };
  const able: Peer[] = [];
  for (const peer of bench.peers) {
    try {
      await run(peer, 1);
      able.push(peer);
    } catch (error) {
      bench.results.note(id, `not measured: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  await interleave({ ...bench, peers: able }, async (peer) => {
    bench.results.add(id, peer, await run(peer, calls));
  });
}
