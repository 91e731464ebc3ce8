// The environment a command may see. Pure.
import { delimiter, isAbsolute, normalize } from "node:path";
import { isInside } from "../util/inside.ts";

// Variables that make a program run or load something else than it was asked to, or answer for the user.
const injection =
  /^(?:LD_.*|DYLD_.*|BASH_.*|BASHOPTS|SHELLOPTS|ENV|PROMPT_COMMAND|PS4|IFS|CDPATH|GLOBIGNORE|ZDOTDIR|NODE_OPTIONS|RIPGREP_CONFIG_PATH|PYTHONPATH|PYTHONSTARTUP|PYTHONHOME|PERL5.*|PERLLIB|RUBYOPT|RUBYLIB|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|GIT_.*|GCONV_PATH|LOCPATH|NLSPATH|GLIBC_TUNABLES|LESSOPEN|LESSCLOSE)$/i;

// What ties a child to the editor that started us, or to the user's agents and desktop.
const host = /^(?:ELECTRON_.*|VSCODE_.*|SSH_AUTH_SOCK|SSH_AGENT_PID|SSH_ASKPASS|DBUS_.*|XAUTHORITY)$/i;

const secret = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD|PASSPHRASE|CREDENTIAL|AUTH(?!OR)|COOKIE|DSN|(?:^|_)PAT$/i;
/** The working directory and the one before it are named like passwords and are none. */
const directories = /^(?:PWD|OLDPWD|INIT_CWD)$/i;
/** A command needs its proxy, but not the name and password that a person may have put into the address. */
const proxy = /_PROXY$/i;
const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)?.*@/is;

// The loader and libc read these before main(), so they act on the sandbox helper itself, which runs outside; a shell
// obeys its own before its first line, so they act on what closes the way past the mounts.
const loader =
  /^(?:LD_.*|DYLD_.*|GCONV_PATH|LOCPATH|NLSPATH|GLIBC_TUNABLES|MALLOC_.*|SHELLOPTS|BASHOPTS|BASH_XTRACEFD|BASH_FUNC_.*)$/i;

// Nobody sits at the terminal: no colours, no pager, no cursor movement.
const unattended = { TERM: "dumb", NO_COLOR: "1", PAGER: "cat", GIT_PAGER: "cat" };

const defaultPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(delimiter);

/** What someone put into the environment of one command goes on top of this, by the caller, after it was approved. */
export function commandEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  options: {
    /** Workspace roots as the user spells them and as they really are. */ readonly roots: readonly string[];
    /** Variables known to hold a secret, whatever they are called. */ readonly secretNames?: readonly string[];
    /** Somebody does sit at a terminal. */ readonly terminal?: boolean;
  },
): Record<string, string> {
  const kept: Record<string, string> = {};
  const secrets = new Set(options.secretNames?.map((name) => name.toUpperCase()));
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || injection.test(name) || host.test(name)) continue;
    if (secrets.has(name.toUpperCase()) || (secret.test(name) && !directories.test(name))) continue;
    kept[name] = cleanValue(name, value, options.roots);
  }
  return { ...kept, ...(options.terminal ? { TERM: attendedTerm(kept["TERM"]) } : unattended) };
}

/** A server has often no terminal of its own to name, or a poor one. */
function attendedTerm(inherited: string | undefined): string {
  return inherited === undefined || inherited === "dumb" ? "xterm-256color" : inherited;
}

function cleanValue(name: string, value: string, roots: readonly string[]): string {
  // Windows spells it Path.
  if (name.toUpperCase() === "PATH") return cleanPath(value, roots);
  return proxy.test(name) ? value.replace(userInfo, "$1") : value;
}

/**
 * Drops relative and empty entries (both mean the cwd) and entries inside a workspace, node_modules/.bin included:
 * npm adds it itself. When nothing is left, the system's usual directories.
 */
export function cleanPath(path: string, roots: readonly string[]): string {
  const entries = path.split(delimiter).filter((entry) => {
    const directory = normalize(entry);
    return isAbsolute(entry) && !roots.some((root) => isInside(normalize(root), directory));
  });
  return entries.length === 0 ? defaultPath : entries.join(delimiter);
}

/** Must be applied to whatever the sandbox helper is started with. */
export function withoutLoaderVariables(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !loader.test(name)));
}
