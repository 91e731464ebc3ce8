// Searching: what ripgrep and our own walk find is the same, and what must stay out stays out.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { arch, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { Script } from "node:vm";
import { findRipgrep, type Ripgrep } from "../../../server/files/ripgrep.ts";
import { type SearchRequest, type SearchResult, searchText } from "../../../server/files/search-text.ts";
import { vscodeHere } from "../exec/programs.ts";
import fc from "../../support/properties.ts";

const places = { platform: process.platform, arch: arch(), path: process.env["PATH"] ?? "", editorRoot: vscodeHere() };
const ripgrep = findRipgrep(places, []);
const withoutRipgrep = ripgrep === null && "there is no ripgrep here: neither VS Code's nor on the PATH";
const onlyPosix = process.platform === "win32" && "POSIX names and links";
const engines: [string, Ripgrep | null][] =
  ripgrep === null
    ? [["our walk", null]]
    : [
        ["ripgrep", ripgrep],
        ["our walk", null],
      ];

const names = fc.constantFrom("a", "b.ts", "c.log", "-rf", "--pre=x", ".hidden", "new\nline", "ü", "d.TS");
const folders = fc.constantFrom("", "x/", "x/y/", "build/", ".git/", "-e/");
const lines = fc.array(fc.constantFrom("needle", "Needle", "a needle", "x", "", "né.dle", "\tneedle\r"), {
  maxLength: 6,
});
const ignores = fc.array(
  fc.constantFrom("*.log", "build/", "/x", "y", "!c.log", "x/*", "!x/y", "**/b.ts", "\\-rf", "# x"),
  {
    maxLength: 4,
  },
);
const trees = fc.record({
  files: fc.dictionary(
    fc.tuple(folders, names).map((parts) => parts.join("")),
    lines,
    { maxKeys: 8, noNullPrototype: true },
  ),
  ignored: fc.dictionary(
    folders.filter((folder) => folder !== ".git/"),
    ignores,
    { maxKeys: 3, noNullPrototype: true },
  ),
  isBinary: fc.boolean(),
});
const patterns = fc.constantFrom(
  ...["needle", "n.edle", "--pre=x", "-e", "$", "né.dle", "(", "\\"].map((text) => ({ text, isRegex: false })),
  ...["^needle$", "n.?[eé]\\.?dle", "(a )?needle", "^$", "\\bx\\b"].map((text) => ({ text, isRegex: true })),
);
const globs = fc.constantFrom(null, "*.ts", "x/**", "!*.ts", "*.{ts,log}", "x", "**/y/*", "b.*");

test("ripgrep and our own walk find the same lines in any tree", { skip: withoutRipgrep || onlyPosix }, async () => {
  await fc.assert(
    fc.asyncProperty(
      trees,
      patterns,
      globs,
      fc.boolean(),
      async ({ files, ignored, isBinary }, pattern, glob, ignoresCase) => {
        using folder = new Folder();
        for (const [path, content] of Object.entries(files)) {
          // To ripgrep a carriage return that ends the file ends a line, too.
          folder.write(path, content.join("\n").replace(/\r$/, ""));
        }
        for (const [path, rules] of Object.entries(ignored)) folder.write(`${path}.gitignore`, rules.join("\n"));
        if (isBinary) folder.write("bin", "needle\nx\0y\nneedle\n");
        const asked = { pattern: { ...pattern, ignoresCase }, glob };
        const [one, other] = await Promise.all([folder.find(asked, ripgrep), folder.find(asked, null)]);
        assert.deepEqual(one, other);
      },
    ),
    { numRuns: 150 },
  );
});

for (const [name, engine] of engines) {
  test(`${name}: unsaved buffers win over the disk, where a file on disk would be searched`, {
    skip: onlyPosix,
  }, async () => {
    using folder = new Folder();
    for (const file of ["a", "b", "build/c", "x/d"]) folder.write(file, `needle on disk in ${file}\n`);
    folder.write(".gitignore", "build\n");
    symlinkSync("/outside", join(folder.path, "link"));
    const unsaved = [
      { name: "a", text: "one\nneedle in buffer" },
      { name: "b", text: "nothing any more" },
      { name: "build/c", text: "needle ignored" },
      { name: ".git/c", text: "needle of git" },
      { name: "new", text: "needle not saved yet\r\n" },
      { name: "x/kept", text: "needle denied" },
    ].map((each) => ({ ...each, path: join(folder.path, each.name), realPath: join(folder.path, each.name) }));
    const outside = { path: join(folder.path, "link"), realPath: "/outside", text: "needle outside" };
    const permits = (path: string) => !path.endsWith("kept");
    const found = await folder.find({ permits }, engine, [...unsaved, outside]);
    assert.deepEqual(found, ["a:2:needle in buffer", "new:1:needle not saved yet", "x/d:1:needle on disk in x/d"]);
  });

  test(`${name}: what is ignored, denied, binary, a link or a pipe stays out; what is hidden does not`, {
    skip: onlyPosix,
  }, async () => {
    using folder = new Folder();
    const files = { ".env": "needle", "kept/key": "needle", "x/.ignore": "no", "x/no": "needle", "x/yes": "needle" };
    for (const [path, text] of Object.entries({ ...files, "-rf": "needle", "new\nline": "needle" }))
      folder.write(path, text);
    folder.write("bin", "needle\n\0");
    folder.write("utf16", Buffer.from("\uFEFFa needle\n", "utf16le"));
    folder.write("latin", Buffer.from("n\u00e4 needle\n", "latin1"));
    folder.write(".git/info/exclude", "excluded\n");
    folder.write("excluded", "needle");
    symlinkSync(".", join(folder.path, "loop"));
    symlinkSync("/", join(folder.path, "away"));
    symlinkSync("-rf", join(folder.path, "file-link"));
    execFileSync("mkfifo", [join(folder.path, "pipe")]);
    const found = await folder.find({ permits: (path) => !path.includes("/kept") }, engine);
    assert.deepEqual(found, [
      "-rf:1:needle",
      ".env:1:needle",
      "latin:1:nä needle",
      "new\nline:1:needle",
      "utf16:1:a needle",
      "x/yes:1:needle",
    ]);
  });

  test(`${name}: long lines are cut around what was found, and of many the first are returned and all are counted`, async () => {
    using folder = new Folder();
    folder.write("long", `${"x".repeat(5_000)}needle${"y".repeat(5_000)}\n`);
    folder.write("huge", `needle${"z".repeat(3_000_000)}\n`);
    folder.write("many", "needle\n".repeat(5_000));
    const result = await folder.search({ maxHits: 2 }, engine);
    assert.ok(result.kind === "hits");
    assert.deepEqual([result.total, result.more], [5_002, null]);
    const [huge, long] = result.hits;
    assert.match(huge?.text ?? "", /^needlez{200,300}…$/);
    assert.match(long?.text ?? "", /^…x{100}needley{150,200}…$/);
    folder.write("more", "needle\n".repeat(6_000));
    const more = await folder.search({ maxHits: 2 }, engine);
    assert.equal(more.kind === "hits" && more.more, "too many");
  });

  test(`${name}: a pattern that is none is refused with the reason; one that is stopped ends`, async () => {
    using folder = new Folder();
    folder.write("a", "a".repeat(5_000));
    const bad = await folder.search({ pattern: { text: "(", isRegex: true, ignoresCase: false } }, engine);
    assert.match(bad.kind === "failed" ? bad.message : "", /^the pattern is not understood: /);
    const stopped = await folder.search({ signal: AbortSignal.abort() }, engine);
    assert.deepEqual(stopped, { kind: "hits", hits: [], total: 0, more: null });
  });

  test(`${name}: one file can be searched, and a folder whose rules lie above it`, async () => {
    using folder = new Folder();
    for (const file of ["a.log", "x/b.log", "x/c"]) folder.write(file, "needle\n");
    folder.write(".gitignore", "*.log\n");
    assert.deepEqual(await folder.find({ root: join(folder.path, "a.log") }, engine), ["a.log:1:needle"]);
    assert.deepEqual(await folder.find({ root: join(folder.path, "a.log"), glob: "*.ts" }, engine), []);
    assert.deepEqual(await folder.find({ root: join(folder.path, "x") }, engine), ["x/c:1:needle"]);
  });
}

test("a pattern that backtracks without end is given up without ripgrep", async () => {
  using folder = new Folder();
  folder.write("a", `${"a".repeat(60)}b`);
  const result = await folder.search({ pattern: { text: "(a+)+$", isRegex: true, ignoresCase: false } }, null);
  assert.match(result.kind === "failed" ? result.message : "", /takes too long/);
});

test("a process that is kept from running while it searches does not call the pattern slow", async (t) => {
  using folder = new Folder();
  folder.write("a", "needle");
  let isFirst = true;
  const { runInContext } = Script.prototype;
  t.mock.method(Script.prototype, "runInContext", function (this: Script, ...args: Parameters<typeof runInContext>) {
    if (!isFirst) return runInContext.apply(this, args) as unknown;
    isFirst = false;
    throw Object.assign(new Error(), { code: "ERR_SCRIPT_EXECUTION_TIMEOUT" });
  });
  const pattern = { text: "ne+dle", isRegex: true, ignoresCase: false };
  assert.deepEqual(await folder.find({ pattern }, null), ["a:1:needle"]);
  assert.equal(isFirst, false);
});

test("a ripgrep that cannot be run is done without, and none is run that lies in the workspace", {
  skip: onlyPosix,
}, async () => {
  using folder = new Folder();
  folder.write("a", "needle\n");
  folder.write("bin/rg", "#!/bin/sh\nexit 3\n");
  const file = join(folder.path, "bin/rg");
  chmodSync(file, 0o755);
  assert.deepEqual(await folder.find({}, { file, from: "the PATH" }), ["a:1:needle"]);
  assert.deepEqual(await folder.find({}, { file: "/nowhere/rg", from: "the PATH" }), ["a:1:needle"]);
  const path = dirname(file);
  assert.equal(findRipgrep({ ...places, path, editorRoot: undefined }, [folder.path]), null);
  assert.deepEqual(findRipgrep({ ...places, path, editorRoot: undefined }, []), { file, from: "the PATH" });
});

test("a search that is stopped ends its ripgrep", { skip: onlyPosix }, async () => {
  using folder = new Folder();
  const path = { text: join(folder.path, "a") };
  const found = {
    type: "match",
    data: { path, lines: { text: "needle" }, line_number: 1, submatches: [{ start: 0 }] },
  };
  const messages = [found, { type: "end", data: { path, binary_offset: null } }].map((each) => JSON.stringify(each));
  folder.write("rg", `#!/bin/sh\ncat <<'END'\n${messages.join("\n")}\nEND\nexec sleep 1000\n`);
  chmodSync(join(folder.path, "rg"), 0o755);
  folder.write("a", "needle\n");
  const stop = new AbortController();
  // Asked about the hit, when ripgrep runs.
  const permits = () => (stop.abort(), true);
  const engine: Ripgrep = { file: join(folder.path, "rg"), from: "the PATH" };
  assert.deepEqual(await folder.find({ permits, signal: stop.signal }, engine), ["a:1:needle"]);
});

class Folder implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "belay-search-")));

  write(name: string, content: string | Buffer): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  search(
    wishes: Partial<SearchRequest>,
    engine: Ripgrep | null,
    unsaved: { path: string; realPath: string; text: string }[] = [],
  ): Promise<SearchResult> {
    const { signal } = new AbortController();
    const pattern = { text: "needle", isRegex: false, ignoresCase: false };
    const usual = {
      root: this.path,
      roots: [this.path],
      pattern,
      glob: null,
      permits: () => true,
      maxHits: 1_000,
      signal,
    };
    return searchText({ ...usual, ...wishes }, { ripgrep: engine, unsaved });
  }

  async find(...asked: Parameters<Folder["search"]>): Promise<string[]> {
    const result = await this.search(...asked);
    if (result.kind === "failed") return [result.message.split(":")[0] ?? ""];
    return result.hits.map(({ path, line, text }) => `${relative(this.path, path)}:${line}:${text}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
