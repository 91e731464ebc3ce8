// Watches one path: a file, a directory with its direct children, or what is not there yet. It goes on through deletion,
// replacement and return, because not the file is watched but the place.
import { existsSync, type FSWatcher, readlinkSync, realpathSync, statSync, watch } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { isTemporary } from "./replace-file.ts";

/**
 * Reports sorted paths, together what happens within 200 ms. Returns what ends it; nothing is reported after that.
 * Throws the error of the file system when the path cannot be watched.
 */
export function watchPath(path: string, report: (changedPaths: readonly string[]) => void): () => void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  const place = new Place(path, (changedPath) => {
    changed.add(changedPath);
    timer ??= setTimeout(() => {
      timer = null;
      report([...changed].toSorted((a, b) => (a < b ? -1 : 1)));
      changed.clear();
    }, windowMs);
  });
  return () => {
    if (timer !== null) clearTimeout(timer);
    place.close();
  };
}

const windowMs = 200;

class Place {
  readonly #path: string;
  readonly #report: (path: string) => void;
  #watchers: FSWatcher[] = [];
  #isThere = false;
  #isClosed = false;

  constructor(path: string, report: (path: string) => void) {
    this.#path = path;
    this.#report = report;
    this.#arm();
  }

  close(): void {
    this.#isClosed = true;
    this.#disarm();
  }

  #disarm(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  /** Watches what can be watched now, and once more if that changed while we looked. */
  #arm(): void {
    for (let look = 0; look < maxLooks; look++) {
      this.#disarm();
      const anchor = nearestDirectory(dirname(this.#path));
      const next = relative(anchor, this.#path).split(sep)[0] ?? "";
      this.#isThere = existsSync(this.#path);
      this.#watchNames(anchor, next, () => {
        // Of what lies between, only whether it leads to the path is news.
        if (dirname(this.#path) === anchor || existsSync(this.#path) !== this.#isThere) this.#report(this.#path);
      });
      this.#watchTarget();
      if (nearestDirectory(dirname(this.#path)) === anchor && existsSync(this.#path) === this.#isThere) return;
    }
  }

  /** The children of a directory; where a link leads, even if nothing is there. */
  #watchTarget(): void {
    const real = unlessGone(() => realpathSync(this.#path)) ?? unlessGone(() => nextHop(this.#path));
    if (real === null) return;
    if (unlessGone(() => statSync(real).isDirectory())) {
      const own = new Set([basename(this.#path), basename(real)]);
      this.#watchDirectory(this.#path, (name, event) => {
        // The system names the directory itself by its own name.
        const child = name === null ? null : join(this.#path, name);
        const isItself = child === null || (own.has(name ?? "") && !existsSync(child));
        this.#report(isItself ? this.#path : child);
        if (isItself && event === "rename") this.#rearm();
      });
    } else if (real !== this.#path && existsSync(dirname(real))) {
      this.#watchNames(dirname(real), basename(real), () => this.#report(this.#path));
    }
  }

  /** Calls `onEvent` for one name in a directory; looks anew when that name or the directory came or went. */
  #watchNames(directory: string, wanted: string, onEvent: () => void): void {
    const own = new Set([basename(directory), basename(unlessGone(() => realpathSync(directory)) ?? "")]);
    this.#watchDirectory(directory, (name, event) => {
      const isWanted = name === null || name === wanted;
      if (isWanted) onEvent();
      else if (!own.has(name)) return;
      if (event === "rename") this.#rearm();
    });
  }

  #watchDirectory(directory: string, onEvent: (name: string | null, event: string) => void): void {
    const watcher = watch(directory, { persistent: false }, (event, name) => {
      if (!this.#watchers.includes(watcher) || (name !== null && isTemporary(name))) return;
      onEvent(name, event);
    });
    // It is gone, and so is what was in it (Windows says so as an error).
    watcher.on("error", () => {
      if (!this.#isClosed) this.#rearm();
    });
    this.#watchers.push(watcher);
  }

  #rearm(): void {
    const wasThere = this.#isThere;
    try {
      this.#arm();
    } catch {
      // No more watches to be had, or no right to look: the path is reported once more below, and then silent.
      this.#disarm();
    }
    if (this.#isThere !== wasThere) this.#report(this.#path);
  }
}

// A place that changes faster than it can be looked at is left as it was seen last.
const maxLooks = 5;

/** Where a link points. Throws when it is none. */
function nextHop(link: string): string {
  return resolve(dirname(link), readlinkSync(link));
}

function nearestDirectory(path: string): string {
  const parent = dirname(path);
  if (parent === path || unlessGone(() => statSync(path).isDirectory())) return path;
  return nearestDirectory(parent);
}

function unlessGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    // Whatever the reason, it cannot be watched from here.
    return null;
  }
}
