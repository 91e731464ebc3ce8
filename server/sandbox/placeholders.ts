// Empty directories that stand for protected names while commands run: a mount needs something to be mounted on. They
// show up in the workspace, so each is written down first, shared by all commands of all servers, and removed behind the
// last of them; what a killed server left is removed by the next one. Removed is what is empty and written down, nothing else.
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileLock, type Processes } from "../util/file-lock.ts";
import { Silence } from "../util/silence.ts";

export interface Placeholders {
  /** Whether what stands there now is one. */
  has(path: string): boolean;
  /**
   * Puts them where nothing is, and returns those of the paths where something stands now. Throws Error with a
   * sentence when they cannot be written down.
   */
  hold(paths: readonly string[]): readonly string[];
  /** Once for each `hold`, with what it returned. Must not throw. */
  release(paths: readonly string[]): void;
}

const silence = new Silence(20_000);

/** By path, the processes whose commands need it. */
type Registry = Record<string, readonly string[]>;

/** `directory` is ours alone, and exists. */
export function placeholdersIn(directory: string, { owner, isAlive }: Processes): Placeholders {
  const file = join(directory, "placeholders.json");
  const lockPath = join(directory, "placeholders.lock");
  // Of a process that cannot be seen from here, the lock alone shows that it is gone: what is held so briefly and stays.
  const lock = fileLock(lockPath, { owner, isAlive: (other) => isAlive(other) && !silence.isSilent(lockPath, other) });
  /** How many commands of this process need each. */
  const held = new Map<string, number>();

  const read = () => readRegistry(file);
  const write = (registry: Registry) => replace(file, registry, owner);

  function add(paths: readonly string[]): void {
    const before = read();
    // Written down first: whatever happens next, it will be removed.
    write({ ...before, ...Object.fromEntries(paths.map((path) => [path, withOwner(before[path], owner)])) });
    const theirs = paths.filter((path) => !makeDirectory(path) && before[path] === undefined);
    if (theirs.length > 0) write(without(read(), theirs));
  }

  /** Of all that this process no longer needs, and of processes that are gone. */
  function removeUnused(): void {
    const before = read();
    const kept: Record<string, readonly string[]> = {};
    for (const [path, users] of Object.entries(before)) {
      const alive = users.filter((user) => (user === owner ? held.has(path) : isAlive(user)));
      if (alive.length > 0) kept[path] = alive;
      else removeDirectory(path);
    }
    write(kept);
  }

  if (Object.keys(read()).length > 0) quietly(() => locked(lock, removeUnused));

  return {
    has: (path) => held.has(path) || read()[path] !== undefined,
    hold(paths) {
      const missing = paths.filter((path) => !held.has(path) || !exists(path));
      if (missing.length > 0) locked(lock, () => add(missing));
      const standing = paths.filter(exists);
      for (const path of standing) held.set(path, (held.get(path) ?? 0) + 1);
      return standing;
    },
    release(paths) {
      for (const path of paths) {
        const left = (held.get(path) ?? 1) - 1;
        if (left > 0) held.set(path, left);
        else held.delete(path);
      }
      // What stays is written down still, and goes with the next one or the next start.
      if (paths.some((path) => !held.has(path))) quietly(() => locked(lock, removeUnused));
    },
  };
}

const attempts = 100;
const betweenMs = 2;

/** Other servers hold the lock for less than a millisecond, and rarely: waiting for it is not worth an event. */
function locked(lock: ReturnType<typeof fileLock>, act: () => void): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; !lock.take(); attempt++) {
    if (attempt === attempts) throw new Error("another server of Belay holds the list of placeholders");
    Atomics.wait(pause, 0, 0, betweenMs);
  }
  try {
    act();
  } finally {
    lock.release();
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // What could not be removed is tried again by the next command and by the next server.
  }
}

/** A file that is damaged names nothing, so nothing is removed for it. */
function readRegistry(file: string): Registry {
  try {
    if (!exists(file)) return {};
    const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
    const entries = typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : [];
    return Object.fromEntries(
      entries.flatMap(([path, users]) => (Array.isArray(users) ? [[path, users.map(String)]] : [])),
    );
  } catch {
    return {};
  }
}

/** Where a file is put in another's place, a disk may be waited for: with one command at a time there is none. */
function replace(file: string, registry: Registry, owner: string): void {
  if (Object.keys(registry).length === 0) {
    rmSync(file, { force: true });
    return;
  }
  const aside = `${file}.${owner.replaceAll(" ", "-")}`;
  writeFileSync(aside, JSON.stringify(registry), { mode: 0o600 });
  renameSync(aside, file);
}

function withOwner(users: readonly string[] = [], owner: string): readonly string[] {
  return users.includes(owner) ? users : [...users, owner];
}

function without(registry: Registry, paths: readonly string[]): Registry {
  return Object.fromEntries(Object.entries(registry).filter(([path]) => !paths.includes(path)));
}

/** False: something is there already, or nothing may be. */
function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o755 });
    return true;
  } catch {
    return false;
  }
}

/** Fails for what is not an empty directory: that has become somebody's. */
function removeDirectory(path: string): void {
  try {
    // A link on the way was not there when it was made.
    if (realpathSync.native(dirname(path)) === dirname(path)) rmdirSync(path);
  } catch {
    // Gone, or in use by a person: either way nothing of ours is left.
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
