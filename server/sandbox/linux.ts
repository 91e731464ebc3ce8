// (command, resolved policy) -> the bubblewrap argv that enforces it. Pure, and holds no state.
import { join } from "node:path";
import { cleanPath, withoutLoaderVariables } from "./environment.ts";
import { isInside } from "../util/inside.ts";
import type { DeniedPath, RestrictedPolicy } from "./policy.ts";

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Already filtered by `commandEnvironment`, with what the user or the model added for this command. */
  readonly env: Readonly<Record<string, string>>;
  /** It gets a terminal of its own, made for it alone. */
  readonly terminal?: boolean;
}

/** What to start. `cwd` is where the program itself is started, not what the command inside sees. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Opened by whoever starts it, which gets them as descriptors 3 and so on. Undefined: none. */
  readonly files?: readonly OpenFile[];
  /** Its namespace of processes ends with it, and it with us; but not while it is still being made. */
  readonly leavesNothing?: "unlessCutShort";
}

export interface OpenFile {
  readonly path: string;
  /** "w" makes it, or makes it empty. */
  readonly flags: "r" | "w";
}

// --disable-userns: no nested user namespace, in which the mounts below could be undone.
const isolation = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-ipc",
  "--unshare-uts",
  "--unshare-cgroup-try",
  "--disable-userns",
  "--die-with-parent",
  "--cap-drop",
  "ALL",
];

// No controlling terminal, so nothing can be typed into the user's. A terminal made for the command is nobody else's.
const noTerminal = ["--new-session"];

// A terminal passes on three descriptors and no more, so the helper gets its others here. They are opened by name: a
// filter that cannot be read ends the start, and nothing is run without.
const withFiles = `trap '' INT QUIT TSTP; exec 3<"$1" 4>"$2" && shift 2 && exec "$@"`;
const filterDescriptor = "3";

// ^C in a terminal goes to the helper as well, which is deaf to keys and must outlive it; what it runs hears them.
const hearKeys = ["/usr/bin/env", "--default-signal=INT,QUIT,TSTP", "--"];

// The root is bound with all its submounts, so everything that follows is a change to a read-only system.
// /proc/sys belongs to uid 0, and its files ask for the owner and not for a capability: as root it must be read-only.
const base = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys"];

// An inherited descriptor is a way past every mount, so all are closed before the command begins. The shell that starts
// fastest does it, and leaves to Bash what it cannot: a descriptor above 9, and a program that is named like an option.
// -p: it reads no start-up file and imports no function. The command arrives as arguments, never as text. Up to the end of
// the closing nothing is called that a function from the environment could stand for.
const closeEach = (close: string) => `for BELAY_FD in /proc/self/fd/*; do BELAY_FD=\${BELAY_FD##*/}; ${close}; done; `;
// Descriptor 4 is told that everything stands and the command comes next.
const report = "unset BELAY_FD; echo >&4 || exit; exec 4>&-; ulimit -c 0; ";
const closeAndExec = [
  "/bin/sh",
  "-c",
  'case $1 in -*) exec /bin/bash -p -c "$0" belay "$@" ;; esac; ' +
    closeEach(
      'case $BELAY_FD in [0124]) ;; [0-9]) eval "exec $BELAY_FD>&-" ;; *) exec /bin/bash -p -c "$0" belay "$@" ;; esac',
    ) +
    `${report}exec "$@"`,
  `${closeEach("case $BELAY_FD in [0124]) ;; *) exec {BELAY_FD}>&- ;; esac")}${report}exec -- "$@"`,
];

const temporary = { TMPDIR: "/tmp", TMP: "/tmp", TEMP: "/tmp" };

/** What the helper is started with besides its argv. */
export interface LinuxLaunch {
  readonly helper: string;
  /** The file with the seccomp filter. */
  readonly filter: string;
  /** A file that is made, and no longer empty once the command is reached: see `LaunchReport`. */
  readonly report: string;
}

export function linuxSandbox(command: Command, policy: RestrictedPolicy, launch: LinuxLaunch): Program {
  const terminal = command.terminal ?? false;
  const args = [
    ...isolation,
    ...(terminal ? [] : noTerminal),
    ...(policy.networkAccess ? [] : ["--unshare-net"]),
    ...base,
    ...(policy.privateTmp === null ? ["--perms", "1777", "--tmpfs", "/tmp"] : ["--bind", policy.privateTmp, "/tmp"]),
    // Order matters from here on: a later mount covers an earlier one.
    ...policy.visibleInTmp.flatMap((path) => ["--ro-bind", path, path]),
    // A mount point cannot be renamed, which is what a pinned path is about. Parents sort before their children.
    ...[...policy.writableRoots, ...policy.pinnedPaths].sort().flatMap((path) => ["--bind", path, path]),
    ...[...policy.protectedPaths, ...policy.placeholders].flatMap((path) => ["--ro-bind", path, path]),
    ...policy.deniedPaths.flatMap(deny),
    ...["--chdir", command.cwd],
    ...["--seccomp", filterDescriptor],
    "--",
    ...closeAndExec,
    ...(terminal ? hearKeys : []),
    ...command.argv,
  ];
  return {
    ...(terminal ? startedInTerminal(launch, args) : startedWithFiles(launch, args)),
    cwd: "/",
    // npm must write to its cache, which otherwise lies in the home; other tools only read theirs.
    env: { npm_config_cache: "/tmp/npm-cache", ...withoutLoaderVariables(command.env), ...temporary },
    leavesNothing: "unlessCutShort",
  };
}

function startedWithFiles({ helper, filter, report }: LinuxLaunch, args: readonly string[]) {
  const files: OpenFile[] = [
    { path: filter, flags: "r" },
    { path: report, flags: "w" },
  ];
  return { file: helper, args, files };
}

function startedInTerminal({ helper, filter, report }: LinuxLaunch, args: readonly string[]) {
  return { file: "/bin/sh", args: ["-c", withFiles, "belay", filter, report, helper, ...args] };
}

/**
 * The helper to use, or null. `/usr/bin/bwrap` first, whatever PATH says: Ubuntu's AppArmor profile allows that path
 * only. `executable` gives the real path of an executable file, or null.
 */
export function findHelper(facts: {
  readonly path: string;
  readonly roots: readonly string[];
  readonly executable: (path: string) => string | null;
}): string | null {
  const onPath = cleanPath(facts.path, facts.roots)
    .split(":")
    .map((directory) => join(directory, "bwrap"));
  const found = ["/usr/bin/bwrap", ...onPath].find((candidate) => {
    const real = facts.executable(candidate);
    return real !== null && !facts.roots.some((root) => isInside(root, real));
  });
  return found ?? null;
}

// A denied file reads as empty, not as an error: several package managers die on a configuration file that exists and
// cannot be opened. A denied directory is an error, because only a tool that wants credentials opens it.
function deny({ path, kind }: DeniedPath): string[] {
  return kind === "directory"
    ? ["--perms", "0000", "--tmpfs", path, "--remount-ro", path]
    : ["--dev-bind", "/dev/null", path];
}
