// The profiles for macOS, as golden texts. They were never run on a Mac: what is tested is what we write.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { macosSandbox, seatbeltProfile } from "../../../server/sandbox/macos.ts";
import type { RestrictedPolicy } from "../../../server/sandbox/policy.ts";
import { root } from "../../support/test-server.ts";

const readOnly: RestrictedPolicy = {
  kind: "restricted",
  cwd: "/private/var/ws",
  writableRoots: [],
  visibleInTmp: [],
  pinnedPaths: [],
  protectedPaths: [],
  placeholders: [],
  deniedPaths: [{ path: "/Users/ada/.ssh", kind: "directory" }],
  networkAccess: false,
  privateTmp: "/private/var/folders/x/T/belay-1",
};
const workspaceWrite: RestrictedPolicy = {
  ...readOnly,
  writableRoots: ["/private/var/ws"],
  protectedPaths: ["/private/var/ws/.git", "/private/var/ws/lib/a b/.git"],
  placeholders: ["/private/var/ws/.vscode"],
  networkAccess: true,
};
const command = {
  argv: ["make", '$(id) "x"'],
  cwd: "/private/var/ws",
  env: { PATH: "/bin", DYLD_INSERT_LIBRARIES: "x" },
};

for (const [name, policy] of [
  ["seatbelt-read-only", readOnly],
  ["seatbelt-workspace-write-network", workspaceWrite],
] as const) {
  test(`the profile of ${name} is the golden one`, () => {
    const path = join(root, "test/golden", `${name}.sb`);
    const { args } = macosSandbox(command, policy);
    const text = `${seatbeltProfile(policy)}; ${args.filter((arg) => arg.startsWith("-D")).join("\n; ")}\n`;
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
    assert.ok(existsSync(path), `${path} is missing: run the test with UPDATE_GOLDEN=1 and review what it writes`);
    assert.equal(text, readFileSync(path, "utf8"), "if the change is meant, run with UPDATE_GOLDEN=1");
  });
}

test("on a Mac the command arrives whole and last, with a temporary directory and without loader variables", () => {
  const { file, args, cwd, env } = macosSandbox(command, workspaceWrite);
  const tmp = "/private/var/folders/x/T/belay-1";
  assert.deepEqual(
    { file, start: args[0], end: args.slice(-3), cwd, env },
    {
      file: "/usr/bin/sandbox-exec",
      start: "-p",
      end: ["belay", ...command.argv],
      cwd: "/private/var/ws",
      env: { PATH: "/bin", TMPDIR: tmp, TMP: tmp, TEMP: tmp },
    },
  );
});

test("a path can neither end a text of the profile nor stand in it as code", () => {
  const path = '/ws/a")(allow default)#"';
  const profile = seatbeltProfile({ ...readOnly, writableRoots: ["/ws"], protectedPaths: [`${path}/.git`] });
  assert.doesNotMatch(profile, /allow default/);
  assert.match(profile, /\(regex #"\^\/ws\/a.*\/\[\.\]\[gG\]\[iI\]\[tT\]\(\/\|\$\)"\)/);
});
