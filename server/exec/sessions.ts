// Ends a whole session: a shell in a terminal gives each of its jobs a group, so the group of the leader is not all.
import { readdirSync, readFileSync } from "node:fs";
import { kill } from "node:process";

/** `session` is the process id of its leader, which may have ended. Only Linux tells the members. */
export function killSession(session: number, signal: "SIGTERM" | "SIGKILL"): void {
  // Again while there are some: one may have been starting another. Once is enough to ask.
  for (let round = 0; round < (signal === "SIGKILL" ? 5 : 1); round++) {
    const members = processes().filter((id) => sessionOf(id) === session);
    if (members.length === 0) return;
    for (const member of members) signalIfThere(member, signal);
  }
}

/** A negative id names a process group. */
export function signalIfThere(id: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    kill(id, signal);
  } catch {
    // It has ended, or belongs to another user: nothing is left to do.
  }
}

/** All of this machine, or of this container. Empty where there is no /proc. */
export function processes(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function sessionOf(id: number): number | null {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, "latin1");
    // The name before it may contain anything, parentheses and spaces included.
    const [state, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : Number(session);
  } catch {
    // It ended between the listing and the reading.
    return null;
  }
}
