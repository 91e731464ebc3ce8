// Knows, without looking twice, when a command runs and when it and all its descendants are gone: they hold a pipe.
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withDeadline } from "./test-server.ts";

export interface Lifeline extends Disposable {
  readonly started: Promise<unknown>;
  /** Resolves when no process holds the pipe any more. */
  readonly gone: Promise<unknown>;
}

/** A shell line for the workspace: says that it runs, and then does `line`, holding the pipe. */
export function holdingLifeline(line: string): string {
  return `exec 9>lifeline; echo up >&9; ${line}`;
}

/** Must be there before the command runs. */
export function lifeline(workspace: string): Lifeline {
  const fifo = join(workspace, "lifeline");
  spawnSync("mkfifo", [fifo]);
  const reader = spawn("cat", [fifo], { stdio: ["ignore", "pipe", "inherit"] });
  const started = new Promise((resolve) => reader.stdout.once("data", resolve));
  const gone = new Promise((resolve) => reader.once("close", resolve));
  return {
    get started() {
      return withDeadline(started, () => "the command to start");
    },
    get gone() {
      return withDeadline(gone, () => "the command and its descendants to end");
    },
    [Symbol.dispose]: () => void reader.kill(),
  };
}

/** A variable for the environment of a command. The same test may run elsewhere on this machine. */
export function ownTag(): string {
  return `BELAY_TEST_TAG=${randomUUID()}`;
}

/** Process ids whose environment has this text: what a command left behind. */
export function processesTagged(tag: string): string[] {
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(tag));
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    // Ended meanwhile, or not ours.
    return "";
  }
}

/** Holds a command that does `read x < gate` until it is opened. Must be there before the command runs. */
export function gate(workspace: string): { open(): Promise<void> } {
  const fifo = join(workspace, "gate");
  spawnSync("mkfifo", [fifo]);
  return { open: () => withDeadline(writeFile(fifo, "go\n"), () => "the command to come to the gate") };
}

/** What a command writes to a pipe of this name, once it does. Must be there before the command runs. */
export function fifo(workspace: string, name: string): Promise<string> {
  const path = join(workspace, name);
  spawnSync("mkfifo", [path]);
  return withDeadline(readFile(path, "utf8"), () => `a command to write to ${name}`);
}
