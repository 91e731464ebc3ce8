// The probe: one run, one answer, with cause and cure.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Program } from "../../../server/sandbox/linux.ts";
import { type ProbeResult, type SandboxStatus, sandboxProbe } from "../../../server/sandbox/probe.ts";

const worked: ProbeResult = { exitCode: 0, spawnError: null, output: "" };

function probeOf(result: ProbeResult, changes: { platform?: NodeJS.Platform; helper?: string | null } = {}) {
  const started: Program[] = [];
  const run = async (program: Program) => {
    started.push(program);
    return result;
  };
  return { probe: sandboxProbe({ platform: "linux", helper: "/usr/bin/bwrap", run, ...changes }), started };
}

test("the sandbox works when the real argv ran, and the answer is kept", async () => {
  const { probe, started } = probeOf(worked);
  assert.deepEqual(await Promise.all([probe(), probe()]), [{ kind: "works" }, { kind: "works" }]);
  assert.equal(started.length, 1);
  assert.equal(started[0]?.file, "/usr/bin/bwrap");
  assert.ok(started[0]?.args.includes("--disable-userns"));
  assert.equal(started[0]?.args.at(-1), "true");
});

const failed = (output: string): ProbeResult => ({ exitCode: 1, spawnError: null, output });

const causes: [string, ReturnType<typeof probeOf>, { reason: RegExp; cure: RegExp }][] = [
  ["another system", probeOf(worked, { platform: "darwin" }), { reason: /no command sandbox for darwin/, cure: /WSL/ }],
  ["no helper", probeOf(worked, { helper: null }), { reason: /not installed/, cure: /apt-get install bubblewrap/ }],
  [
    "a helper that has vanished",
    probeOf({ exitCode: null, spawnError: "spawn /usr/bin/bwrap ENOENT", output: "" }),
    { reason: /could not be started: .*ENOENT/, cure: /apt-get install bubblewrap/ },
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
