// The syntax of ignore files, as git has it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { globFilter, isIgnored, parseIgnoreFile } from "../../../server/files/gitignore.ts";

const rows: [pattern: string, ignored: string[], kept: string[]][] = [
  ["*.log", ["a.log", "x/y/a.log"], ["a.logs", "alog"]],
  ["/only", ["only"], ["sub/only"]],
  ["sub/x", ["sub/x"], ["sub/sub/x", "x"]],
  ["foo/**/bar", ["foo/bar", "foo/q/r/bar"], ["foobar"]],
  ["**/deep", ["deep", "a/b/deep"], ["a/deeper"]],
  ["in/**", ["in/a", "in/a/b"], ["in"]],
  ["dir/", ["dir/"], ["dir", "x/dir"]],
  ["*\n!keep*", ["a", "b/c"], ["keep", "b/keeper"]],
  ["a?[b-d]\\*", ["axc*"], ["axe*", "a/c*", "axc"]],
  ["[!a]x", ["bx"], ["ax", "/x"]],
  ["# no\n\\#yes\n\\!so  ", ["#yes", "!so"], ["# no"]],
  ["[z-a]\nb(c)+", ["b(c)+"], ["bc", "z"]],
];

for (const [pattern, ignored, kept] of rows) {
  test(`${JSON.stringify(pattern)} ignores ${ignored.join(", ")}`, () => {
    const ignore = { base: "/w/", rules: parseIgnoreFile(pattern), above: null };
    const decide = (path: string) => isIgnored(`/w/${path.replace(/\/$/, "")}`, path.endsWith("/"), ignore);
    assert.deepEqual(
      [...ignored, ...kept].map((path) => [path, decide(path)]),
      [...ignored.map((path) => [path, true]), ...kept.map((path) => [path, false])],
    );
  });
}

const globs: [glob: string, meant: string[], others: string[]][] = [
  ["*.ts", ["a.ts", "x/y/a.ts"], ["a.tsx", "ats"]],
  ["src/**/*.{ts,tsx}", ["src/a.ts", "src/x/y.tsx"], ["a.ts", "x/src/a.ts", "src/a.js"]],
  ["{a,b{c,d}}.x", ["a.x", "q/bc.x", "bd.x"], ["b.x", "a"]],
  ["src", ["src/a", "x/src/y/z", "src"], ["srcs/a"]],
  ["src/", ["src/a"], ["src"]],
  ["./src/*", ["src/a", "src/x/b"], ["x/src/a"]],
  ["!*.ts", ["a.js", "x/a"], ["a.ts", "x/a.ts"]],
  ["#a{", ["#a{"], ["a"]],
];

for (const [glob, meant, others] of globs) {
  test(`the glob ${glob} means ${meant.join(", ")}`, () => {
    const filter = globFilter(glob);
    const all = [...meant, ...others];
    assert.deepEqual(all.filter(filter), meant);
  });
}

test("a glob of very many alternatives is not spelled out", () => {
  assert.equal(globFilter("{a,b,c,d,e,f,g,h}".repeat(12))("x"), false);
});
