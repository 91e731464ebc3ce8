// Step (c) of setup.mjs: VS Code for the UI tests, from npm, in a cache outside the checkout.
// It is built beside its place and renamed when complete, so what is found there is whole.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive, makeDir, message, npm, say, SetupError, step } from "./setup-steps.mjs";

const marker = "complete.json";
const standIn = path.join(path.dirname(fileURLToPath(import.meta.url)), "spdlog-stand-in.cjs");

/** Where things live that outlast a checkout. test/support/vscode/install.ts looks in the same place. */
export function cacheDir() {
  if (process.env.BELAY_CACHE) return path.resolve(process.env.BELAY_CACHE);
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "belay");
}

/** Installs `package`@`version` unless it is there. `node` is the Node that will run it: npm picks packages by it. */
export async function ensureVscode({ package: name, version, node }) {
  const target = path.join(cacheDir(), `vscode-${version}`);
  if (existsSync(path.join(target, marker))) return putStandIn(target, name);
  if (process.platform === "win32") {
    say("The served VS Code does not run on Windows: UI tests need BELAY_VSCODE to name a desktop VS Code.");
    return;
  }
  const partial = `${target}.partial-${process.pid}`;
  try {
    makeDir(cacheDir());
    removeLeftovers(target);
    await step(`Installing VS Code (${name}@${version})`, () => build(partial, { name, version, node }));
    moveInto(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function build(dir, { name, version, node }) {
  const cure =
    "UI tests are skipped until this works. Check the npm settings, the network and the free space (600 MB), then run again.";
  mkdirSync(dir);
  writeFileSync(path.join(dir, "package.json"), JSON.stringify({ private: true }));
  // No install scripts: they need a compiler. What is missed of their work is put in its place below.
  const quiet = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await npm(["install", ...quiet, "--no-package-lock", `${name}@${version}`], { node, cwd: dir, cure });
  await npm(["install", ...quiet], { node, cwd: vscodeRoot(dir, name), cure });
  putStandIn(dir, name);
  writeFileSync(
    path.join(dir, marker),
    JSON.stringify({ package: name, version, platform: process.platform, arch: process.arch }),
  );
}

// Also into an install of an earlier day, so that all of them behave like this checkout expects.
function putStandIn(dir, name) {
  const wanted = readFileSync(standIn, "utf8");
  const place = path.join(vscodeRoot(dir, name), "node_modules", "@vscode", "spdlog", "index.js");
  if (readFileSync(place, "utf8") === wanted) return;
  writeFileSync(`${place}.${process.pid}`, wanted);
  renameSync(`${place}.${process.pid}`, place);
}

function vscodeRoot(dir, name) {
  return path.join(dir, "node_modules", name, "lib", "vscode");
}

// Another run may have finished first; its result is as good, and may be in use.
function moveInto(partial, target) {
  if (existsSync(path.join(target, marker))) return;
  // Something without a marker is in the way: not ours, or damaged by hand.
  if (existsSync(target)) renameSync(target, `${target}.partial-0`);
  try {
    renameSync(partial, target);
  } catch (error) {
    if (!existsSync(path.join(target, marker))) {
      throw new SetupError(`Cannot move VS Code to ${target}: ${message(error)}. Delete that directory and run again.`);
    }
  }
  rmSync(`${target}.partial-0`, { recursive: true, force: true });
}

// What a killed run left behind. Its name carries the pid of its owner.
function removeLeftovers(target) {
  for (const name of readdirSync(path.dirname(target))) {
    const owner = new RegExp(`^${path.basename(target).replaceAll(".", "\\.")}\\.partial-(\\d+)$`).exec(name)?.[1];
    if (owner === undefined || (owner !== "0" && isAlive(Number(owner)))) continue;
    try {
      rmSync(path.join(path.dirname(target), name), { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // An npm that outlived its run still writes there. The next run removes it; nobody reads it.
    }
  }
}
