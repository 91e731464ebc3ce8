// What people read of a thread wherever threads are listed: its title, its state, and when it was. Pure.
import type { Thread, ThreadStatus } from "./thread.ts";

/** The first line of what it is called; a thread that nobody has written to has no words of its own. */
export function titleOf({ name, preview }: Pick<Thread, "name" | "preview">): string {
  return (name ?? preview).trim().split("\n", 1)[0] || "New thread";
}

/** `finished`: since somebody looked at it last. `calm`: there is nothing to say. */
export type ThreadState = "waitsForApproval" | "waitsForAnswer" | "running" | "failed" | "finished" | "calm";

export const stateWords: Record<ThreadState, string> = {
  waitsForApproval: "Waits for your approval",
  waitsForAnswer: "Waits for your answer",
  running: "Running",
  failed: "Its last turn failed",
  finished: "Finished, not seen yet",
  calm: "",
};

export function stateOf(status: ThreadStatus, { isUnseen }: { isUnseen: boolean }): ThreadState {
  switch (status.type) {
    case "active":
      if (status.activeFlags.includes("waitingOnApproval")) return "waitsForApproval";
      return status.activeFlags.includes("waitingOnUserInput") ? "waitsForAnswer" : "running";
    case "systemError":
      return "failed";
    case "idle":
    case "notLoaded":
      return isUnseen ? "finished" : "calm";
    default:
      return status satisfies never;
  }
}

export function waits(state: ThreadState): boolean {
  return state === "waitsForApproval" || state === "waitsForAnswer";
}

/** "now", "5 min", "3 h", "2 d", then the date. Both in Unix seconds. */
export function relativeTime(at: number, now: number): string {
  const seconds = Math.max(0, now - at);
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d`;
  return new Date(at * 1000).toLocaleDateString("en", { day: "numeric", month: "short" });
}

const ages = ["Today", "Yesterday", "Previous 7 days", "Older"] as const;
type Age = (typeof ages)[number];

/** Which part of a list it stands in, by the days of this machine's calendar. Both in Unix seconds. */
function ageOf(at: number, now: number): Age {
  const daysAgo = dayOf(now) - dayOf(at);
  if (daysAgo <= 0) return "Today";
  if (daysAgo === 1) return "Yesterday";
  return daysAgo <= 7 ? "Previous 7 days" : "Older";
}

/** In the order given, which is newest first; without the parts that have none. */
export function byAge<T>(threads: readonly T[], timeOf: (thread: T) => number, now: number): [Age, T[]][] {
  const parts = ages.map((age): [Age, T[]] => [age, threads.filter((thread) => ageOf(timeOf(thread), now) === age)]);
  return parts.filter(([, members]) => members.length > 0);
}

// Days are counted at noon: a day on which clocks are changed is one, too.
function dayOf(seconds: number): number {
  const date = new Date(seconds * 1000);
  return Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime() / 86_400_000);
}
