// What the steps of setup.mjs share: running a program, saying what happens, and keeping two runs apart.
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const lockDeadlineMs = 15 * 60_000;
// The lock this process holds. It also names the programs run meanwhile: they may outlive us when we are killed.
let heldLock;

/** A failure with a message for the user: its cause, and its cure. Shown without a stack. */
export class SetupError extends Error {}

/** A line for the user. */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** Says `name…` before the work and how long it took after it. */
export async function step(name, work) {
  say(`${name}…`);
  const startedAt = performance.now();
  await work();
  say(`${name}: done in ${Math.round((performance.now() - startedAt) / 100) / 10} s`);
}

/** Runs a program silently. On failure throws with the end of its output and `options.cure`. */
export async function run(command, args, { cwd, env = process.env, cure }) {
  const output = [];
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  if (heldLock && child.pid) appendFileSync(heldLock, `${child.pid}\n`);
  const kill = () => child.kill();
  process.once("exit", kill);
  child.stdout.on("data", (data) => output.push(data));
  child.stderr.on("data", (data) => output.push(data));
  const end = await new Promise((resolve) => {
    child.once("error", (error) => resolve(`could not be started (${message(error)})`));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
  });
  process.off("exit", kill);
  if (end === undefined) return;
  const said = Buffer.concat(output).toString("utf8").trimEnd().split("\n").slice(-25);
  const line = [path.basename(command), ...args].join(" ");
  throw new SetupError(
    [...said.filter((text) => text !== "").map((text) => `  ${text}`), `\`${line}\` ${end}. ${cure}`].join("\n"),
  );
}

/** Runs npm, under `options.node` when given. Never through a shell, so not as `npm.cmd`. */
export async function npm(args, { node = process.execPath, cwd, cure }) {
  const env = { ...process.env, PATH: [path.dirname(node), process.env.PATH ?? ""].join(path.delimiter) };
  // What an outer `npm run` says about its own package is wrong for another directory.
  delete env.npm_config_local_prefix;
  const cli = npmCli();
  if (cli) return run(node, [cli, ...args], { cwd, env, cure });
  return run("npm", args, { cwd, env, cure });
}

function npmCli() {
  const beside = path.dirname(process.execPath);
  const places = [
    process.env.npm_execpath,
    path.join(beside, "node_modules", "npm", "bin", "npm-cli.js"),
    path.join(beside, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  // Under another package manager `npm_execpath` names that one.
  return places.find((file) => file && path.basename(file) === "npm-cli.js" && existsSync(file));
}

/** Runs `work` while no other process on this machine holds `lock`. A holder that died holds nothing. */
export async function withLock(lock, holder, work) {
  makeDir(path.dirname(lock));
  const startedAt = performance.now();
  let hasSaid = false;
  while (!takeLock(lock)) {
    if (!hasSaid) say(`Waiting for ${holder}…`);
    hasSaid = true;
    if (performance.now() - startedAt > lockDeadlineMs) {
      throw new SetupError(
        `Waited ${lockDeadlineMs / 60_000} minutes for ${holder}. If there is none, delete ${lock} and run again.`,
      );
    }
    // There is no event for another process's file, hence the polling.
    await delay(250);
  }
  heldLock = lock;
  const release = () => {
    heldLock = undefined;
    rmSync(lock, { force: true });
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function takeLock(lock) {
  try {
    writeFileSync(lock, `${process.pid}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST")
      throw new SetupError(`Cannot write ${lock}: ${message(error)}. Set BELAY_CACHE to a directory you own.`);
  }
  const holders = readPids(lock);
  if (holders.length > 0 && !holders.some(isAlive)) removeStale(lock, holders[0]);
  return false;
}

// Of two that see only dead holders, renaming lets one remove the lock; both try again.
function removeStale(lock, owner) {
  const stale = `${lock}.stale-${process.pid}`;
  try {
    renameSync(lock, stale);
    // The other one was so fast that this is its fresh lock: give it back.
    if (readPids(stale)[0] !== owner) renameSync(stale, lock);
    rmSync(stale, { force: true });
  } catch {
    // The other one was faster.
  }
}

// Empty while the owner is between creating the file and writing its pid.
function readPids(lock) {
  try {
    return readFileSync(lock, "utf8")
      .split("\n")
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    // Released meanwhile: the next try will take it.
    return [];
  }
}

/** Makes a directory and its parents; a SetupError when that is not allowed. */
export function makeDir(dir) {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new SetupError(`Cannot create ${dir}: ${message(error)}. Set BELAY_CACHE to a directory you can write to.`);
  }
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

export function message(error) {
  return error instanceof Error ? error.message : String(error);
}
