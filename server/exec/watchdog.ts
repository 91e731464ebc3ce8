// Ends what our commands have started when this process dies, however it does: a shell of a few lines that waits for the
// end of a pipe which only we hold.
import { type ChildProcess, spawn } from "node:child_process";
import { platform } from "node:process";
import { isExecutable } from "./descriptors.ts";
import type { SpawnRequest } from "./spawn.ts";
import { markVariable, newMark, serverMark } from "./left-behind.ts";

/** A program that is about to be started, of which nothing must stay. */
export interface Watched {
  /** With the mark by which all that it starts is found. */
  readonly env: Readonly<Record<string, string>>;
  /** To be called with the program's process group. */
  started(group: number): void;
  /** To be called when the program has ended, by a signal or not; resolves when all that it started has. */
  end(how: { wasKilled: boolean }): Promise<void>;
}

export function watched({ env, leavesNothing }: Pick<SpawnRequest, "env" | "leavesNothing">): Watched {
  if (leavesNothing === true) return { env, started: () => {}, end: async () => {} };
  const mark = newMark(env);
  let forget = (): void => undefined;
  return {
    env: mark.env,
    started: (group) => (forget = guard(group)),
    async end({ wasKilled }) {
      forget();
      // A namespace that is killed in the middle of its making loses its tie to us, and goes on alone.
      if (wasKilled || leavesNothing !== "unlessCutShort") await mark.endAll();
    },
  };
}

let watchdog: ChildProcess | null = null;

/** From now on, until the function that it returns is called. `group` is a process group of ours. */
function guard(group: number): () => void {
  if (platform === "win32") return () => undefined;
  const { stdin } = (watchdog ??= start());
  stdin?.write(`+ ${group}\n`);
  return () => void stdin?.write(`- ${group}\n`);
}

function start(): ChildProcess {
  const [file, args] = [
    isExecutable("/bin/bash") ? "/bin/bash" : "/bin/sh",
    ["-c", script, "belay-watchdog", serverMark],
  ];
  // In a session of its own: what ends ours must not end it. No mark, or it would find itself.
  const child = spawn(file, file === "/bin/bash" ? ["-p", ...args] : args, {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const forget = () => {
    if (watchdog === child) watchdog = null;
  };
  child.once("error", forget);
  child.once("exit", forget);
  child.stdin.on("error", forget);
  child.unref();
  // A pipe of Node's own kind, which can be told not to keep the process running.
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}

// Without /proc, as on macOS, `ps` tells the environment of programs that are not the system's own.
const script = `
trap '' HUP INT TERM QUIT TSTP
groups=' '
while read -r verb id; do
  case $verb in
    +) groups="$groups$id " ;;
    -) case $groups in *" $id "*) groups="\${groups%% "$id" *} \${groups#* "$id" }" ;; esac ;;
  esac
done
for id in $groups; do kill -s KILL -- "-$id"; done
mark='${markVariable}=[^[:cntrl:]]*'"$1"
round=0
while [ "$round" -lt 100 ]; do
  if [ -d /proc/self ]; then
    left=$(grep -laE -- "$mark" /proc/[0-9]*/environ)
    [ -n "$left" ] || break
    for file in $left; do file=\${file#/proc/}; kill -s KILL "\${file%/environ}"; done
  else
    left=$(ps -axEww -o pid=,command= | grep -E -- "$mark" | while read -r id rest; do [ "$id" = $$ ] || echo "$id"; done)
    [ -n "$left" ] || break
    for id in $left; do kill -s KILL "$id"; done
  fi
  round=$((round + 1))
done
`;
