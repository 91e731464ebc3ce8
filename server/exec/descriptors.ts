// Keeps the terminals of one command out of the hands of the others: the system hands an open terminal, as node-pty
// makes it, to every program that is started while it is open.
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { SpawnRequest } from "./spawn.ts";

let terminals = 0;

/** To be called when one was made; the answer, when it is closed. */
export function terminalOpened(): () => void {
  terminals++;
  return () => void terminals--;
}

export function areTerminalsOpen(): boolean {
  return terminals > 0;
}

/** Starts the same with nothing open but its three streams and its files. A program that is missing ends with 127. */
export function withoutOthersDescriptors({ file, args, files = [] }: Pick<SpawnRequest, "file" | "args" | "files">) {
  return { file: "/bin/bash", args: ["-p", "-c", closeAndExec, String(2 + files.length), file, ...args] };
}

/** Whether it can be found, so that a program that is missing is started, in vain, without anything around it. */
export function isThere({ file, env }: Pick<SpawnRequest, "file" | "env">): boolean {
  const places = isAbsolute(file) ? [file] : (env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, file));
  return places.some(isExecutable);
}

/** Bash, because others cannot close a descriptor above 9; -p, so that it reads no start-up file and no function. */
const closeAndExec =
  'for fd in /dev/fd/*; do fd=${fd##*/}; [ "$fd" -gt "$0" ] && exec {fd}>&-; done; unset fd; exec -- "$@"';

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
