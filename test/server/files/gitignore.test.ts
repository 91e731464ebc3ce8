// The syntax of ignore files, as git has it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isIgnored, parseIgnoreFile } from "../../../server/files/gitignore.ts";

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
