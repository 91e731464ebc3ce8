// Which system calls a sandboxed command does not get, and why. Data: `seccomp.ts` makes the filter of it.

/** Numbers of both machines; null where the machine has no such call. */
interface Call {
  readonly name: string;
  readonly x64: number | null;
  readonly arm64: number | null;
}

/**
 * EPERM is what a person is told; ENOSYS is what makes a library fall back to an older call. No call ends the process:
 * many programs try one of these and go on without it.
 */
export type Errno = "EPERM" | "ENOSYS" | "EAFNOSUPPORT";

interface DeniedCalls {
  readonly why: string;
  readonly errno: Errno;
  readonly calls: readonly Call[];
}

const call = (name: string, x64: number | null, arm64: number | null = x64): Call => ({ name, x64, arm64 });

/** Refused whatever they are given. */
export const deniedCalls: readonly DeniedCalls[] = [
  {
    why: "They look into or take over other processes.",
    errno: "EPERM",
    calls: [
      call("ptrace", 101, 117),
      call("process_vm_readv", 310, 270),
      call("process_vm_writev", 311, 271),
      call("kcmp", 312, 272),
      call("pidfd_getfd", 438),
      call("process_madvise", 440),
      call("migrate_pages", 256, 238),
      call("move_pages", 279, 239),
    ],
  },
  {
    why: "Keyrings are the user's: no namespace holds them.",
    errno: "EPERM",
    calls: [call("add_key", 248, 217), call("request_key", 249, 218), call("keyctl", 250, 219)],
  },
  {
    why: "Large and often mended parts of the kernel, which no build or test needs.",
    errno: "EPERM",
    calls: [
      call("bpf", 321, 280),
      call("perf_event_open", 298, 241),
      call("userfaultfd", 323, 282),
      call("fanotify_init", 300, 262),
      call("modify_ldt", 154, null),
      call("uselib", 134, null),
      call("lookup_dcookie", 212, 18),
      call("lsm_set_self_attr", 460),
    ],
  },
  {
    why: "Work given to the ring is done past this filter: sockets of any family, for one.",
    errno: "ENOSYS",
    calls: [call("io_uring_setup", 425), call("io_uring_enter", 426), call("io_uring_register", 427)],
  },
  {
    why: "The mounts are the sandbox.",
    errno: "EPERM",
    calls: [
      call("mount", 165, 40),
      call("umount2", 166, 39),
      call("pivot_root", 155, 41),
      call("chroot", 161, 51),
      call("open_tree", 428),
      call("open_tree_attr", 467),
      call("move_mount", 429),
      call("fsopen", 430),
      call("fsconfig", 431),
      call("fsmount", 432),
      call("fspick", 433),
      call("mount_setattr", 442),
      call("open_by_handle_at", 304, 265),
      call("setns", 308, 268),
    ],
  },
  {
    why: "Its flags lie behind a pointer, where no filter sees them. Libraries fall back to clone.",
    errno: "ENOSYS",
    calls: [call("clone3", 435)],
  },
  {
    why: "What it makes may be a set-user-id file, and that, too, is said behind a pointer. Libraries fall back to openat.",
    errno: "ENOSYS",
    calls: [call("openat2", 437)],
  },
  {
    why: "The machine is not the command's.",
    errno: "EPERM",
    calls: [
      call("syslog", 103, 116),
      call("vhangup", 153, 58),
      call("adjtimex", 159, 171),
      call("clock_adjtime", 305, 266),
      call("clock_settime", 227, 112),
      call("settimeofday", 164, 170),
      call("acct", 163, 89),
      call("swapon", 167, 224),
      call("swapoff", 168, 225),
      call("reboot", 169, 142),
      call("sethostname", 170, 161),
      call("setdomainname", 171, 162),
      call("iopl", 172, null),
      call("ioperm", 173, null),
      call("create_module", 174, null),
      call("init_module", 175, 105),
      call("delete_module", 176, 106),
      call("finit_module", 313, 273),
      call("quotactl", 179, 60),
      call("quotactl_fd", 443),
      call("nfsservctl", 180, 42),
      call("kexec_load", 246, 104),
      call("kexec_file_load", 320, 294),
    ],
  },
];

/** The last call that was looked at for this table. A newer one is unknown to it, and so does not exist inside. */
export const lastKnownCall = 469;

/** Allowed or not by what stands in one argument, of which the kernel reads the low 32 bits. */
export interface ArgumentRule {
  readonly why: string;
  readonly calls: readonly Call[];
  /** All must hold, in this order; the first that does not gives its errno. */
  readonly checks: readonly ArgumentCheck[];
}

export interface ArgumentCheck {
  readonly argument: number;
  /** Only these bits are looked at. Undefined: all 32. */
  readonly mask?: number;
  readonly rule: "oneOf" | "noneOf";
  readonly values: readonly number[];
  readonly errno: Errno;
  /** The check counts only for calls whose argument has this value, as far as the mask goes. */
  readonly when?: { readonly argument: number; readonly mask?: number; readonly value: number };
}

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_SEQPACKET = 5;
/** The rest of a socket's type are flags. */
const TYPE_MASK = 0xf;

const NEW_NAMESPACES = 0x7e020000;
const CLONE_NEWTIME = 0x80;
const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;
const S_ISUID = 0o4000;
const O_CREAT = 0o100;
const O_TMPFILE = 0o20000000;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const TIOCSETD = 0x5423;
const ADDR_NO_RANDOMIZE = 0x0040000;
const PER_LINUX32 = 8;
const PERSONALITY_QUERY = 0xffffffff;

const inetTypes = (family: number): ArgumentCheck => ({
  argument: 1,
  mask: TYPE_MASK,
  rule: "oneOf",
  values: [SOCK_STREAM, SOCK_DGRAM],
  errno: "EPERM",
  when: { argument: 0, value: family },
});

export const argumentRules: readonly ArgumentRule[] = [
  {
    why:
      "A socket file of the host is reached by its path, whatever the mounts say, and who connects cannot be seen here. " +
      "So there are no Unix sockets but pairs. Other families lead past the network namespace, or are rarely used code.",
    calls: [call("socket", 41, 198)],
    checks: [
      { argument: 0, rule: "noneOf", values: [AF_UNIX], errno: "EPERM" },
      { argument: 0, rule: "oneOf", values: [AF_INET, AF_INET6, AF_NETLINK], errno: "EAFNOSUPPORT" },
      // What lists the network's interfaces; the others speak to all of the kernel.
      {
        argument: 2,
        rule: "oneOf",
        values: [NETLINK_ROUTE],
        errno: "EAFNOSUPPORT",
        when: { argument: 0, value: AF_NETLINK },
      },
      inetTypes(AF_INET),
      inetTypes(AF_INET6),
    ],
  },
  {
    why: "One of a pair of datagram sockets can still send to a path, or be connected to it.",
    calls: [call("socketpair", 53, 199)],
    checks: [
      { argument: 0, rule: "oneOf", values: [AF_UNIX], errno: "EAFNOSUPPORT" },
      { argument: 1, mask: TYPE_MASK, rule: "oneOf", values: [SOCK_STREAM, SOCK_SEQPACKET], errno: "EPERM" },
    ],
  },
  {
    why: "In namespaces of its own a command has capabilities again.",
    calls: [call("clone", 56, 220)],
    checks: [{ argument: 0, mask: NEW_NAMESPACES, rule: "oneOf", values: [0], errno: "EPERM" }],
  },
  {
    why: "As with clone.",
    calls: [call("unshare", 272, 97)],
    checks: [{ argument: 0, mask: NEW_NAMESPACES | CLONE_NEWTIME, rule: "oneOf", values: [0], errno: "EPERM" }],
  },
  {
    why: "They type into a terminal, or change what drives it.",
    calls: [call("ioctl", 16, 29)],
    checks: [{ argument: 1, rule: "noneOf", values: [TIOCSTI, TIOCLINUX, TIOCSETD], errno: "EPERM" }],
  },
  {
    why: "Other personalities weaken the address space of what is run. Sanitizers need it to stay where it is.",
    calls: [call("personality", 135, 92)],
    checks: [
      { argument: 0, rule: "oneOf", values: [0, PER_LINUX32, ADDR_NO_RANDOMIZE, PERSONALITY_QUERY], errno: "EPERM" },
    ],
  },
  {
    why: "Devices; pipes and files may be made.",
    calls: [call("mknod", 133, null)],
    checks: [{ argument: 1, mask: S_IFMT, rule: "noneOf", values: [S_IFCHR, S_IFBLK], errno: "EPERM" }, noSetUser(1)],
  },
  {
    why: "As with mknod.",
    calls: [call("mknodat", 259, 33)],
    checks: [{ argument: 2, mask: S_IFMT, rule: "noneOf", values: [S_IFCHR, S_IFBLK], errno: "EPERM" }, noSetUser(2)],
  },
  {
    why: "A set-user-id file in the workspace works outside of the sandbox, as the user or, for uid 0, as root.",
    calls: [call("chmod", 90, null), call("fchmod", 91, 52), call("creat", 85, null)],
    checks: [noSetUser(1)],
  },
  {
    why: "As with chmod.",
    calls: [call("fchmodat", 268, 53), call("fchmodat2", 452)],
    checks: [noSetUser(2)],
  },
  {
    why: "A file can be made with that mode, too.",
    calls: [call("open", 2, null)],
    checks: madeBy({ flags: 1, mode: 2 }),
  },
  {
    why: "As with open.",
    calls: [call("openat", 257, 56)],
    checks: madeBy({ flags: 2, mode: 3 }),
  },
];

function noSetUser(argument: number): ArgumentCheck {
  return { argument, mask: S_ISUID, rule: "oneOf", values: [0], errno: "EPERM" };
}

/** Of a call that makes no file the mode may be anything. */
function madeBy({ flags, mode }: { flags: number; mode: number }): ArgumentCheck[] {
  return [O_CREAT, O_TMPFILE].map((mask) => ({ ...noSetUser(mode), when: { argument: flags, mask, value: mask } }));
}
