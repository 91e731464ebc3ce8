// `belay doctor` as a person and a program meet it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { nothingThere } from "../../support/responses-api.ts";
import { cannotSurround, inContainer, withoutNamespaces } from "../../support/surroundings.ts";
import { root, serverEnvironment, withDeadline } from "../../support/test-server.ts";

interface Report {
  schema: number;
  canWork: boolean;
  checks: { id: string; name: string; status: string; summary: string; cure: string | null; facts: object }[];
}

class Place implements Disposable {
  readonly base = mkdtempSync(join(homedir(), ".belay-test-"));
  readonly home = join(this.base, "home");

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }

  /** A home of the user's alone with this configuration. */
  configured(toml: string): this {
    mkdirSync(this.home, { mode: 0o700 });
    writeFileSync(join(this.home, "config.toml"), toml);
    return this;
  }

  async run(args: string[], { startedBy = [], env = {} }: { startedBy?: string[]; env?: Record<string, string> } = {}) {
    const belay = [process.execPath, join(root, "server/main.ts"), "doctor", ...args];
    const [file = "", ...argv] = [...startedBy, ...belay];
    const child = spawn(file, argv, { cwd: this.base, env: serverEnvironment(this.home, env) });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (bytes: Buffer) => out.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => err.push(bytes));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const code = await withDeadline(ended, () => "the doctor to end");
    return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
  }

  async report(...args: Parameters<Place["run"]>): Promise<Report & { code: number | null }> {
    const { code, stdout } = await this.run(["--json", ...args[0]], args[1]);
    return { code, ...(JSON.parse(stdout) as Report) };
  }
}

const scripted = 'model_provider = "scripted"\n';
const check = ({ checks }: Report, id: string) => checks.find((each) => each.id === id) ?? assert.fail(`no ${id}`);

test("on a fresh machine it says how everything stands, in fields too, and leaves nothing there", async () => {
  using place = new Place();
  const report = await place.report(["-c", "model_provider=scripted"]);
  assert.deepEqual([report.schema, report.canWork, report.code], [1, true, 0]);
  const ids = [
    "node",
    "home",
    "disk",
    "config",
    "rules",
    "sandbox",
    "container",
    "terminals",
    "git",
    "ripgrep",
    "model.scripted",
  ];
  assert.deepEqual(
    report.checks.map(({ id }) => id),
    ids,
  );
  for (const each of report.checks) {
    assert.deepEqual(Object.keys(each), ["id", "name", "status", "summary", "cure", "facts"]);
    assert.match(each.status, /^(ok|warn|fail)$/);
  }
  assert.match(check(report, "home").summary, /will be made/);
  const { name } = check(report, "terminals").facts as { name: string | null };
  assert.match(
    check(report, "terminals").summary,
    name === null ? /^Commands run on pipes: / : new RegExp(`^from ${name}$`),
  );
  assert.ok(!existsSync(place.home));
});

test("people read it at 80 columns, without colours where it goes into a file", async () => {
  using place = new Place().configured(`${scripted}sandbox_mod = "read-only"\napproval_policy = "sometimes"\n`);
  const { code, stdout } = await place.run([], { env: { FORCE_COLOR: "1" } });
  assert.equal(code, 0);
  assert.match(stdout, /^ok {4}Node {7}\d/m);
  assert.match(stdout, /^Belay works here; .* could be better\.$/m);
  assert.ok(!stdout.includes("\u001b"));
  const long = stdout.split("\n").filter((line) => line.length > 80 && !line.includes(place.base));
  assert.deepEqual(long, []);
});

test("a mistake in the configuration is named with its line, and what holds instead", async () => {
  using place = new Place().configured(`${scripted}\napproval_policy = "sometimes"\n`);
  const { status, summary, facts } = check(await place.report([]), "config");
  assert.equal(status, "warn");
  assert.match(summary, /approval_policy is not used\. \(line 3\) .*Until then approval_policy is "untrusted"\.$/);
  assert.equal((facts as { warnings: { line: number }[] }).warnings[0]?.line, 3);
});

test("a broken configuration is named with its line", async () => {
  using place = new Place().configured("a = 1\nthis is [no toml\n");
  const { status, summary } = check(await place.report(["-c", "model_provider=scripted"]), "config");
  assert.equal(status, "warn");
  assert.match(summary, /config\.toml could not be read at line 2/);
});

test("a rule that cannot be read is named with its line", async () => {
  using place = new Place().configured(scripted);
  mkdirSync(join(place.home, "rules"));
  const file = join(place.home, "rules", "default.rules");
  const good = 'prefix_rule(pattern=["npm", "test"], decision="allow")\n';
  writeFileSync(file, good);
  const read = check(await place.report([]), "rules");
  assert.deepEqual([read.status, read.summary], ["ok", `one rule in ${file}`]);
  writeFileSync(file, `${good}prefix_rule(pattern=\n`);
  const { status, summary, cure } = check(await place.report([]), "rules");
  assert.deepEqual([status, cure], ["warn", `Correct ${file}.`]);
  assert.match(summary, /^default\.rules:\d: [^]*No rule allows anything until then\.$/);
});

const homes: [string, (home: string) => void, status: string, says: RegExp, code: number][] = [
  ["is open to others", (home) => mkdirSync(home, { mode: 0o755 }), "warn", /open to other users \(mode 0755\)/, 0],
  ["is a file", (home) => writeFileSync(home, ""), "fail", /is not a folder/, 1],
  [
    "is a link",
    (home) => {
      mkdirSync(`${home}-real`, { mode: 0o700 });
      symlinkSync(`${home}-real`, home);
    },
    "warn",
    /is a link to .*home-real/,
    0,
  ],
  [
    "is a link to a place of everybody",
    (home) => {
      mkdirSync(`${home}-open`);
      chmodSync(`${home}-open`, 0o777);
      symlinkSync(`${home}-open`, home);
    },
    "fail",
    /is a link to a folder that can be written to by other users/,
    1,
  ],
  ["is a link to nothing", (home) => symlinkSync(`${home}-gone`, home), "fail", /where nothing is/, 1],
];

for (const [name, make, status, says, code] of homes) {
  test(`a home that ${name} is said to be so`, async () => {
    using place = new Place();
    make(place.home);
    if (status === "warn") chmodSync(place.home, name === "is a link" ? 0o700 : 0o755);
    const report = await place.report(["-c", "model_provider=scripted"]);
    const found = check(report, "home");
    assert.deepEqual([found.status, report.code], [status, code], found.summary);
    assert.match(found.summary, says);
    assert.ok(found.cure);
  });
}

test("a server that is there counts, however it answers, and is sent neither the key nor any header", async () => {
  const heard: IncomingHttpHeaders[] = [];
  await using server = await listening((headers) => (heard.push(headers), 401));
  const provider = `base_url = "${server.url}"\nenv_key = "MINE"\nhttp_headers = { "x-secret" = "s3cret" }\n`;
  using place = new Place().configured(`model_provider = "mine"\n[model_providers.mine]\n${provider}`);
  const report = await place.report([], { env: { MINE: "s3cret" } });
  const { status, facts } = check(report, "model.mine");
  assert.deepEqual([status, report.code], ["ok", 0]);
  assert.deepEqual(facts, { provider: "mine", isInUse: true, hasKey: true, reach: "answers" });
  assert.equal(heard.length, 1);
  assert.doesNotMatch(JSON.stringify([heard, report]), /s3cret/);
});

test("a missing key is a warning, for an editor may keep one, in the words the configuration has for it", async () => {
  await using server = await listening(() => 404);
  const provider = `base_url = "${server.url}"\nenv_key = "MINE"\nenv_key_instructions = "Ask Ada."\n`;
  using place = new Place().configured(`model_provider = "mine"\n[model_providers.mine]\n${provider}`);
  const report = await place.report([]);
  const { status, cure, facts } = check(report, "model.mine");
  assert.deepEqual([status, cure, report.code], ["warn", "Ask Ada.", 0]);
  assert.deepEqual(facts, { provider: "mine", isInUse: true, hasKey: false, reach: "answers" });
});

test("a server that is not there is a failure for the provider in use, and a warning for any other", async () => {
  const providers = ["one", "two"].map((id) => `[model_providers.${id}]\nbase_url = "${nothingThere}"\n`).join("");
  using place = new Place().configured(`model_provider = "one"\n${providers}`);
  const report = await place.report([]);
  const [one, two] = [check(report, "model.one"), check(report, "model.two")];
  assert.deepEqual([one.status, two.status, report.canWork, report.code], ["fail", "warn", false, 1]);
  assert.match(one.summary, /refused the connection/);
  assert.match((await place.run([])).stdout, /Belay cannot work here yet: one thing must be mended\.\n$/);
});

test("a server that never answers holds nobody up", async () => {
  await using server = await listening(() => null);
  using place = new Place().configured(`model_provider = "mine"\n[model_providers.mine]\nbase_url = "${server.url}"\n`);
  const { summary } = check(await place.report([]), "model.mine");
  assert.match(summary, /did not answer within 2 seconds/);
});

for (const [name, url, says] of [
  ["one that redirects", "redirect", /redirects \(302\), which Belay does not follow/],
  ["no URL at all", "ftp://x", /not an http or https URL/],
] as const) {
  test(`${name} is no place for a model`, async () => {
    await using server = await listening(() => 302);
    const base = url === "redirect" ? server.url : url;
    using place = new Place().configured(`model_provider = "mine"\n[model_providers.mine]\nbase_url = "${base}"\n`);
    const { status, summary } = check(await place.report([]), "model.mine");
    assert.equal(status, "fail");
    assert.match(summary, says);
  });
}

test("a provider that nobody described is named", async () => {
  using place = new Place().configured('model_provider = "nobody"\n');
  const { status, summary } = check(await place.report([]), "model.nobody");
  assert.deepEqual([status, summary], ["fail", 'Nobody has described the provider "nobody".']);
});

test("where no sandbox works it says why, and that a person can work all the same", {
  skip: cannotSurround,
}, async () => {
  using place = new Place().configured(scripted);
  const report = await place.report([], { startedBy: withoutNamespaces() });
  const { status, summary, cure } = check(report, "sandbox");
  assert.deepEqual([status, report.code], ["warn", 0]);
  assert.match(summary, /^User namespaces are blocked here .* Each command that is not known to be harmless asks\.$/);
  assert.match(cure ?? "", /let it create user namespaces/);
});

test("it tells a container, and what it means that it is the sandbox", { skip: cannotSurround }, async () => {
  using place = new Place().configured(scripted);
  const startedBy = inContainer();
  const before = await place.report([], { startedBy });
  assert.match(check(before, "sandbox").cure ?? "", /container_is_sandbox = true/);
  assert.match(check(before, "container").summary, /^this is a container: there is \/\.dockerenv/);
  const after = await place.report(["-c", "container_is_sandbox=true"], { startedBy });
  assert.match(check(after, "sandbox").summary, /^This container is the sandbox, as you have chosen\./);
});

test("words that it does not know are refused with its usage", async () => {
  using place = new Place();
  const { code, stderr } = await place.run(["--jsonn"]);
  assert.equal(code, 2);
  assert.match(stderr, /^belay doctor: Unknown option '--jsonn'[\s\S]*Usage: belay doctor \[--json\]/);
});

interface Listening extends AsyncDisposable {
  readonly url: string;
}

/** `answer` gives the status; null: there is none, ever. */
async function listening(answer: (headers: IncomingHttpHeaders) => number | null): Promise<Listening> {
  const server: Server = createServer((request, response) => {
    const status = answer(request.headers);
    if (status !== null) response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test("the ripgrep that searches is named with where it comes from; without one it says what that costs", {
  skip: process.platform === "win32" && "the stand-in is a shell script",
}, async () => {
  using place = new Place();
  // What lies in the folder that doctor is run in is not run.
  using vscode = new Place();
  const modules = join(vscode.base, "node_modules/@vscode/ripgrep/bin");
  mkdirSync(modules, { recursive: true });
  const file = join(modules, "rg");
  writeFileSync(file, "#!/bin/sh\necho ripgrep 99.1.0\n");
  chmodSync(file, 0o755);
  const look = async (env: Record<string, string>) =>
    check(await place.report(["-c", "model_provider=scripted"], { env }), "ripgrep");
  const found = await look({ BELAY_VSCODE_APP_ROOT: vscode.base });
  assert.deepEqual([found.status, found.facts], ["ok", { path: file, from: "VS Code", version: "99.1.0" }]);
  const missing = await look({ BELAY_VSCODE_APP_ROOT: "", PATH: vscode.base });
  assert.deepEqual([missing.status, missing.facts], ["warn", { path: null, from: null, version: null }]);
  assert.match(missing.summary, /^rg is not on the PATH\. Belay searches files by itself/);
});
