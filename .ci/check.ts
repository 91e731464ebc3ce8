// `npm run check`: format, lint, types, dead code and tidy tests, side by side; prints what failed and how to mend it.
import { spawn } from "node:child_process";
import { join } from "node:path";

const bin = (name: string) => join("node_modules", ".bin", name);

const steps: { name: string; argv: string[]; cure: string }[] = [
  {
    name: "format",
    argv: [bin("biome"), "format", "--config-path=.ci/format.json", "."],
    cure: "npm run format",
  },
  {
    name: "lint",
    argv: [bin("oxlint"), "-c", ".ci/oxlintrc.json", "--type-aware", "--format=unix"],
    cure: "correct the lines above",
  },
  { name: "types", argv: [bin("tsc"), "-b"], cure: "correct the lines above" },
  { name: "dead code", argv: [bin("knip"), "--config", ".ci/knip.json"], cure: "delete what nothing uses" },
  {
    name: "tidy tests",
    argv: [process.execPath, "--test", "--test-reporter=dot", "test/architecture.test.ts", "test/manifest.test.ts"],
    cure: "the failing test says what",
  },
];

interface Outcome {
  ok: boolean;
  output: string;
  seconds: number;
}

function run(argv: readonly string[]): Promise<Outcome> {
  const started = performance.now();
  const [file = "", ...args] = argv;
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes: Buffer) => (output += bytes.toString()));
    const done = (ok: boolean) => resolve({ ok, output, seconds: (performance.now() - started) / 1000 });
    child.once("error", (error) => ((output += error.message), done(false)));
    child.once("close", (code) => done(code === 0));
  });
}

const started = performance.now();
const outcomes = await Promise.all(steps.map(async (step) => ({ step, outcome: await run(step.argv) })));
for (const { step, outcome } of outcomes) {
  const { ok, output, seconds } = outcome;
  if (!ok) process.stdout.write(`\n${output.trim()}\n`);
  const cure = ok ? "" : ` - ${step.cure}`;
  process.stdout.write(`${ok ? "ok    " : "FAILED"} ${step.name} (${seconds.toFixed(1)} s)${cure}\n`);
}
process.stdout.write(`check took ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
process.exitCode = outcomes.every(({ outcome }) => outcome.ok) ? 0 : 1;
