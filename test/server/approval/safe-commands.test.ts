// What runs unasked under `untrusted`: a table of lines that only look, and one of lines that try to look like them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeCommand } from "../../../server/approval/judge.ts";
import { attacks, harmless } from "./attacks.ts";
import fc from "../../support/properties.ts";

const judge = (line: string, rules = []) => judgeCommand(line, { rules, workspace: "/w", cwd: "/w" });

test("commands that only look run unasked", async () => {
  const asking: [string, string][] = [];
  for (const line of harmless) {
    const judgement = await judge(line);
    if (judgement.kind !== "safe") asking.push([line, "because" in judgement ? judgement.because : judgement.kind]);
  }
  assert.deepEqual(asking, []);
});

for (const kind of new Set(attacks.map(([, kind]) => kind))) {
  const lines = attacks.filter(([, of]) => of === kind).map(([line]) => line);
  test(`none of ${lines.length} lines of the class ${kind} runs unasked`, async () => {
    const running: string[] = [];
    for (const line of lines) if ((await judge(line)).kind === "safe") running.push(line);
    assert.deepEqual(running, []);
  });
}

test("a harmless line with an attack behind it, before it or in a pipe with it asks", async () => {
  const lines = attacks.map(([line]) => line);
  const glue = fc.constantFrom(" && ", " || ", "; ", " | ", ";", "|");
  const glued = fc.tuple(fc.constantFrom(...harmless), glue, fc.constantFrom(...lines), fc.boolean());
  await fc.assert(
    fc.asyncProperty(glued, async ([plain, between, attack, isFirst]) => {
      // What leads out of the workspace leads nowhere from deeper inside.
      fc.pre(!plain.startsWith("cd"));
      const line = isFirst ? attack + between + plain : plain + between + attack;
      assert.notEqual((await judge(line)).kind, "safe", line);
    }),
    { numRuns: 3000 },
  );
});

test("a line of fifty harmless commands does not hide the one behind them", async () => {
  assert.equal((await judge("true; ".repeat(200))).kind, "safe");
  assert.equal((await judge(`${"true; ".repeat(200)}rm x`)).kind, "unknown");
});

test("a question says in words what makes it ask", async () => {
  const cases: Record<string, string> = {
    "sort -o x y": "sort -o is not known to only look",
    "npm test": "npm is not on the list of commands that only look",
    "uniq a b": "it writes to the second file that uniq is given",
    "rg foo *": "names of files could turn into options of rg",
    "cat .env": ".env may hold credentials or what other programs know",
    "cat .e*": ".e* can stand for files that may hold credentials",
    "'ls'": "the name of the command is not written plainly",
    "find / -name x": "find would search /, outside the workspace",
    "sed -n 1w f": "sed does more here than print lines by number",
    "printf %n x": "printf has a format that does more than print",
    "cd /etc && ls": "cd leaves the workspace for /etc",
  };
  const found: [string, string][] = [];
  for (const line of Object.keys(cases)) {
    const judgement = await judge(line);
    found.push([line, judgement.kind === "unknown" ? judgement.because : judgement.kind]);
  }
  assert.deepEqual(Object.fromEntries(found), cases);
});
