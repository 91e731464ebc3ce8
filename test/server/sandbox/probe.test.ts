// The probe: one run, one answer, with cause and cure.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Launcher } from "../../../server/sandbox/launcher.ts";
import type { Program } from "../../../server/sandbox/linux.ts";
import { type ProbeResult, type SandboxStatus, sandboxProbe } from "../../../server/sandbox/probe.ts";

const worked: ProbeResult = { exitCode: 0, spawnError: null, output: "" };

const bubblewrap: Launcher = { kind: "bubblewrap", helper: "/usr/bin/bwrap", filter: "/state/f", report: "/state/r" };

function probeOf(
  result: ProbeResult,
  changes: { platform?: NodeJS.Platform; arch?: string; launcher?: () => Launcher | null } = {},
) {
  const started: Program[] = [];
  const run = async (program: Program) => {
    started.push(program);
    return result;
  };
  const facts = { platform: "linux", arch: "x64", launcher: () => bubblewrap, run, ...changes } as const;
  return { probe: sandboxProbe(facts), started };
}

test("the sandbox works when the real argv ran with its filter in force, and the answer is kept", async () => {
  const { probe, started } = probeOf(worked);
  const works = { kind: "works", layer: "bubblewrap, seccomp" };
  assert.deepEqual(await Promise.all([probe(), probe()]), [works, works]);
  assert.equal(started.length, 1);
  assert.equal(started[0]?.file, "/usr/bin/bwrap");
  assert.ok(started[0]?.args.includes("--disable-userns"));
  assert.match(started[0]?.args.at(-1) ?? "", /Seccomp:2/);
});

test("on a Mac it is seatbelt that is asked", async () => {
  const { probe, started } = probeOf(worked, { platform: "darwin", launcher: () => ({ kind: "seatbelt" }) });
  assert.deepEqual(await probe(), { kind: "works", layer: "seatbelt" });
  assert.equal(started[0]?.file, "/usr/bin/sandbox-exec");
});

const cannotWrite = () => {
  throw new Error("EROFS: read-only file system");
};

const failed = (output: string): ProbeResult => ({ exitCode: 1, spawnError: null, output });

const causes: [string, ReturnType<typeof probeOf>, { reason: RegExp; cure: RegExp }][] = [
  ["another system", probeOf(worked, { platform: "win32" }), { reason: /no command sandbox for Windows/, cure: /WSL/ }],
  ["another machine", probeOf(worked, { arch: "riscv64" }), { reason: /not those of riscv64/, cure: /one by one/ }],
  [
    "a folder of ours that cannot be written to",
    probeOf(worked, { launcher: cannotWrite }),
    { reason: /could not be prepared: EROFS/, cure: /BELAY_HOME/ },
  ],
  [
    "a filter that is not in force",
    probeOf({ exitCode: 88, spawnError: null, output: "" }),
    { reason: /did not take the filter/, cure: /kernel/ },
  ],
  [
    "no helper",
    probeOf(worked, { launcher: () => null }),
    { reason: /not installed/, cure: /apt-get install bubblewrap/ },
  ],
  [
    "a helper that has vanished",
    probeOf({ exitCode: 127, spawnError: null, output: "belay: 1: exec: /usr/bin/bwrap: not found\n" }),
    { reason: /could not be started: .*not found/, cure: /apt-get install bubblewrap/ },
  ],
  [
    "blocked user namespaces",
    probeOf(failed("bwrap: No permissions to create new namespace, likely because the kernel does not allow it\n")),
    { reason: /^User namespaces are blocked here/, cure: /apparmor_restrict_unprivileged_userns=0/ },
  ],
  [
    "an AppArmor profile",
    probeOf(failed("bwrap: setting up uid map: Permission denied")),
    { reason: /^User namespaces are blocked here/, cure: /AppArmor/ },
  ],
  [
    "an old helper",
    probeOf(failed("bwrap: Unknown option --disable-userns")),
    { reason: /too old/, cure: /0\.8 or newer/ },
  ],
  [
    "no bash",
    probeOf(failed("bwrap: execvp /bin/bash: No such file or directory")),
    { reason: /needs \/bin\/bash/, cure: /Install bash/ },
  ],
  ["anything else", probeOf(failed("bwrap: surprise")), { reason: /exit code 1: bwrap: surprise/, cure: /by hand/ }],
];

for (const [name, { probe }, expected] of causes) {
  test(`${name} is named as the cause, with its cure`, async () => {
    const status: SandboxStatus = await probe();
    assert.ok(status.kind === "unavailable");
    assert.match(status.reason, expected.reason);
    assert.match(status.cure, expected.cure);
  });
}
