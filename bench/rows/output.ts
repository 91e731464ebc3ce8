// What 100 MB of a command's output take of time and memory, in lines and as one line.
import { type Group, interleave, warmHomes, withDriver } from "../measure.ts";
import { addGrowth, addMemory, growthRow, hasMemory, memoryOf, memoryRows } from "../memory.ts";

const bytes = 100 * 1024 * 1024;
const growthLimitMb = 100;
const commands = {
  lines: `yes "a line of output as a compiler would print it, of about eighty characters in" | head -c ${bytes}`,
  line: `head -c ${bytes} /dev/zero | tr "\\0" x`,
};

export const output: Group = {
  rows: [
    { id: "output.lines", what: "a turn with 100 MB of output in lines", unit: "ms", bar: 1 },
    { id: "output.line", what: "a turn with 100 MB of output in one line", unit: "ms", bar: 1 },
    ...memoryRows("memory.lines", "with 100 MB of output in lines", 1),
    growthRow("memory.lines", "with 100 MB of output in lines", growthLimitMb),
    ...memoryRows("memory.line", "with 100 MB of output in one line", 1),
    growthRow("memory.line", "with 100 MB of output in one line", growthLimitMb),
  ],
  async measure(bench) {
    const homes = await warmHomes(bench, "output");
    for (const [name, command] of Object.entries(commands)) {
      await interleave(bench, (peer) =>
        withDriver(peer, homes.get(peer), async (driver) => {
          await driver.initialize();
          const { thread } = (await driver.startThread()).result;
          // What a first turn loads is another row's.
          await driver.turn(thread.id, "calls 1 true");
          const before = hasMemory ? memoryOf(driver.pid) : 0;
          const { sentAt, endedAt } = await driver.turn(thread.id, `calls 1 ${command}`);
          bench.results.add(`output.${name}`, peer, endedAt - sentAt);
          if (!hasMemory) return;
          addMemory(bench, `memory.${name}`, peer, driver.pid);
          addGrowth(bench, `memory.${name}`, peer, { pid: driver.pid, before });
        }),
      );
    }
  },
};
