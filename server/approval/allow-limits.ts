// What a rule must not allow: programs that run whatever they are told, so that the words of a rule say nothing. Pure.
import { basename } from "node:path";

const words = (text: string) => new Set(text.split(" "));

const interpreters = words(
  "bash sh dash zsh fish ksh mksh csh tcsh ash rbash pwsh powershell cmd python pypy ruby perl php node nodejs deno bun " +
    "tsx ts-node lua luajit tclsh wish expect R Rscript julia ghc runghc runhaskell osascript swift scala groovy jshell " +
    "elixir erl racket guile sbcl irb iex java awk gawk mawk nawk sed gsed find ed ex vi vim nvim emacs m4 dc bc gdb lldb",
);

/** Their arguments are another command. */
const runners = words(
  "sudo su doas pkexec run0 env xargs parallel nohup nice ionice chrt taskset setsid stdbuf timeout time watch script " +
    "unbuffer flock strace ltrace ptrace busybox toybox exec eval command builtin source . trap alias chroot unshare " +
    "nsenter bwrap firejail systemd-run at batch ssh npx bunx pnpx uvx pipx entr ld.so fakeroot dbus-run-session coproc",
);

/** What they do is said by their second word. */
const tools = words(
  "npm pnpm yarn cargo go git docker podman kubectl helm uv poetry pipenv pdm hatch conda mamba bundle nix make gmake " +
    "ninja just rake gradle gradlew mvn mvnw dotnet gh glab aws gcloud az terraform pip pip3 gem brew apt apt-get dnf " +
    "systemctl flutter dart mix rebar3 composer turbo nx lerna rustup pulumi ansible vagrant adb tmux screen",
);

/** With these they run whatever follows. */
const openVerbs: Record<string, Set<string>> = {
  npm: words("exec x create init explore run run-script"),
  pnpm: words("exec x dlx create init run"),
  yarn: words("exec dlx create init run node workspace"),
  cargo: words("install"),
  go: words("run install generate tool"),
  uv: words("run tool x"),
  uvx: words("run"),
  poetry: words("run shell"),
  pipenv: words("run shell"),
  pdm: words("run"),
  hatch: words("run shell"),
  conda: words("run"),
  mamba: words("run"),
  bundle: words("exec"),
  nix: words("run shell develop"),
  docker: words("run exec compose"),
  podman: words("run exec compose"),
  kubectl: words("run exec debug"),
  git: words("config bisect filter-branch submodule rebase difftool mergetool"),
  dotnet: words("exec tool"),
  gh: words("extension alias api"),
};

/** `run` names one of the project's own scripts, so a third word says enough. */
const runsScripts = words("npm pnpm yarn");

const inlineCode = /^-[A-Za-z]*[ceEpr]$|^--(?:eval|print|command|execute|expression|require|import)(?:=|$)/;

/**
 * Why a rule may not allow this; null when it may. An alternative that may not be allowed spoils the whole rule. The end
 * of a sentence that begins with the pattern.
 */
export function allowProblem(pattern: readonly (readonly string[])[], { exact }: { exact: boolean }): string | null {
  const [names = [], ...rest] = pattern;
  const problems = names.map((name) => problemOf(programName(name), rest, exact));
  return problems.find((problem) => problem !== null) ?? null;
}

/**
 * Options with which tools run a program of the line's choice, write where it says, or obey other settings: "with any
 * arguments" does not mean them.
 */
const furtherOptions = [
  ...words("upload-pack receive-pack exec exec-path output output-file output-directory outDir outFile ext-diff"),
  ...words(
    "open-files-in-pager git-dir work-tree config-env template toolexec vettool overlay modfile ldflags gcflags",
  ),
  ...words("config config-file config-path kubeconfig target-dir manifest-path script-shell node-options userconfig"),
  ...words("globalconfig prefix git editor viewer eval plugin require rcfile rootdir resolvePluginsRelativeTo"),
];

/** Whether no rule but an exact one covers a command with this word. */
export function reachesFurther(word: string): boolean {
  const name = /^--?([A-Za-z][A-Za-z-]*)/.exec(word)?.[1];
  if (name === undefined) return false;
  // Many tools take the beginning of a name for it.
  const isShort = word.startsWith("--") && name.length >= 3;
  return furtherOptions.some((option) => option === name || (isShort && option.startsWith(name)));
}

/** Without its folder, a version and a suffix, in small letters apart from R: python for /usr/bin/python3.12. */
export function programName(word: string): string {
  const name = basename(word).replace(/\.(?:exe|cmd|bat)$/i, "");
  const bare = name.replace(/[-.]?\d+(?:\.\d+)*$/, "");
  return bare === "R" || bare === "Rscript" ? bare : (bare || name).toLowerCase();
}

export function isInterpreter(word: string): boolean {
  return interpreters.has(programName(word));
}

export function isRunner(word: string): boolean {
  return runners.has(programName(word));
}

export function isTool(word: string): boolean {
  return tools.has(programName(word));
}

function problemOf(name: string, rest: readonly (readonly string[])[], exact: boolean): string | null {
  if (runners.has(name)) return `${name} runs another command, so a rule cannot allow it`;
  if (interpreters.has(name)) return interpreterProblem(name, rest, exact);
  if (exact) return null;
  if (!tools.has(name)) return null;
  const [verbs, ...further] = rest;
  if (verbs === undefined) return `${name} does many things, so a rule has to say more than its name`;
  const option = verbs.find((verb) => verb.startsWith("-"));
  if (option !== undefined) return `${name} ${option} does not say what it does`;
  const open = verbs.find((verb) => openVerbs[name]?.has(verb));
  if (open === undefined) return null;
  const isScript = runsScripts.has(name) && open.startsWith("run") && further.length > 0;
  if (isScript && further[0]?.every((word) => !word.startsWith("-"))) return null;
  return `${name} ${open} runs whatever follows, so a rule can allow it only exactly`;
}

function interpreterProblem(name: string, rest: readonly (readonly string[])[], exact: boolean): string | null {
  if (!exact) return `${name} runs whatever it is told, so a rule can allow it only exactly`;
  if (rest.length === 0) return `${name} alone runs what is typed into it, so a rule cannot allow it`;
  const code = rest.flat().find((word) => inlineCode.test(word) || word === "-");
  if (code !== undefined && name !== "find")
    return `${name} ${code} runs code from the line, so a rule cannot allow it`;
  return null;
}
