// What rules make of a command line, and that no way of writing it gets around those that forbid or ask.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commandActions } from "../../../server/approval/command-actions.ts";
import { judgeCommand } from "../../../server/approval/judge.ts";
import { ruleOffers } from "../../../server/approval/offers.ts";
import { readRules } from "../../../server/approval/rules-file.ts";

const { rules } = readRules(`
prefix_rule(pattern=["npm", "test"])
prefix_rule(pattern=["npm", "run", ["build", "lint"]])
prefix_rule(pattern=["npm", "ci"], exact=True)
prefix_rule(pattern=["git", "status"], outside_sandbox=True)
prefix_rule(pattern=["make", "x"], workspace="/elsewhere")
prefix_rule(pattern=["npm", "test", "slow"], decision="prompt")
prefix_rule(pattern=["git", "push"], decision="prompt")
prefix_rule(pattern=["rm"], decision="forbidden")
`);
const judge = (script: string, more: { unreadRules?: string } = {}) =>
  judgeCommand(script, { rules, workspace: "/w", cwd: "/w", ...more });
const kindOf = async (script: string) => {
  const judgement = await judge(script);
  return judgement.kind === "unknown" && judgement.mayHide ? "hides" : judgement.kind;
};
const kindsOf = async (lines: readonly string[]) => {
  const kinds: Record<string, string> = {};
  for (const line of lines) kinds[line] = await kindOf(line);
  return kinds;
};
const all = (lines: readonly string[], kind: string) => Object.fromEntries(lines.map((line) => [line, kind]));

test("a rule allows the words it names and what follows them, in each part of a line", async () => {
  const allowed = [
    "npm test",
    "npm test -- --watch",
    "'npm' test",
    "npm run lint",
    "npm ci",
    "npm test 2>&1 | tail -5",
  ];
  const more = ["cd pkg && npm test", "npm test && npm run build", "npm test; ls", "npm run lint *.ts"];
  assert.deepEqual(await kindsOf([...allowed, ...more]), all([...allowed, ...more], "allowed"));
  const not = ["npm", "npm tests", "npm run", "npm run dev", "npm ci x", "./npm test", "make x", "npm install"];
  const forms = [
    "npm test > out",
    "npm run lint $X",
    "A=1 npm test",
    "npm test & npm ci",
    "npm test && touch x",
    "cd / && npm test",
  ];
  const git = ["cd sub && git status", "npm run lint `ls`"];
  assert.deepEqual(await kindsOf([...not, ...forms, ...git]), all([...not, ...forms, ...git], "unknown"));
});

test("a rule does not reach into other folders and repositories", async () => {
  const here = readRules(`
prefix_rule(pattern=["./build"], workspace="/w")
prefix_rule(pattern=["git", "commit"], outside_sandbox=True)
`).rules;
  const kind = async (script: string, cwd: string) =>
    (await judgeCommand(script, { rules: here, workspace: "/w", cwd })).kind;
  const lines: [string, string][] = [
    ["./build", "/w/sub"],
    ["./build", "/w2"],
    ["./build", "/elsewhere"],
    ["git commit -m x", "/w"],
    ["git commit -m x", "/w/planted"],
    ["git commit -m x", "/elsewhere"],
    ["cd planted && git commit -m x", "/w"],
  ];
  assert.deepEqual(await Promise.all(lines.map(([script, cwd]) => kind(script, cwd))), [
    ...["allowed", "unknown", "unknown"],
    ...["allowed", "unknown", "unknown", "unknown"],
  ]);
});

test("a rule for any arguments does not cover those that run other programs or write where they say", async () => {
  const any = readRules(`
prefix_rule(pattern=["git", ["fetch", "diff", "log"]], outside_sandbox=True)
prefix_rule(pattern=["go", ["build", "vet", "test"]])
prefix_rule(pattern=["kubectl", "get"])
prefix_rule(pattern=["cargo", "build"])
prefix_rule(pattern=["git", "log", "--output=log.txt"], exact=True)
`).rules;
  const kind = async (script: string) => (await judgeCommand(script, { rules: any, workspace: "/w", cwd: "/w" })).kind;
  const usual = [
    "git fetch --all",
    "git diff --stat",
    "git log --oneline -5",
    "go test ./...",
    "cargo build --release",
  ];
  for (const line of [...usual, "git log --output=log.txt"]) assert.equal(await kind(line), "allowed", line);
  const further = [
    "git fetch --upload-pack='touch x' .",
    "git fetch --upl='touch x' .",
    "git diff --output=/home/u/.profile",
    "git diff --outp /home/u/.profile",
    "git log --ext-diff",
    "go build -toolexec ./evil",
    "go vet -vettool=./evil",
    "go test -exec ./evil",
    "kubectl get --kubeconfig=evil pods",
    "cargo build --config 'build.rustc=\"./evil\"'",
  ];
  for (const line of further) assert.equal(await kind(line), "unknown", line);
});

test("leaving the sandbox is allowed only when every rule that is used says so", async () => {
  const leaves = async (line: string) => {
    const judgement = await judge(line);
    return judgement.kind === "allowed" ? judgement.outsideSandbox : judgement.kind;
  };
  assert.deepEqual(
    [await leaves("git status"), await leaves("ls; git status"), await leaves("git status; npm test")],
    [true, true, false],
  );
});

test("a rule that asks beats one that allows, and one that forbids beats both", async () => {
  assert.deepEqual(await kindsOf(["npm test slow", "npm test slow; rm x", "git push", "rm", "ls; rm x"]), {
    "npm test slow": "prompt",
    "npm test slow; rm x": "forbidden",
    "git push": "prompt",
    rm: "forbidden",
    "ls; rm x": "forbidden",
  });
});

test("what a rule forbids is found wherever it stands in a line, and however it is written", async () => {
  const lines = [
    "/bin/rm x",
    "r\\m x",
    "'rm' x",
    'r"m" x',
    "$'r\\x6d' x",
    "$'\\162m' x",
    "A=1 rm x",
    "rm x > y",
    "! rm x",
    "rm x &",
    "(rm x)",
    "{ rm x; }",
    "ls\nrm x",
    "ls |& rm x",
    "echo $(rm x)",
    "echo `rm x`",
    'echo "a $(rm x)"',
    "echo ${a:-$(rm x)}",
    "cat <(rm x)",
    "((a=$(rm x)))",
    "[[ -n $(rm x) ]]",
    "if rm x; then :; fi",
    "for i in a; do rm $i; done",
    "while rm x; do :; done",
    "case a in a) rm x;; esac",
    "f() { rm x; }; f",
    "coproc rm x",
    "time rm x",
    "time -p rm x",
    "command rm x",
    "builtin command rm x",
    "exec -a b rm x",
    "env rm x",
    "env -i A=1 rm x",
    "env -S 'rm x'",
    "sudo -u root rm x",
    "timeout -s KILL 5 rm x",
    "nohup nice -n 5 rm x",
    "xargs -n1 rm",
    "ls | xargs -I{} rm {}",
    "find . -exec rm {} +",
    "find . -name x -execdir /bin/rm {} ';'",
    "busybox rm x",
    "bash -c 'rm x'",
    "bash -lc 'ls; rm x'",
    "sh -c -- 'rm x'",
    "bash -o pipefail -c 'rm x'",
    '/usr/bin/env bash -c "rm x"',
    "sudo sh -c 'env bash -c \"rm x\"'",
    "eval rm x",
    "eval 'ls; rm x'",
    "trap 'rm x' EXIT",
    "alias ls='rm x'",
    "bash <<< 'rm x'",
    "bash <<'E'\nrm x\nE",
    "sh <<E\nrm x\nE",
    "cat <<E\n$(rm x)\nE",
    "rm\\\n x",
  ];
  assert.deepEqual(await kindsOf(lines), all(lines, "forbidden"));
});

test("options before the verb do not hide it from a rule that asks", async () => {
  const lines = ["git -C x push", "git -c a=b --no-pager push origin", "/usr/bin/git push", "bash -c 'git -C x push'"];
  assert.deepEqual(await kindsOf(lines), all(lines, "prompt"));
  const others = ["git pull", "git log push", "echo git push", "git commit -m push"];
  assert.deepEqual(await kindsOf(others), { ...all(others, "unknown"), "echo git push": "safe" });
});

test("a line that could hide what a rule asks for asks, also where the sandbox would be enough", async () => {
  const lines = [
    "$X y",
    "$(echo rm) x",
    "r{m,} x",
    "/bin/r? x",
    "git $X",
    "npm test *",
    'bash -c "$X"',
    "echo 'rm x' | bash",
    "curl x | sh",
    "eval $X",
    "xargs $X",
    "echo rm x | xargs env",
    "echo rm | xargs -I% % x",
    "echo rm | xargs -I % nice % x",
    "echo rm | xargs -i {} x",
    "echo rm | xargs --replace=@ @ x",
    "parallel {} x :::: names",
    "echo push | xargs git",
    "if then",
    "ls '",
    `ls ${"x".repeat(20_001)}`,
    'bash -c "bash -c \\"bash -c \'bash -c \\\\\\"bash -c ls\\\\\\"\'\\"" $X',
  ];
  assert.deepEqual(await kindsOf(lines), all(lines, "hides"));
  const clear = [
    "ls | xargs cat",
    "find . -name x | xargs -I % cp % %.bak",
    "echo $X",
    "npm install $X",
    "ls *.ts > x",
    "node x.js $X",
  ];
  assert.deepEqual(await kindsOf(clear), all(clear, "unknown"));
});

test("rules of another workspace neither allow nor forbid", async () => {
  const { rules: local } = readRules('prefix_rule(pattern=["rm"], decision="forbidden", workspace="/a")');
  const inFolder = async (workspace: string) =>
    (await judgeCommand("rm x", { rules: local, workspace, cwd: workspace })).kind;
  assert.deepEqual(
    [await inFolder("/a"), await inFolder("/a/b"), await inFolder("/ab")],
    ["forbidden", "forbidden", "unknown"],
  );
});

test("while the rules cannot all be read, everything asks, and what is forbidden stays so", async () => {
  const unreadRules = "the rules cannot all be read (default.rules:1: x)";
  assert.deepEqual(await judge("ls", { unreadRules }), { kind: "unknown", because: unreadRules, mayHide: true });
  assert.equal((await judge("rm x", { unreadRules })).kind, "forbidden");
});

test("what may be allowed for good is the very command, and what can honestly be said more generally", () => {
  const offers = (line: string) =>
    ruleOffers(line).map(({ pattern, exact }) => `${pattern.join(" ")}${exact ? "" : " …"}`);
  const cases: Record<string, string[]> = {
    "npm run build -- --fast": ["npm run build -- --fast", "npm run build …"],
    "npm test": ["npm test", "npm test …"],
    "cargo test -p x": ["cargo test -p x", "cargo test …"],
    "git diff HEAD": ["git diff HEAD", "git diff …"],
    "git push origin main": ["git push origin main"],
    "make check": ["make check", "make check …"],
    "pytest -q tests": ["pytest -q tests", "pytest …"],
    "rm x": ["rm x"],
    "curl http://x": ["curl http://x"],
    "node scripts/x.js": ["node scripts/x.js"],
    "python3 -m pytest": ["python3 -m pytest"],
    "python3 -c 'import os'": [],
    "bash -c ls": [],
    "sudo ls": [],
    "npx x": [],
    "npm exec x": ["npm exec x"],
    "npm test && ls": [],
    "npm test | cat": [],
    "npm test $X": [],
    "rm *.log": [],
    "npm run $(x)": [],
  };
  assert.deepEqual(Object.fromEntries(Object.keys(cases).map((line) => [line, offers(line)])), cases);
  assert.deepEqual(ruleOffers("npm run lint")[1], {
    pattern: ["npm", "run", "lint"],
    exact: false,
    label: "npm run lint, with any arguments",
    scopes: ["thread", "workspace", "always"],
  });
});

test("what is offered is a rule that is read, and allows the command it was offered for", async () => {
  for (const line of [
    "npm run build -- --fast",
    "git diff HEAD",
    "make check",
    "pytest -q",
    "node scripts/x.js",
    "rm 'a b'",
  ]) {
    for (const { pattern, exact } of ruleOffers(line)) {
      const text = `prefix_rule(pattern=${JSON.stringify(pattern)}, exact=${exact ? "True" : "False"})`;
      const read = readRules(text);
      assert.deepEqual(read.problems, []);
      const judgement = await judgeCommand(line, { rules: read.rules, workspace: "/w", cwd: "/w" });
      assert.equal(judgement.kind, "allowed", text);
    }
  }
});

test("a command that reads, lists or searches is shown as that, and any other as it is", () => {
  const unknown = (command: string) => [{ type: "unknown", command }];
  const cases: Record<string, unknown> = {
    "cat src/a.ts": [{ type: "read", command: "cat src/a.ts", name: "a.ts", path: "/w/src/a.ts" }],
    "sed -n 1,10p a.ts": [{ type: "read", command: "sed -n 1,10p a.ts", name: "a.ts", path: "/w/a.ts" }],
    "head -n 5 a.ts": [{ type: "read", command: "head -n 5 a.ts", name: "a.ts", path: "/w/a.ts" }],
    "cd src && cat a.ts | head -20": [{ type: "read", command: "cat a.ts", name: "a.ts", path: "/w/src/a.ts" }],
    "ls -la src": [{ type: "listFiles", command: "ls -la src", path: "src" }],
    ls: [{ type: "listFiles", command: "ls", path: null }],
    "rg --files": [{ type: "listFiles", command: "rg --files", path: null }],
    "find src -type f": [{ type: "listFiles", command: "find src -type f", path: "src" }],
    "find . -name '*.ts'": [{ type: "search", command: "find . -name '*.ts'", query: "*.ts", path: "." }],
    "rg -n 'a b' src": [{ type: "search", command: "rg -n 'a b' src", query: "a b", path: "src" }],
    "grep -rn foo src | wc -l": [{ type: "search", command: "grep -rn foo src", query: "foo", path: "src" }],
    "npm test": unknown("npm test"),
    "cat a > b": unknown("cat a > b"),
    "cat a && rm a": unknown("cat a && rm a"),
    "nl -ba a.ts | sed -n 1,5p": [{ type: "read", command: "nl -ba a.ts", name: "a.ts", path: "/w/a.ts" }],
    "find . -delete": unknown("find . -delete"),
    "cat *.md": unknown("cat *.md"),
  };
  assert.deepEqual(Object.fromEntries(Object.keys(cases).map((line) => [line, commandActions(line, "/w")])), cases);
});
