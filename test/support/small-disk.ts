// A disk of a few hundred kilobytes, and what stands in its way: for tests of what happens when it is full or read-only.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a test that needs one is skipped with; false: it can run. */
export const noSmallDisks =
  process.platform !== "linux" || process.getuid?.() !== 0 ? "only root on Linux may mount a disk for it" : false;

/** For tests that limit the size of files of a running process. */
export const noPrlimit = process.platform === "linux" ? false : "limits of another process can be set on Linux only";

export interface SmallDisk extends Disposable {
  /** Takes all the space there is. */
  fill(): void;
  free(): void;
  setReadOnly(isReadOnly: boolean): void;
}

/** Over this folder, whose files are hidden meanwhile. Files of `like` are there from the start. */
export function smallDisk(folder: string, like: Readonly<Record<string, string>> = {}, size = "400k"): SmallDisk {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "belay-test", folder]);
  for (const [name, text] of Object.entries(like)) writeFileSync(join(folder, name), text);
  const filler = join(folder, "filler");
  return {
    fill() {
      for (const piece of [4096, 1]) {
        try {
          for (;;) writeFileSync(filler, Buffer.alloc(piece), { flag: "a" });
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        }
      }
    },
    free: () => rmSync(filler),
    setReadOnly: (isReadOnly) =>
      void execFileSync("mount", ["-o", `remount,${isReadOnly ? "ro" : "rw"}`, folder], { stdio: "ignore" }),
    [Symbol.dispose]: () => void execFileSync("umount", ["-l", folder]),
  };
}

/** No file of that process may become longer; null: as long as they like. */
export function limitFiles(pid: number, bytes: number | null): void {
  const soft = bytes ?? "unlimited";
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${soft}:unlimited`]);
}
