// What a sandbox policy means on this machine: real roots, protected paths, denied paths.
// Pure: the file system is seen only through the facts passed in. Must not know which sandbox enforces the result.
import { dirname, isAbsolute, join, normalize } from "node:path";
import { isInside } from "../util/inside.ts";
import { gitObeys, type GitSurroundings, type Obeyed } from "./git-obeys.ts";
import { nestedGit } from "./nested-git.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";

export type PathKind = "file" | "directory" | "symlink" | "other";

/** The questions the translation asks about a file system. All answers are about the moment of asking. */
export interface FileSystemFacts {
  /** Does not follow a symlink. Null when nothing is there, or the user may not look. */
  lstat(path: string): PathKind | null;
  /** Null when the path does not lead to anything. */
  realpath(path: string): string | null;
  /** Null when the file cannot be read. */
  readText(path: string): string | null;
  /** What is directly in a directory, in any order. Empty when it cannot be listed. */
  list(path: string): readonly { readonly name: string; readonly kind: PathKind }[];
}

export interface PolicyContext {
  /** The thread's cwd, absolute. The cwd of a single command is the model's choice and must never come here. */
  readonly cwd: string;
  /** The user's home. Null: there is none, so there are no credentials of theirs to hide. */
  readonly home: string | null;
  /** Our own state (rollouts, keys). Null: none. */
  readonly belayHome: string | null;
  /** A host directory that appears as /tmp and outlives a command. Null: each command gets an empty /tmp of its own. */
  readonly privateTmp: string | null;
  readonly files: FileSystemFacts;
}

export interface DeniedPath {
  readonly path: string;
  readonly kind: "directory" | "file";
}

/** Every path but a placeholder is absolute, real and existed when the policy was resolved. Parents come before children. */
export interface RestrictedPolicy {
  readonly kind: "restricted";
  readonly cwd: string;
  /** Empty: nothing is writable but the private /tmp. */
  readonly writableRoots: readonly string[];
  /** What must stay visible although the private /tmp hides its surroundings. */
  readonly visibleInTmp: readonly string[];
  /**
   * Writable directories that stay where they are: something below them has a rule of its own, which would otherwise
   * no longer be found there by the next command.
   */
  readonly pinnedPaths: readonly string[];
  /** Read-only inside a writable root. */
  readonly protectedPaths: readonly string[];
  /**
   * Names in writable roots that are protected and did not exist. An empty directory must stand there before they can be
   * mounted read-only; none, where that is not needed.
   */
  readonly placeholders: readonly string[];
  /** Neither readable nor writable, wherever they are. */
  readonly deniedPaths: readonly DeniedPath[];
  readonly networkAccess: boolean;
  readonly privateTmp: string | null;
}

export type ResolvedPolicy = { readonly kind: "unrestricted" } | RestrictedPolicy;

export type Resolution =
  | { readonly kind: "resolved"; readonly policy: ResolvedPolicy }
  | { readonly kind: "refused"; readonly message: string };

// Names that become code outside the sandbox: git hooks and fsmonitor, editor tasks, our configuration, MCP servers.
// In the order of what a name that nobody expected would do: git and the editor look for theirs by themselves.
const protectedNames = [".git", ".vscode", ".codex", ".mcp.json", ".belay"];

/** Of names that do not exist: each shows up on the host while a command runs. */
const maxPlaceholders = 3;

const credentialNames = [
  ".ssh",
  ".aws",
  ".gnupg",
  ".kube",
  ".docker",
  ".azure",
  ".config/gh",
  ".config/gcloud",
  ".config/git/credentials",
  ".local/share/keyrings",
  ".password-store",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".netrc",
  ".npmrc",
  ".pypirc",
  ".git-credentials",
  ".config/hub",
  ".config/op",
  ".config/rclone",
  ".config/google-chrome",
  ".config/chromium",
  ".mozilla",
  ".codex",
  ".m2/settings.xml",
  ".gem/credentials",
  ".terraform.d/credentials.tfrc.json",
  ".terraformrc",
  ".vault-token",
  ".pgpass",
  ".my.cnf",
  ".s3cfg",
  ".boto",
  ".dockercfg",
];

// A read-only mount does not stop connect(): whoever can open one of these sockets can ask a host service, often root,
// to act outside the sandbox.
const hostServices = [
  "/run/docker.sock",
  "/run/containerd",
  "/run/crio",
  "/run/podman",
  "/run/dbus",
  "/run/systemd/private",
  "/run/snapd.sock",
  "/run/libvirt",
  "/run/user",
  // Not a socket, but as good as one: whoever writes to it speaks to init.
  "/run/initctl",
];

const kernelDirectories = ["/dev", "/proc", "/sys"];

/**
 * `writableRoots: []` means the thread's cwd alone; a listed root that does not exist is left out and nothing is
 * created for it. `excludeSlashTmp` and `excludeTmpdirEnvVar` have nothing left to exclude: the host's temporary
 * directories are writable under no policy, and the private /tmp that stands in for them is always there.
 */
export function resolvePolicy(policy: SandboxPolicy, context: PolicyContext): Resolution {
  switch (policy.type) {
    case "dangerFullAccess":
    case "externalSandbox":
      return { kind: "resolved", policy: { kind: "unrestricted" } };
    case "readOnly":
      return restrict([], policy.networkAccess, context);
    case "workspaceWrite":
      return restrict([context.cwd, ...policy.writableRoots], policy.networkAccess, context);
    default:
      return policy satisfies never;
  }
}

function restrict(requested: readonly string[], networkAccess: boolean, context: PolicyContext): Resolution {
  try {
    const cwd = isAbsolute(context.cwd) ? context.files.realpath(context.cwd) : null;
    if (cwd === null) throw new Refusal(`The working directory ${context.cwd} does not exist.`);
    const writableRoots = parentsFirst(requested.flatMap((path) => realRoot(path, context.files)));
    const visibleInTmp = writableRoots.length === 0 && isInside("/tmp", cwd) && cwd !== "/tmp" ? [cwd] : [];
    const shown = [...writableRoots, ...visibleInTmp];
    const around = { roots: writableRoots, home: context.home, files: context.files };
    const guarded = writableRoots.map((root) => protectedIn(root, around));
    const protectedPaths = parentsFirst(guarded.flatMap(({ present }) => present));
    const deniedPaths = denied(context).filter(({ path }) => !isHiddenByTmp(path, shown));
    const policy: RestrictedPolicy = {
      kind: "restricted",
      cwd,
      writableRoots,
      visibleInTmp,
      pinnedPaths: pinned(writableRoots, [...protectedPaths, ...deniedPaths.map(({ path }) => path)]),
      protectedPaths,
      placeholders: parentsFirst([
        ...writableRoots.flatMap((root) => absentIn(root, context.files)),
        ...guarded.flatMap(({ absent }) => absent),
      ]),
      deniedPaths,
      networkAccess,
      privateTmp: context.privateTmp,
    };
    refuseDeniedWorkspace(policy);
    return { kind: "resolved", policy };
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", message: error.message };
    throw error;
  }
}

// Carries a refusal out of the helpers below; never leaves this file.
class Refusal extends Error {}

function realRoot(path: string, files: FileSystemFacts): string[] {
  if (!isAbsolute(path)) throw new Refusal(`The writable root ${path} is not an absolute path.`);
  const real = files.realpath(path);
  if (real === null) return [];
  if (real === "/") throw new Refusal("The root directory cannot be a writable root: that would be full access.");
  const kernel = kernelDirectories.find((directory) => isInside(directory, real));
  if (kernel !== undefined) throw new Refusal(`The writable root ${path} lies in ${kernel}, which is the kernel's.`);
  // Of a repository that is no root, nobody would look what of it becomes code.
  if (real.split("/").includes(".git"))
    throw new Refusal(
      `The writable root ${path} lies in a .git, and what is in there becomes commands of git. Work in another folder.`,
    );
  return [real];
}

function protectedIn(root: string, around: GitSurroundings): Pick<Obeyed, "present" | "absent"> {
  const { roots, files } = around;
  const found = protectedNames.flatMap((name): Obeyed[] => {
    const path = join(root, name);
    const kind = files.lstat(path);
    if (kind === null) return [];
    // A mount over a symlink lands on its target, and the link itself could then be replaced.
    if (kind === "symlink") {
      throw new Refusal(
        `${path} is a symbolic link, so it cannot be protected while commands may write. ` +
          "Replace it by what it points at, or use the read-only sandbox.",
      );
    }
    return [name === ".git" ? gitObeys(path, kind, around) : only(path)];
  });
  const nested = nestedGit(root, files).flatMap(({ path, kind }): Obeyed[] => {
    if (kind !== "symlink") return [gitObeys(path, kind, around)];
    // Unlike at a root, links are the rule in trees that some tools check out: what one leads to is protected.
    const real = files.realpath(path);
    return real !== null && roots.some((each) => isInside(each, real)) ? [only(real)] : [];
  });
  const all = [...found, ...nested];
  const config = all.flatMap(({ absentConfigs }) => absentConfigs)[0];
  // No empty directory can stand for it: git would end over that.
  if (config !== undefined) {
    throw new Refusal(
      `Git is told to read ${config}, which does not exist, so it cannot be protected while commands may write. ` +
        "Make it, even empty, or remove the include from the configuration of git.",
    );
  }
  return { present: all.flatMap(({ present }) => present), absent: all.flatMap(({ absent }) => absent) };
}

function only(path: string): Obeyed {
  return { present: [path], absent: [], absentConfigs: [] };
}

function absentIn(root: string, files: FileSystemFacts): string[] {
  const isAbsent = (name: string) => files.lstat(join(root, name)) === null;
  const names = protectedNames.filter(isAbsent).slice(0, maxPlaceholders);
  // Where there is no .git, git takes a folder with a HEAD and its like for a repository.
  const bare = isAbsent(".git") && isAbsent("HEAD") ? ["HEAD"] : [];
  return [...names, ...bare].map((name) => join(root, name));
}

/** Every directory on the way from a root to one of the paths below it, and to a root inside it. */
function pinned(roots: readonly string[], paths: readonly string[]): string[] {
  const found = [...roots, ...paths].flatMap((path) => {
    const outermost = roots.find((root) => root !== path && isInside(root, path));
    if (outermost === undefined) return [];
    const way: string[] = [];
    for (let at = dirname(path); at !== outermost; at = dirname(at)) way.push(at);
    return way;
  });
  const isElsewhere = (path: string) => !roots.includes(path) && !paths.some((each) => isInside(each, path));
  return parentsFirst(found.filter(isElsewhere));
}

function denied({ home, belayHome, files }: PolicyContext): DeniedPath[] {
  const credentials = home === null ? [] : credentialNames.map((name) => join(home, name));
  const own = belayHome === null ? [] : [belayHome];
  const found = [...credentials, ...own, ...hostServices].flatMap((path): string[] => {
    const real = files.realpath(normalize(path));
    return real === null ? [] : [real];
  });
  const paths = parentsFirst(found).filter(
    (path, _, all) => !all.some((other) => other !== path && isInside(other, path)),
  );
  return paths.flatMap((path): DeniedPath[] => {
    const kind = files.lstat(path);
    return kind === null ? [] : [{ path, kind: kind === "directory" ? "directory" : "file" }];
  });
}

function isHiddenByTmp(path: string, shown: readonly string[]): boolean {
  return isInside("/tmp", path) && !shown.some((root) => isInside(root, path));
}

function refuseDeniedWorkspace({ cwd, writableRoots, deniedPaths }: RestrictedPolicy): void {
  for (const { path } of deniedPaths) {
    const inside = [cwd, ...writableRoots].find((root) => isInside(path, root));
    if (inside !== undefined) {
      throw new Refusal(`${inside} lies in ${path}, which commands may not read. Work in another directory.`);
    }
  }
}

// A parent sorts before its children because it is their prefix.
function parentsFirst(paths: readonly string[]): string[] {
  return [...new Set(paths)].sort();
}
