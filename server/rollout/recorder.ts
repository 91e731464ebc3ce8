// Appends to one rollout. One whole line per write; a line is on its way to the disk before a client hears of it.
// Writes are synchronous on purpose: an append costs microseconds, and order between file and wire needs no second queue.
import { closeSync, constants, fdatasync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { RolloutEntry, RolloutLine } from "./line.ts";
import type { WriterLock } from "./writer-lock.ts";

export interface Recorder {
  readonly path: string;
  append(entry: RolloutEntry): void;
  /** Puts what was appended onto the disk itself, in the background. */
  flush(): void;
  close(): void;
}

/**
 * Creates the file (0600) and its folders (0700) when needed; a torn last line is sealed first. `onTrouble` hears once
 * when appending begins to fail, and the lines are kept and tried again with the next append.
 */
export function openRecorder(
  path: string,
  options: { nextOrdinal: number; now: () => number; lock: WriterLock; onTrouble: (reason: string) => void },
): Recorder {
  let fd: number | null = null;
  let ordinal = options.nextOrdinal;
  let unwritten: Buffer[] = [];
  let isFailing = false;

  const openLocked = () => {
    if (!options.lock.take()) throw new Error("another process writes to it");
    return openSealed(path);
  };
  const write = () => {
    try {
      fd ??= openLocked();
      const bytes = Buffer.concat(unwritten);
      // A short write would fuse two lines: the rest stays at the head of the queue.
      const written = writeSync(fd, bytes);
      unwritten = written === bytes.length ? [] : [bytes.subarray(written)];
      isFailing = false;
    } catch (error) {
      const isNews = !isFailing;
      isFailing = true;
      if (isNews) options.onTrouble((error as Error).message);
    }
  };

  return {
    path,
    append(entry) {
      const line: RolloutLine = { timestamp: new Date(options.now()).toISOString(), ordinal, ...entry };
      unwritten.push(Buffer.from(`${JSON.stringify(line)}\n`));
      ordinal++;
      write();
    },
    flush() {
      // Nobody waits for it: a failure here shows up as a failing append, which is reported.
      if (fd !== null) fdatasync(fd, () => {});
    },
    close() {
      if (fd !== null) closeSync(fd);
      fd = null;
      options.lock.release();
    },
  };
}

function openSealed(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  const { size } = fstatSync(fd);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a) writeSync(fd, "\n");
  return fd;
}
