// A child program with everything it starts: ended together, waited for, and not left behind if this process dies first.
// Knows nothing about VS Code.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { within } from "./deadline.ts";

// Every process of one tree inherits this variable, also those that left the process group or lost their parent.
const markName = "BELAY_TEST_TREE";
const live = new Set<ProcessTree>();
let hooksInstalled = false;

export type ProcessTree = { child: ChildProcess; mark: string };

/** Starts `command` as the root of a tree. Its stdin is closed; stdout and stderr are pipes. */
export function startTree(command: string, args: string[], env: NodeJS.ProcessEnv): ProcessTree {
  installHooks();
  const mark = crypto.randomUUID();
  const child = spawn(command, args, {
    env: { ...env, [markName]: mark },
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group: a Ctrl-C at the terminal reaches us first, and we end the tree in order.
    detached: process.platform !== "win32",
  });
  const tree = { child, mark };
  live.add(tree);
  return tree;
}

/**
 * Ends the tree: SIGTERM to the root, a moment for the rest to follow by itself, then SIGKILL.
 * Resolves when no process of it is left, with the command lines that had to be killed.
 */
export async function stopTree(tree: ProcessTree, graceMs = 5_000): Promise<string[]> {
  const { child } = tree;
  const before = members(tree);
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const root = `process ${child.pid} to end after SIGTERM`;
    await within(graceMs, root, exited).catch(async () => {
      child.kill("SIGKILL");
      await within(graceMs, `process ${child.pid} to end after SIGKILL`, exited);
    });
  }
  const left = await gone(tree, before, graceMs);
  for (const pid of left.keys()) signal(pid, "SIGKILL");
  const stuck = await gone(tree, left, graceMs);
  live.delete(tree);
  if (stuck.size > 0) throw new Error(`These processes survived SIGKILL: ${[...stuck.values()].join("; ")}`);
  return [...left.values()];
}

// Waits for the end of processes that are not our children. The system sends no event for that, hence the polling.
async function gone(tree: ProcessTree, known: Map<number, string>, timeoutMs: number): Promise<Map<number, string>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const left = new Map([...known, ...members(tree)].filter(([pid]) => isAlive(pid)));
    if (left.size === 0 || performance.now() > deadline) return left;
    await delay(25);
  }
}

/** The living processes of a tree other than its root: pid and command line. */
export function members(tree: ProcessTree): Map<number, string> {
  const root = tree.child.pid;
  const table = process.platform === "linux" ? readProc(`${markName}=${tree.mark}`) : readPs();
  const found = new Map<number, string>();
  const open = table.filter((row) => row.isMarked || (root !== undefined && row.parent === root));
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    if (found.has(row.pid) || row.pid === root) continue;
    found.set(row.pid, row.command);
    const parent = row.pid;
    open.push(...table.filter((candidate) => candidate.parent === parent));
  }
  return found;
}

type ProcessRow = { pid: number; parent: number; command: string; isMarked: boolean };

function readProc(mark: string): ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const parent = Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      rows.push({ pid, parent, command, isMarked: readFileSync(`/proc/${pid}/environ`).includes(mark) });
    } catch {
      // It ended while we looked, or belongs to someone else: not one of ours either way.
    }
  }
  return rows;
}

// Elsewhere the environment of another process is not readable: only those that kept their parents are found.
function readPs(): ProcessRow[] {
  if (process.platform === "win32") return [];
  const listing = spawnSync("ps", ["-A", "-o", "pid=,ppid=,command="], { encoding: "utf8" }).stdout ?? "";
  return listing.split("\n").flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid && parent && command ? [{ pid: Number(pid), parent: Number(parent), command, isMarked: false }] : [];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    // ESRCH: it has ended.
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    // A zombie has ended; only its parent has not asked yet.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // It ended between the two looks.
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile, which is what we wanted.
  }
}

// A test file that ends early (a failed assertion, Ctrl-C, the runner's SIGTERM) must not leave a VS Code running.
function installHooks(): void {
  if (hooksInstalled) return;
  hooksInstalled = true;
  process.on("exit", () => {
    for (const tree of live) {
      // The root first: it would start its children anew.
      if (tree.child.pid !== undefined) signal(tree.child.pid, "SIGKILL");
      // Twice: a child may have been born while we looked.
      for (const pid of members(tree).keys()) signal(pid, "SIGKILL");
      for (const pid of members(tree).keys()) signal(pid, "SIGKILL");
    }
  });
  for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.once(name, () => {
      // Someone else who listens decides what the signal means; the exit hook above runs in any case.
      if (process.listenerCount(name) === 0) process.exit(code);
    });
  }
}
