// Where Belay keeps what is its own, and whether others could have put something there.
import { chmodSync, lstatSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Absolute. An empty variable is as good as none. */
export function belayHome(env: Readonly<Record<string, string | undefined>>, userHome: string): string {
  return resolve(env["BELAY_HOME"] || join(userHome, ".belay"));
}

/**
 * A sentence with cause and cure for a home that must not be used: a link to a place where others write. Rules, providers
 * and compiled code lie there, so whoever writes there decides what runs here. `uid`: null where there are no users.
 */
export function homeRefusal(home: string, uid: number | null): string | null {
  if (uid === null || lstatOf(home)?.isSymbolicLink() !== true) return null;
  const target = statOf(home);
  // It leads nowhere: nothing is read there, and what is to be written says why it cannot be.
  if (target === null) return null;
  const isOthers = target.uid !== uid && target.uid !== 0;
  if (!isOthers && !isOpen(target) && !mayBeSwapped(home)) return null;
  const who = isOthers ? `belongs to another user (${target.uid})` : "can be written to by other users";
  return (
    `${home} is a link to a folder that ${who}, and what lies there decides what Belay runs. ` +
    "Remove the link, or let BELAY_HOME name the folder itself."
  );
}

/** Others may not look in. Does nothing where that is not ours to say; the doctor names it then. */
export function keepPrivate(home: string, uid: number | null): void {
  const stats = statOf(home);
  if (stats === null || uid === null || stats.uid !== uid || (stats.mode & 0o077) === 0) return;
  try {
    chmodSync(home, 0o700);
  } catch {
    // A disk that is read-only, or knows no modes.
  }
}

function isOpen({ mode }: Stats): boolean {
  return (mode & 0o022) !== 0;
}

/** Others could put another folder in its place: that around it is theirs to change, and not as /tmp is. */
function mayBeSwapped(home: string): boolean {
  const around = statOf(dirname(realpathSync(home)));
  return around !== null && (around.mode & 0o002) !== 0 && (around.mode & 0o1000) === 0;
}

function lstatOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
