// What people build with keeps working inside. A tool that this machine lacks is skipped by name.
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { Arena, skip, unrestricted, workspaceWrite } from "./real-sandbox.ts";

// The arena has a home of its own; tools that keep themselves in a home are found by these.
const home = process.env["HOME"] ?? "/";
const env = {
  PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
  RUSTUP_HOME: process.env["RUSTUP_HOME"] ?? `${home}/.rustup`,
};

const printsFromPair = `const { spawnSync } = require("node:child_process");
process.stdout.write(spawnSync(process.execPath, ["-p", "40 + 2"]).stdout)`;
const servesItself = `const server = require("node:http").createServer((_, answer) => answer.end("served")).listen(0, "127.0.0.1", () =>
  fetch("http://127.0.0.1:" + server.address().port).then((answer) => answer.text()).then((text) => (console.log(text), process.exit())))`;
const testsItself = `npm init -y >/dev/null && npm pkg set scripts.test='node -e "console.log(6 * 7)"' && npm test && npm pack`;
const pool = `import multiprocessing
def square(x): return x * x
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool: print(pool.map(square, [6]))`;
const identity = "-c user.name=a -c user.email=a@b";

const smoke: { tool: string; name: string; script: string; prints: RegExp; prepare?: string }[] = [
  { tool: "node", name: "node -p", script: "node -p '40 + 2'", prints: /^42$/m },
  { tool: "node", name: "what a child of node prints", script: `node -e '${printsFromPair}'`, prints: /^42$/m },
  { tool: "node", name: "a server on localhost", script: `node -e '${servesItself}'`, prints: /^served$/m },
  { tool: "node", name: "the list of interfaces", script: "node -p 'typeof os.networkInterfaces()'", prints: /object/ },
  { tool: "npm", name: "npm --version", script: "npm --version", prints: /^\d+\./m },
  { tool: "npm", name: "npm init, test and pack", script: testsItself, prints: /^42$[^]*\.tgz$/m },
  {
    tool: "cargo",
    name: "cargo run",
    script: "cargo new --vcs none made && cd made && cargo run --offline",
    prints: /Hello, world!/,
  },
  {
    tool: "gcc",
    name: "gcc, and what it made",
    script: "echo 'int main(void) { return 42; }' > a.c && gcc a.c -o a && ./a; echo $?",
    prints: /^42$/m,
  },
  {
    tool: "python3",
    name: "python with subprocesses",
    script: 'python3 -c \'import subprocess; print(subprocess.check_output(["echo", "42"]))\'',
    prints: /42/,
  },
  {
    tool: "python3",
    name: "a pool of python's processes",
    script: `echo '${pool}' > p.py; python3 p.py`,
    prints: /^\[36\]$/m,
  },
  {
    tool: "git",
    name: "git status and log",
    prepare: `rm -rf .git && git init -q . && echo a > a && git add a && git ${identity} commit -qm first`,
    script: "echo b >> a; git status --porcelain && git log --format=%s",
    prints: /^ M a\nfirst$/m,
  },
  { tool: "make", name: "make", script: "printf 'all:\\n\\t@echo made\\n' > Makefile && make", prints: /^made$/m },
  { tool: "rg", name: "rg", script: "echo found > f && rg -N found f", prints: /^found$/m },
  { tool: "grep", name: "grep", script: "echo found > f && grep -r found .", prints: /f:found$/m },
  { tool: "mktemp", name: "mktemp", script: 'f=$(mktemp) && echo 42 > "$f" && cat "$f"', prints: /^42$/m },
  { tool: "bash", name: "$TMPDIR", script: 'echo 42 > "$TMPDIR/f" && cat "$TMPDIR/f"', prints: /^42$/m },
];

for (const { tool, name, script, prints, prepare } of smoke) {
  test(`inside the sandbox works: ${name}`, { skip, timeout: 120_000 }, async (t) => {
    using arena = new Arena();
    const { exitCode } = await arena.run(`${tool} --version`, unrestricted, { env });
    if (exitCode !== 0) return t.skip(`${tool} does not run here`);
    if (prepare !== undefined) await arena.run(prepare, unrestricted, { env });
    assert.match((await arena.run(script, workspaceWrite, { env })).output, prints);
  });
}
