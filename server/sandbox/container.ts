// Whether this process lives in a container, by what the system shows of itself. Pure: facts in, answer out.
import type { FileSystemFacts } from "./policy.ts";

export interface ContainerFacts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: Pick<FileSystemFacts, "lstat" | "readText">;
}

export type ContainerFinding =
  | {
      readonly kind: "container";
      /** What shows it, in a few words. */
      readonly sign: string;
      /** How what runs inside could get out, a few words each. */
      readonly openings: readonly string[];
    }
  /** It looks like one and may be none: variables are anybody's to set, and a live system has a layered root, too. */
  | { readonly kind: "doubtful"; readonly sign: string }
  /** A container that shares the user's home on purpose, so that it is no boundary. */
  | { readonly kind: "shared"; readonly sign: string }
  | { readonly kind: "none" };

export function findContainer(facts: ContainerFacts): ContainerFinding {
  if (facts.platform !== "linux") return { kind: "none" };
  const shared = sharedSign(facts);
  if (shared !== null) return { kind: "shared", sign: shared };
  const sure = sureSign(facts);
  if (sure !== null) return { kind: "container", sign: sure, openings: openingsOf(facts) };
  const weak = [variableSign(facts), layeredRootSign(facts)].filter((sign) => sign !== null);
  // Two that have nothing to do with each other are as good as one that is sure.
  if (weak.length === 2) return { kind: "container", sign: weak.join(" and "), openings: openingsOf(facts) };
  return weak[0] === undefined ? { kind: "none" } : { kind: "doubtful", sign: weak[0] };
}

/** For people: "this is a container: there is /.dockerenv". */
export function describeContainer(finding: ContainerFinding): string {
  switch (finding.kind) {
    case "container":
      return `this is a container: ${finding.sign}`;
    case "doubtful":
      return `this may be a container, but ${finding.sign} is all that says so`;
    case "shared":
      return `this is ${finding.sign}, which shares your home and confines nothing`;
    case "none":
      return "this is no container, as far as can be seen";
    default:
      return finding satisfies never;
  }
}

function sharedSign({ env, files }: ContainerFacts): string | null {
  if (isThere(files, "/run/.toolboxenv")) return "a toolbox";
  if (isSet(env["DISTROBOX_ENTER_PATH"])) return "a distrobox";
  if (isThere(files, "/.flatpak-info")) return "a Flatpak application";
  return files.readText("/run/systemd/container")?.trim() === "wsl" ? "the Windows Subsystem for Linux" : null;
}

// Only root can make these where they stand, and no command of ours can.
const marks = ["/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io"];

/** A group that an engine of containers made for the first process. */
const engineGroup =
  /\/(?:docker|lxc|buildkit|garden|containerd)[-/]|\/(?:kubepods|libpod|lxc\.payload|cri-containerd)\b/;

function sureSign({ files }: ContainerFacts): string | null {
  const mark = marks.find((path) => isThere(files, path));
  if (mark !== undefined) return `there is ${mark}`;
  const manager = files.readText("/run/systemd/container")?.trim();
  if (isSet(manager)) return `/run/systemd/container says ${firstWord(manager)}`;
  const group = files
    .readText("/proc/1/cgroup")
    ?.split("\n")
    .find((line) => engineGroup.test(line.split(":").slice(2).join(":")));
  return group === undefined ? null : "the first process is in a container's control group";
}

const variables = ["container", "REMOTE_CONTAINERS", "CODESPACES", "DEVCONTAINER", "KUBERNETES_SERVICE_HOST"];

function variableSign({ env }: ContainerFacts): string | null {
  const name = variables.find((each) => isSet(env[each]) && !/^(?:0|false|no)$/i.test(env[each] ?? ""));
  return name === undefined ? null : `the variable ${name} is set`;
}

function layeredRootSign({ files }: ContainerFacts): string | null {
  // "36 35 98:0 /subtree /mount/point options - type source superoptions"
  const root = files
    .readText("/proc/self/mountinfo")
    ?.split("\n")
    .findLast((line) => line.split(" ")[4] === "/");
  const type = root?.split(" - ")[1]?.split(" ")[0];
  return type !== undefined && /^(?:overlay|aufs|fuse\.fuse-overlayfs)$/.test(type) ? "the root is an overlay" : null;
}

const engineSockets = [
  "/var/run/docker.sock",
  "/run/docker.sock",
  "/run/podman/podman.sock",
  "/run/containerd/containerd.sock",
];

const CAP_SYS_ADMIN = 1n << 21n;

function openingsOf({ files }: ContainerFacts): string[] {
  const socket = engineSockets.find((path) => isThere(files, path));
  const effective = /^CapEff:\s*([0-9a-f]+)$/im.exec(files.readText("/proc/self/status") ?? "")?.[1];
  const isPrivileged = effective !== undefined && (BigInt(`0x${effective}`) & CAP_SYS_ADMIN) !== 0n;
  return [
    ...(socket === undefined ? [] : [`the engine outside answers at ${socket}`]),
    ...(isPrivileged ? ["it runs with the rights of an administrator (CAP_SYS_ADMIN)"] : []),
  ];
}

function isThere(files: ContainerFacts["files"], path: string): boolean {
  return files.lstat(path) !== null;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function firstWord(text: string): string {
  return /^[\w.-]{1,32}/.exec(text)?.[0] ?? "so";
}
