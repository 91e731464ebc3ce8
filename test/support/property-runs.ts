// How often a property that costs a disk is tried. `BELAY_PROPERTY_RUNS=500` tries each so often; `BELAY_PROPERTY_SEED=7`
// begins where a failure says it began.
import { env } from "node:process";

/** `usual`: in every run of the tests. */
export function propertyRuns(usual: number): { numRuns: number; seed?: number } {
  const { BELAY_PROPERTY_RUNS: runs, BELAY_PROPERTY_SEED: seed } = env;
  return { numRuns: Number(runs ?? usual), ...(seed === undefined ? {} : { seed: Number(seed) }) };
}
