// Really runs what is judged safe among thousands of mixed lines, where anything but looking would be seen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeCommand } from "../../../server/approval/judge.ts";
import { attacks, harmless } from "./attacks.ts";
import { anyLine, nearLine } from "./lines.ts";
import { skip, Tripwires } from "./tripwires.ts";
import fc from "../../support/properties.ts";

const WANTED = Number(process.env["BELAY_FUZZ_RUNS"] ?? 400);
const ripgrep = process.env["BELAY_FUZZ_RG"] ?? null;
/** They run until they are stopped. */
const isEndless = (line: string) =>
  /\/dev\/(?:zero|u?random|full)|seq|tail.* -[a-zA-Z]*[fF]|--follow|--retry/.test(line);
/** `which` is a shell script in places, and the shell is a tripwire. */
const canRun = (line: string) =>
  !isEndless(line) && !/\bwhich\b/.test(line) && (ripgrep !== null || !/\brg\b/.test(line));

test("the tripwires see what is executed, written and shown", { skip }, () => {
  using tripwires = new Tripwires();
  const seen = tripwires.run([
    "ls",
    "find . -name README.md -exec ./x.sh {} +",
    "sort -o c data.csv",
    "cat /proc/self/environ",
    "cat /root/.ssh/id_rsa",
    "git status",
    "touch /tmp/x",
    "cat README.md",
  ]);
  assert.deepEqual(
    seen.map((line) => line.replace(/^".*" /, "")),
    [
      "ran something that is not on the list",
      "wrote something",
      "showed a secret",
      "showed a secret",
      "ran something that is not on the list",
      "ran something that is not on the list",
    ],
  );
});

test("what is judged safe writes nothing, runs nothing else and shows no secret", { skip }, async (t) => {
  using tripwires = new Tripwires(ripgrep);
  const safe = new Set(harmless.filter(canRun));
  const lines = fc.sample(fc.oneof({ weight: 6, arbitrary: nearLine }, { weight: 1, arbitrary: anyLine }), WANTED * 12);
  for (const line of [...lines, ...attacks.map(([line]) => line)]) {
    if (safe.size >= WANTED) break;
    const judgement = await judgeCommand(line, { rules: [], workspace: "/w", cwd: "/w" });
    if (judgement.kind === "safe" && canRun(line)) safe.add(line);
  }
  const problems: string[] = [];
  const open = [...safe];
  while (open.length > 0) problems.push(...tripwires.run(open.splice(0, 100)));
  t.diagnostic(`${safe.size} lines were run`);
  assert.deepEqual(problems, []);
  assert.ok(safe.size >= WANTED / 4, `only ${safe.size} lines were run`);
});
