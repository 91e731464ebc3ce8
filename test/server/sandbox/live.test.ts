// What confines commands, as it changes while a server lives.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SandboxState } from "../../../server/protocol/command.ts";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";
import type { ContainerFinding } from "../../../server/sandbox/container.ts";
import { LiveSandbox } from "../../../server/sandbox/live.ts";
import type { SandboxStatus } from "../../../server/sandbox/probe.ts";

const works: SandboxStatus = { kind: "works", layer: "bubblewrap, seccomp" };
const broken: SandboxStatus = { kind: "unavailable", reason: "It is blocked.", cure: "Unblock it." };
const docker: ContainerFinding = { kind: "container", sign: "there is /.dockerenv", openings: [] };
const readOnly = { type: "readOnly", networkAccess: false } as const;
const workspaceWrite: SandboxPolicy = {
  type: "workspaceWrite",
  writableRoots: [],
  networkAccess: false,
  excludeTmpdirEnvVar: false,
  excludeSlashTmp: false,
};

interface Facts {
  container?: ContainerFinding;
  meant?: boolean;
  status?: SandboxStatus;
}

function live({ container = { kind: "none" }, meant = false, status = works }: Facts = {}) {
  const world = { status, meant, now: 0, probes: 0, told: [] as SandboxState["kind"][] };
  const sandbox = new LiveSandbox({
    async probe() {
      world.probes++;
      return world.status;
    },
    findContainer: () => container,
    containerIsSandbox: () => world.meant,
    now: () => world.now,
  });
  sandbox.onChange(({ kind }) => world.told.push(kind));
  return { sandbox, world };
}

test("a sandbox that works is asked once, by however many", async () => {
  const { sandbox, world } = live();
  await Promise.all([sandbox.state(), sandbox.status(), sandbox.unavailable(readOnly)]);
  world.now = 1e9;
  assert.equal((await sandbox.state()).kind, "works");
  assert.deepEqual([world.probes, world.told], [1, []]);
});

test("one that did not work is tried again after ten seconds, and everybody hears that it does now", async () => {
  const { sandbox, world } = live({ status: broken });
  assert.equal((await sandbox.state()).kind, "unavailable");
  world.status = works;
  world.now = 9_999;
  assert.equal((await sandbox.state()).kind, "unavailable");
  world.now = 10_000;
  assert.equal((await sandbox.state()).kind, "works");
  assert.deepEqual([world.probes, world.told], [2, ["works"]]);
});

test("a sandbox that goes away is noticed by the command that it did not start, and everybody hears it once", async () => {
  const { sandbox, world } = live();
  await sandbox.state();
  world.status = broken;
  const failed = "spawn /usr/bin/bwrap ENOENT";
  const said = await Promise.all([sandbox.launchFailed(failed), sandbox.launchFailed(failed)]);
  const cause = "The command was not run: the sandbox could not be started (spawn /usr/bin/bwrap ENOENT).";
  assert.equal(
    said[0],
    `${cause} It is blocked. Unblock it. Call again, and what needs a sandbox asks the user first.`,
  );
  assert.equal(said[0], said[1]);
  assert.equal(await sandbox.unavailable(workspaceWrite), "It is blocked.");
  assert.deepEqual([world.probes, world.told], [2, ["unavailable"]]);
});

test("one start that fails while the sandbox works changes nothing for the next", async () => {
  const { sandbox, world } = live();
  await sandbox.state();
  const said = await sandbox.launchFailed("bwrap: Can't mount this");
  assert.equal(said, "The command was not run: the sandbox could not be started (bwrap: Can't mount this).");
  assert.deepEqual([world.probes, world.told], [2, []]);
});

const choices: [string, Facts, SandboxState["kind"], readOnly: boolean, write: boolean][] = [
  ["a sandbox that works wins over the choice", { container: docker, meant: true }, "works", true, true],
  [
    "without a sandbox the chosen container is it",
    { container: docker, meant: true, status: broken },
    "container",
    false,
    true,
  ],
  ["a container that nobody chose is none", { container: docker, status: broken }, "unavailable", false, false],
  ["a choice outside a container counts nothing", { meant: true, status: broken }, "unavailable", false, false],
  [
    "nor does it where a container is only a guess",
    { container: { kind: "doubtful", sign: "a variable" }, meant: true, status: broken },
    ...(["unavailable", false, false] as const),
  ],
];

for (const [name, facts, kind, confinesReading, confinesWriting] of choices) {
  test(name, async () => {
    const { sandbox } = live(facts);
    const state = await sandbox.state();
    assert.equal(state.kind, kind);
    assert.equal((await sandbox.unavailable(readOnly)) === null, confinesReading);
    assert.equal((await sandbox.unavailable(workspaceWrite)) === null, confinesWriting);
    assert.equal(await sandbox.containerIsSandbox(), kind === "container");
  });
}

test("who makes the container the sandbox, and takes that back, is followed at once", async () => {
  const { sandbox, world } = live({ container: docker, status: broken });
  const state = await sandbox.state();
  assert.match(state.cure ?? "", /^Unblock it\. Or let this container be the sandbox: container_is_sandbox = true/);
  const told = () => new Promise((resolve) => sandbox.onChange(resolve));
  for (const [meant, kind] of [
    [true, "container"],
    [false, "unavailable"],
  ] as const) {
    world.meant = meant;
    const change = told();
    assert.ok(sandbox.configured());
    await change;
    assert.equal((await sandbox.state()).kind, kind);
  }
  assert.ok(!sandbox.configured());
  assert.deepEqual([world.probes, world.told], [1, ["container", "unavailable"]]);
});

test("a container with a way out says so where it is the sandbox", async () => {
  const open: ContainerFinding = { ...docker, openings: ["the engine outside answers at /run/docker.sock"] };
  const { sandbox } = live({ container: open, meant: true, status: broken });
  const { reason } = await sandbox.state();
  assert.equal(reason, "It is blocked. It has a way out: the engine outside answers at /run/docker.sock.");
});
