// Names a process so that another one with the same number, later, is not taken for it.
import { readFileSync } from "node:fs";
import { kill, pid } from "node:process";

/** Of this process: its number, and the time of its start where the system tells it. */
export function ownIdentity(): string {
  return `${pid} ${startOf(pid) ?? ""}`.trim();
}

/** For several holders in one process: it is named after the process, and after a number of its own. */
export function ownPart(): { owner: string; isAlive: (owner: string) => boolean } {
  return { owner: `${ownIdentity()} ${++parts}`, isAlive: isRunning };
}

let parts = 0;

/** Whether the process that was named so still runs. */
export function isRunning(identity: string): boolean {
  const [pid = "", start] = identity.split(" ");
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  if (start !== undefined) return startOf(number) === start;
  try {
    kill(number, 0);
    return true;
  } catch (error) {
    // It is somebody else's, so it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** In clock ticks since boot; null where there is no /proc, and for what does not run. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Behind the name in parentheses, which may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
