// What counts as a container, and how sure that is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContainerFinding, describeContainer, findContainer } from "../../../server/sandbox/container.ts";

interface Machine {
  platform?: NodeJS.Platform;
  env?: Record<string, string>;
  files?: Record<string, string>;
}

function find({ platform = "linux", env = {}, files = {} }: Machine): ContainerFinding {
  return findContainer({
    platform,
    env,
    files: {
      lstat: (path) => (Object.hasOwn(files, path) ? "file" : null),
      readText: (path) => files[path] ?? null,
    },
  });
}

const overlay = "22 27 0:21 / /proc rw - proc proc rw\n27 1 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/l\n";
const disk = "27 1 254:0 / / rw,relatime - ext4 /dev/vda1 rw\n30 27 0:50 / /mnt rw - overlay overlay rw\n";
const group = (path: string) => ({ "/proc/1/cgroup": `11:memory:/\n1:name=systemd:${path}\n0::/\n` });

const machines: [name: string, machine: Machine, kind: ContainerFinding["kind"]][] = [
  ["an ordinary machine", { files: { "/proc/self/mountinfo": disk, "/proc/1/cgroup": "0::/init.scope\n" } }, "none"],
  ["a machine that shows nothing", {}, "none"],
  ["a user of containers, whose own processes are in none", { files: group("/system.slice/docker.service") }, "none"],
  ["Docker", { files: { "/.dockerenv": "" } }, "container"],
  ["Podman", { files: { "/run/.containerenv": "engine=podman" } }, "container"],
  ["systemd-nspawn", { files: { "/run/systemd/container": "systemd-nspawn\n" } }, "container"],
  ["a pod", { files: { "/var/run/secrets/kubernetes.io": "" } }, "container"],
  ["a group of Docker's", { files: group("/docker/3f5c0a") }, "container"],
  ["a group of Kubernetes'", { files: group("/kubepods/burstable/pod1/2a") }, "container"],
  [
    "a group of a pod under systemd",
    { files: group("/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope") },
    "container",
  ],
  ["a group of LXC's", { files: group("/lxc/box") }, "container"],
  ["a group of LXC's payload", { files: group("/lxc.payload.box/init.scope") }, "container"],
  ["a group of Podman's", { files: group("/machine.slice/libpod-12ab.scope") }, "container"],
  ["a variable alone, which anybody can set", { env: { CODESPACES: "true" } }, "doubtful"],
  ["a variable that says no", { env: { REMOTE_CONTAINERS: "false" } }, "none"],
  ["a variable without a value", { env: { container: "" } }, "none"],
  ["a layered root alone, as live systems have", { files: { "/proc/self/mountinfo": overlay } }, "doubtful"],
  [
    "a variable and a layered root",
    { env: { REMOTE_CONTAINERS: "true" }, files: { "/proc/self/mountinfo": overlay } },
    "container",
  ],
  ["a toolbox", { files: { "/run/.containerenv": "", "/run/.toolboxenv": "" } }, "shared"],
  ["a distrobox", { env: { DISTROBOX_ENTER_PATH: "/usr/bin/x" }, files: { "/run/.containerenv": "" } }, "shared"],
  ["a Flatpak", { env: { container: "flatpak" }, files: { "/.flatpak-info": "" } }, "shared"],
  ["WSL", { files: { "/run/systemd/container": "wsl\n" } }, "shared"],
  ["macOS with a file of that name", { platform: "darwin", files: { "/.dockerenv": "" } }, "none"],
];

for (const [name, machine, kind] of machines) {
  test(`${name}: ${kind}`, () => {
    const found = find(machine);
    assert.equal(found.kind, kind);
    assert.match(describeContainer(found), /^this (is|may be) /);
  });
}

test("what leads out of a container is told: an engine's socket, an administrator's rights", () => {
  const status = (capabilities: string) => ({ "/proc/self/status": `Name:\tnode\nCapEff:\t${capabilities}\n` });
  const openings = (files: Record<string, string>) => {
    const found = find({ files: { "/.dockerenv": "", ...files } });
    return found.kind === "container" ? found.openings : null;
  };
  assert.deepEqual(openings(status("00000000a80425fb")), []);
  assert.deepEqual(openings({ ...status("000001ffffffffff"), "/var/run/docker.sock": "" }), [
    "the engine outside answers at /var/run/docker.sock",
    "it runs with the rights of an administrator (CAP_SYS_ADMIN)",
  ]);
});

test("what the system says of itself comes into no sentence as it is", () => {
  const found = find({ files: { "/run/systemd/container": "podman\u001b[31m and more\n" } });
  assert.equal(describeContainer(found), "this is a container: /run/systemd/container says podman");
});
