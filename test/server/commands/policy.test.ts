// `belay policy check`, as it is called: one line, or many on stdin.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const main = new URL("../../../server/main.ts", import.meta.url).pathname;
let home = "";
before(() => {
  home = mkdtempSync(join(tmpdir(), "belay-policy-"));
  mkdirSync(join(home, "rules"));
  writeRules('prefix_rule(pattern=["npm", "test"])\nprefix_rule(pattern=["rm"], decision="forbidden")\n');
});
after(() => rmSync(home, { recursive: true }));

function writeRules(text: string): void {
  writeFileSync(join(home, "rules", "default.rules"), text);
}

function belay(args: readonly string[], input = "") {
  const env = { ...process.env, BELAY_HOME: home };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "policy", ...args], {
    env,
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("says in a line whether a command would run, ask or be forbidden, and by which rule", () => {
  const said = (...args: string[]) => {
    const { status, stdout } = belay(["check", ...args]);
    return [status, stdout];
  };
  assert.deepEqual(said("--", "ls -la"), [0, "run: it only looks\nrule: safe-commands\n"]);
  assert.deepEqual(said("--", "npm test"), [0, "run: rules allow it\nrule: default.rules:1\n"]);
  assert.deepEqual(said("--", "npm ci"), [10, "ask: npm is not on the list of commands that only look\n"]);
  const forbidden = "forbid: rejected: a rule in default.rules:2 forbids rm\nrule: default.rules:2\n";
  assert.deepEqual(said("--", "ls; sudo rm x"), [11, forbidden]);
  const boundary = "run: the sandbox is all that this policy asks for\n";
  assert.deepEqual(said("--approval", "on-request", "--", "npm ci"), [0, boundary]);
  assert.deepEqual(said("--approval", "never", "--mode", "danger-full-access", "--", "rm x"), [11, forbidden]);
});

test("answers in JSON, and paths are seen from --cwd", () => {
  const { stdout } = belay(["check", "--json", "--cwd", "/proc", "--", "cat version"]);
  assert.deepEqual(JSON.parse(stdout), {
    ...{ command: "cat version", verdict: "ask", rule: null, reason: "it runs in a folder of credentials" },
  });
});

test("answers each line of stdin in its place, also lines that are no question", () => {
  const input = `{"command":"ls"}\n\n{"command":"rm x"}\nnonsense\n{"cmd":"ls"}\n{"command":7}\n{"command":"l\\u0000s"}\n{"command":"pwd"}`;
  const { status, stdout } = belay(["check", "--stdin"], input);
  assert.equal(status, 0);
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { verdict: string }).verdict),
    ["run", "forbid", "ask", "ask", "ask", "ask", "run"],
  );
});

test("rules that cannot be read make everything ask, and say where", () => {
  writeRules('prefix_rule(pattern=["npm", "test"])\noops\n');
  const { status, stdout } = belay(["check", "--", "ls"]);
  assert.deepEqual(
    [status, stdout],
    [10, "ask: the rules cannot all be read (default.rules:2: ( is missing behind oops.)\n"],
  );
});

test("a mistake in the call is named, and the exit code is 2", () => {
  const wrong: [string[], RegExp][] = [
    [[], /say `check`/],
    [["chekc"], /there is no "chekc"/],
    [["check"], /give one line/],
    [["check", "--", "a", "b"], /give one line/],
    [["check", "--stdin", "--", "a"], /not both/],
    [["check", "--approval", "maybe", "--", "a"], /--approval must be/],
    [["check", "--mode", "safe", "--", "a"], /--mode must be/],
    [["check", "--colour", "--", "a"], /colour/],
  ];
  for (const [args, message] of wrong) {
    const { status, stdout, stderr } = belay(args);
    assert.deepEqual([status, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
  }
});
