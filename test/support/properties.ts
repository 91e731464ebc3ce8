// fast-check as every property test uses it: the same seed in each run, so that the same code has the same verdict.
// `BELAY_PROPERTY_SEED=random` looks for what was not found yet; a number begins where a failure says it began;
// `BELAY_PROPERTY_RUNS=500` tries those so often that usually save their disk.
import { env } from "node:process";
// oxlint-disable-next-line no-restricted-imports -- This is the place.
import * as fc from "fast-check";

const { BELAY_PROPERTY_RUNS: runs, BELAY_PROPERTY_SEED: seed = "20260101" } = env;

if (seed !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });

export default fc;

/** For a property that costs a disk: `usual` is how often it is tried in every run of the tests. */
export function propertyRuns(usual: number): { numRuns: number } {
  return { numRuns: Number(runs ?? usual) };
}
