// How much of what a session tells its model the provider has in its cache: thirty requests with commands, over two
// processes, with permissions that change in between.
import type { Driver } from "../driver.ts";
import { type Group, interleave, warmHomes, withDriver } from "../measure.ts";

const turns = 6;
const callsATurn = 4;
/** Each answer of the model is one request. */
const requests = turns * (callsATurn + 1);
const command = "seq -f 'line %g of what a build prints, more or less' 1 120";

export const cache: Group = {
  rows: [
    { id: "cache.share", what: `of the input of ${requests} requests, in the provider's cache`, unit: "%", bar: null },
    { id: "cache.paid", what: `tokens of ${requests} requests that no cache has`, unit: "tokens", bar: 1 },
  ],
  async measure(bench) {
    const homes = await warmHomes(bench, "cache");
    // The same each time, but for ids and times.
    await interleave({ ...bench, runs: Math.min(bench.runs, 3) }, async (peer) => {
      const home = homes.get(peer);
      const threadId = await withDriver(peer, home, async (driver) => {
        await driver.initialize();
        const { thread } = (await driver.startThread()).result;
        for (let turn = 0; turn < turns / 2; turn++) await run(driver, thread.id);
        return thread.id;
      });
      const total = await withDriver(peer, home, async (driver) => {
        await driver.initialize();
        await driver.request("thread/resume", { threadId });
        const sandboxPolicy = { type: "workspaceWrite", writableRoots: [], networkAccess: false };
        await driver.request("thread/settings/update", { threadId, sandboxPolicy, approvalPolicy: "never" });
        await driver.request("thread/settings/update", { threadId, sandboxPolicy: { type: "dangerFullAccess" } });
        for (let turn = turns / 2; turn < turns - 1; turn++) await run(driver, threadId);
        return run(driver, threadId);
      });
      bench.results.add("cache.share", peer, (total.cachedInputTokens / total.inputTokens) * 100);
      bench.results.add("cache.paid", peer, total.inputTokens - total.cachedInputTokens);
    });
  },
};

interface Usage {
  inputTokens: number;
  cachedInputTokens: number;
}

/** What all turns of the thread have used, behind one more. */
async function run(driver: Driver, threadId: string): Promise<Usage> {
  let usage: Usage = { inputTokens: 0, cachedInputTokens: 0 };
  const seen = driver.each("thread/tokenUsage/updated", (params) => {
    usage = (params["tokenUsage"] as { total: Usage }).total;
  });
  await driver.turn(threadId, `cached ${callsATurn} ${command}`);
  seen.stop();
  return usage;
}
