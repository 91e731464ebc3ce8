// The bubblewrap argv: golden lines for the policies, and what must be true of every one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findHelper, type LinuxLaunch, linuxSandbox } from "../../../server/sandbox/linux.ts";
import type { RestrictedPolicy } from "../../../server/sandbox/policy.ts";
import fc from "../../support/properties.ts";

const command = { argv: ["make", "-j", "$(id); x"], cwd: "/ws/sub", env: { PATH: "/usr/bin", HOME: "/home/ada" } };

const launch: LinuxLaunch = { helper: "/usr/bin/bwrap", filter: "/state/filter", report: "/state/report" };

const readOnly: RestrictedPolicy = {
  kind: "restricted",
  cwd: "/ws",
  writableRoots: [],
  visibleInTmp: [],
  pinnedPaths: [],
  protectedPaths: [],
  placeholders: [],
  deniedPaths: [],
  networkAccess: false,
  privateTmp: null,
};

// One option with its arguments a line, as a person would write it; the prelude of the command as <close and exec>.
function lines(policy: RestrictedPolicy): string[] {
  const { args } = linuxSandbox(command, policy, launch);
  const end = args.indexOf("--");
  const text = args.slice(0, end).reduce((all, arg) => all + (arg.startsWith("--") ? `\n${arg}` : ` ${arg}`), "");
  return [...text.trim().split("\n"), "--", args[end + 1] ?? "", ...args.slice(end + 5)];
}

const isolation = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-ipc",
  "--unshare-uts",
  "--unshare-cgroup-try",
  "--disable-userns",
  "--die-with-parent",
  "--cap-drop ALL",
  "--new-session",
];
const system = ["--ro-bind / /", "--dev /dev", "--proc /proc", "--ro-bind /proc/sys /proc/sys"];
const emptyTmp = ["--perms 1777", "--tmpfs /tmp"];
const run = ["--chdir /ws/sub", "--seccomp 3", "--", "/bin/sh", "make", "-j", "$(id); x"];

const goldens: [string, RestrictedPolicy, string[]][] = [
  ["read-only", readOnly, [...isolation, "--unshare-net", ...system, ...emptyTmp, ...run]],
  ["the network", { ...readOnly, networkAccess: true }, [...isolation, ...system, ...emptyTmp, ...run]],
  [
    "a /tmp that outlives the command",
    { ...readOnly, privateTmp: "/state/tmp/1" },
    [...isolation, "--unshare-net", ...system, "--bind /state/tmp/1 /tmp", ...run],
  ],
  [
    "a read-only workspace in /tmp",
    { ...readOnly, visibleInTmp: ["/tmp/ws"] },
    [...isolation, "--unshare-net", ...system, ...emptyTmp, "--ro-bind /tmp/ws /tmp/ws", ...run],
  ],
  [
    "workspace-write with everything",
    {
      ...readOnly,
      writableRoots: ["/other", "/ws", "/ws/lib/deep"],
      pinnedPaths: ["/ws/lib"],
      protectedPaths: ["/other/.mcp.json", "/ws/.git"],
      placeholders: ["/ws/.vscode"],
      deniedPaths: [
        { path: "/home/ada/.netrc", kind: "file" },
        { path: "/home/ada/.ssh", kind: "directory" },
      ],
    },
    [
      ...isolation,
      "--unshare-net",
      ...system,
      ...emptyTmp,
      "--bind /other /other",
      "--bind /ws /ws",
      "--bind /ws/lib /ws/lib",
      "--bind /ws/lib/deep /ws/lib/deep",
      "--ro-bind /other/.mcp.json /other/.mcp.json",
      "--ro-bind /ws/.git /ws/.git",
      "--ro-bind /ws/.vscode /ws/.vscode",
      "--dev-bind /dev/null /home/ada/.netrc",
      "--perms 0000",
      "--tmpfs /home/ada/.ssh",
      "--remount-ro /home/ada/.ssh",
      ...run,
    ],
  ],
];

for (const [name, policy, expected] of goldens) {
  test(`the argv of ${name} is the golden one`, () => assert.deepEqual(lines(policy), expected));
}

test("the helper is started outside the workspace, without loader variables, with a usable temporary directory", () => {
  const env = {
    PATH: "/usr/bin",
    LD_PRELOAD: "/ws/x.so",
    GCONV_PATH: "/ws",
    GLIBC_TUNABLES: "x",
    SHELLOPTS: "xtrace",
    TMPDIR: "/gone",
  };
  const {
    file,
    files,
    cwd,
    env: actual,
  } = linuxSandbox({ ...command, env }, readOnly, { ...launch, helper: "/opt/bwrap" });
  assert.deepEqual(
    { file, files, cwd, env: actual },
    {
      file: "/opt/bwrap",
      files: [
        { path: "/state/filter", flags: "r" },
        { path: "/state/report", flags: "w" },
      ],
      cwd: "/",
      env: { npm_config_cache: "/tmp/npm-cache", PATH: "/usr/bin", TMPDIR: "/tmp", TMP: "/tmp", TEMP: "/tmp" },
    },
  );
});

const component = fc.constantFrom("a", "b", "-x", "--bind", "with space", "line\nbreak", "$(id)", "ü");
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const paths = fc.uniqueArray(path, { maxLength: 5 }).map((all) => all.sort());
const anyPolicy = fc
  .record({ roots: paths, denied: paths, networkAccess: fc.boolean(), privateTmp: fc.option(path) })
  .map(({ roots, denied, networkAccess, privateTmp }): RestrictedPolicy => {
    const protectedPaths = roots.map((root) => `${root}/.git`);
    const deniedPaths = denied.map((each) => ({ path: each, kind: "file" as const }));
    return { ...readOnly, writableRoots: roots, protectedPaths, deniedPaths, networkAccess, privateTmp };
  });

/** [option, source, destination] of every mount that names two paths, with its place in the argv. */
function binds(policy: RestrictedPolicy): { option: string; from: string; to: string; at: number }[] {
  const { args } = linuxSandbox(command, policy, launch);
  const found = [];
  for (let at = 0; at < args.indexOf("--chdir"); at += 1) {
    const option = args[at] ?? "";
    if (!/^--(?:ro-|dev-)?bind$/.test(option)) continue;
    found.push({ option, from: args[at + 1] ?? "", to: args[at + 2] ?? "", at });
    at += 2;
  }
  return found;
}

test("every writable root is bound, and nothing else is bound writable but what is pinned and the private /tmp", () => {
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      const writable = binds(policy).filter(({ option }) => option === "--bind");
      const tmp = policy.privateTmp === null ? [] : [[policy.privateTmp, "/tmp"]];
      assert.deepEqual(
        writable.map(({ from, to }) => [from, to]),
        [...tmp, ...policy.writableRoots.map((root) => [root, root])],
      );
    }),
  );
});

test("the read-only root comes first, protected paths after every writable one, and denied paths last", () => {
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      const all = binds(policy);
      const last = (matches: (bind: (typeof all)[number]) => boolean) => all.findLast(matches)?.at ?? 0;
      const first = (matches: (bind: (typeof all)[number]) => boolean) => all.find(matches)?.at ?? Infinity;
      assert.deepEqual({ ...all[0], at: 0 }, { option: "--ro-bind", from: "/", to: "/", at: 0 });
      const writable = last(({ option }) => option === "--bind");
      assert.ok(writable < first(({ to }) => policy.protectedPaths.includes(to)));
      assert.ok(last(({ option }) => option !== "--dev-bind") < first(({ option }) => option === "--dev-bind"));
    }),
  );
});

test("the network is unshared unless the policy grants it", () => {
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      const { args } = linuxSandbox(command, policy, launch);
      assert.equal(args.slice(0, args.indexOf("--ro-bind")).includes("--unshare-net"), !policy.networkAccess);
    }),
  );
});

test("whatever the command is, it arrives whole and last, after the arguments that are ours", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (argv) => {
      const { args } = linuxSandbox({ ...command, argv }, readOnly, launch);
      const ours = linuxSandbox({ ...command, argv: [] }, readOnly, launch).args;
      assert.deepEqual(args, [...ours, ...argv]);
    }),
  );
});

for (const { name, path: searched, found, expected } of [
  {
    name: "the system's helper is used whatever PATH says",
    path: "/opt/bin",
    found: { "/usr/bin/bwrap": "/usr/bin/bwrap", "/opt/bin/bwrap": "/opt/bin/bwrap" },
    expected: "/usr/bin/bwrap",
  },
  {
    name: "without it, the first one on PATH outside the workspace is used",
    path: "bin:/ws/bin:/opt/bin:/more/bin",
    found: { "bin/bwrap": "/ws/bin/bwrap", "/ws/bin/bwrap": "/ws/bin/bwrap", "/opt/bin/bwrap": "/opt/bin/bwrap" },
    expected: "/opt/bin/bwrap",
  },
  {
    name: "a helper that is a link into the workspace is not used",
    path: "/opt/bin",
    found: { "/opt/bin/bwrap": "/ws/evil" },
    expected: null,
  },
  { name: "no helper is null", path: "/opt/bin", found: {}, expected: null },
] as { name: string; path: string; found: Record<string, string>; expected: string | null }[]) {
  test(name, () => {
    const facts = { path: searched, roots: ["/ws"], executable: (candidate: string) => found[candidate] ?? null };
    assert.equal(findHelper(facts), expected);
  });
}

test("a terminal of its own is kept by the command, and ^C in it does not end the helper", () => {
  const { file, args } = linuxSandbox({ ...command, terminal: true }, readOnly, launch);
  const script = `trap '' INT QUIT TSTP; exec 3<"$1" 4>"$2" && shift 2 && exec "$@"`;
  const start = [file, ...args.slice(0, 6)];
  assert.deepEqual(start, ["/bin/sh", "-c", script, "belay", launch.filter, launch.report, launch.helper]);
  assert.equal(args.includes("--new-session"), false);
  const end = ["/usr/bin/env", "--default-signal=INT,QUIT,TSTP", "--", ...command.argv];
  assert.deepEqual(args.slice(-end.length), end);
});
