// Where the writable roots of a thread led when they were first used. A command may replace what lies in a root, and a
// link or a directory on the way to another root with it: what the next command could write to must not follow.
import { basename, dirname, join, normalize } from "node:path";
import type { FileSystemFacts } from "./policy.ts";

export class RootPins {
  readonly #files: FileSystemFacts;
  readonly #real = new Map<string, string>();

  constructor(files: FileSystemFacts) {
    this.#files = files;
  }

  /** Null when every root leads to where it led before, or to nothing. Else a sentence that names cause and cure. */
  refusal(threadId: string, roots: readonly string[]): string | null {
    for (const root of roots) {
      const key = `${threadId}\0${root}`;
      const before = this.#real.get(key) ?? expectedRealpath(root, this.#files);
      this.#real.set(key, before);
      const now = this.#files.realpath(root);
      if (now === null || now === before) continue;
      return `The command was not run: ${root} was ${before} when this thread first used it, and is ${now} now, which nobody allowed to be written. Put it back, or start a new thread.`;
    }
    return null;
  }
}

/** Of what does not exist yet: where it will be if it is created there as a directory. */
function expectedRealpath(path: string, files: FileSystemFacts): string {
  const real = files.realpath(path);
  if (real !== null) return real;
  const parent = dirname(normalize(path));
  return parent === path ? path : join(expectedRealpath(parent, files), basename(path));
}
