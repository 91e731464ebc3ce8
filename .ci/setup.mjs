// Makes a fresh checkout ready, then runs a script of ours under the Node 24 of node_modules:
//   node .ci/setup.mjs [--without-vscode] <script.ts> [args…]
// Runs on Node 20 with nothing installed, so it imports nothing but Node itself. Each step looks first and only does
// what is missing; two runs at the same time, or one killed half-way, leave nothing broken.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants as osConstants } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDir, ensureVscode } from "./setup-vscode.mjs";
import { message, npm, run, say, SetupError, step, withLock } from "./setup-steps.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tools = JSON.parse(readFileSync(path.join(root, ".ci", "tools.json"), "utf8"));
const node24 = path.join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const endSignals = ["SIGINT", "SIGTERM", "SIGHUP"];
const usage = "Usage: node .ci/setup.mjs [--without-vscode] <script.ts> [args…]";

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}

async function main(args) {
  const needsVscode = args[0] !== "--without-vscode";
  const [script, ...rest] = needsVscode ? args : args.slice(1);
  if (!script || script.startsWith("-")) throw new SetupError(usage);
  if (!existsSync(path.resolve(root, script))) throw new SetupError(`There is no ${script} in ${root}. ${usage}`);
  if (Number(process.versions.node.split(".")[0]) < 20) {
    throw new SetupError(
      `This is Node ${process.versions.node}: setting up needs Node 20 or newer. Install one and run again.`,
    );
  }
  // Ending by process.exit takes the program that a step is running with it.
  for (const name of endSignals) process.once(name, () => process.exit(128 + osConstants.signals[name]));
  await ensureModules();
  await ensureSystemPackages(needsVscode);
  // The UI tests say themselves why they are skipped when VS Code is not there, so its absence ends nothing.
  if (needsVscode) await ensureVscode({ ...tools.vscode, node: node24 }).catch(warn);
  await runScript(path.resolve(root, script), rest);
}

// (a) The packages of package-lock.json.

async function ensureModules() {
  if (areModulesFresh()) return;
  const lock = path.join(cacheDir(), "locks", createHash("sha256").update(root).digest("hex").slice(0, 16));
  await withLock(lock, "another run that installs packages here", async () => {
    if (areModulesFresh()) return;
    const cure = "Check the npm settings and the network, then run again.";
    await step("Installing packages (npm ci)", () =>
      npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, cure }),
    );
    if (!runsNode24()) await installNode24(cure);
    writeStamp();
  });
}

function areModulesFresh() {
  const hash = lockHash();
  if (readText(stampFile()) === hash) return runsNode24();
  // Somebody ran npm by hand: what it wrote down about its work tells whether that was this very lock.
  if (!isInstalledAsLocked() || !runsNode24()) return false;
  writeStamp();
  return true;
}

function isInstalledAsLocked() {
  const installed = readText(path.join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return false;
  const present = JSON.parse(installed).packages ?? {};
  const wanted = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages ?? {};
  const names = Object.keys(wanted).filter((name) => name !== "");
  return (
    names.every((name) => (present[name] ? present[name].version === wanted[name].version : wanted[name].optional)) &&
    Object.keys(present).every((name) => wanted[name])
  );
}

function runsNode24() {
  const answer = spawnSync(node24, ["--version"], { encoding: "utf8" });
  return answer.status === 0 && answer.stdout.startsWith("v24.");
}

// The package `node` fetches its binary in an install script, which some npm settings do not run.
async function installNode24(cure) {
  const cwd = path.join(root, "node_modules", "node");
  const fetch = () => run(process.execPath, ["installArchSpecificPackage.js"], { cwd, cure });
  if (existsSync(cwd)) await step("Installing Node 24", fetch);
  if (!runsNode24()) throw new SetupError(`${node24} does not run on this machine. ${cure}`);
}

function lockHash() {
  const lock = readText(path.join(root, "package-lock.json"));
  if (lock === undefined)
    throw new SetupError("package-lock.json is missing. Restore it with `git checkout package-lock.json`.");
  return createHash("sha256").update(`${process.platform}-${process.arch}\n${lock}`).digest("hex");
}

function stampFile() {
  return path.join(root, "node_modules", ".belay-setup");
}

function writeStamp() {
  writeFileSync(stampFile(), lockHash());
}

function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new SetupError(`Cannot read ${file}: ${message(error)}. Make it readable and run again.`);
  }
}

// (b) Programs of the system: a browser for the UI tests, bubblewrap for the sandbox.

async function ensureSystemPackages(needsVscode) {
  const missing = [];
  const skipped = [];
  if (process.platform === "linux" && !isOnPath("bwrap")) {
    missing.push("bubblewrap");
    skipped.push("the sandbox tests");
  }
  if (needsVscode && !hasChromium()) {
    missing.push("chromium");
    skipped.push("the UI tests");
  }
  if (missing.length === 0) return;
  const apt = ["install", "-y", "--no-install-recommends", ...missing];
  if (process.platform === "linux" && process.getuid() === 0 && isOnPath("apt-get")) {
    await step(`Installing ${missing.join(" and ")} (apt-get)`, () => installByApt(apt)).catch(warn);
    if ((!missing.includes("bubblewrap") || isOnPath("bwrap")) && (!missing.includes("chromium") || hasChromium()))
      return;
  }
  say(`Until you run \`${installCommand(missing, apt)}\`, ${skipped.join(" and ")} will be skipped.`);
}

async function installByApt(apt) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const cure = "Install them by hand, or check the package sources and the network.";
  // Another apt on this machine holds the lock for a while: wait for it.
  const patience = ["-o", "DPkg::Lock::Timeout=300", "-q"];
  await run("apt-get", [...patience, "update"], { env, cure });
  await run("apt-get", [...patience, ...apt], { env, cure });
}

function installCommand(missing, apt) {
  if (process.platform === "darwin") return "brew install --cask google-chrome";
  if (process.platform === "win32") return "winget install Google.Chrome";
  for (const [manager, verb] of [
    ["dnf", "install"],
    ["zypper", "install"],
    ["pacman", "-S"],
    ["apk", "add"],
  ]) {
    if (!isOnPath("apt-get") && isOnPath(manager)) return `sudo ${manager} ${verb} ${missing.join(" ")}`;
  }
  return `sudo apt-get ${apt.join(" ")}`;
}

// Playwright's own browsers are found later, by test/support/vscode/install.ts; here they only save the installation.
function hasChromium() {
  const chosen = process.env.BELAY_CHROMIUM;
  if (chosen) return isExecutable(chosen);
  return (tools.chromium.paths[process.platform] ?? []).some(isExecutable) || tools.chromium.commands.some(isOnPath);
}

function isOnPath(command) {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .some((dir) => dir !== "" && isExecutable(path.join(dir, command)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Absent or not ours to run: both mean "not this one".
    return false;
  }
}

function warn(error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
}

// The script itself.

async function runScript(script, args) {
  const bins = [path.dirname(node24), path.join(root, "node_modules", ".bin")];
  const env = { ...process.env, PATH: [...bins, process.env.PATH ?? ""].join(path.delimiter) };
  const child = spawn(node24, [script, ...args], { cwd: root, env, stdio: "inherit" });
  // At a terminal Ctrl-C reaches the child directly; a second SIGINT from us would read as "at once".
  const forward = (name) => () => (name === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(name));
  for (const name of endSignals) process.removeAllListeners(name).on(name, forward(name));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once("error", (error) =>
      reject(new SetupError(`Cannot start ${node24}: ${message(error)}. Delete node_modules and run again.`)),
    );
    child.once("exit", (...end) => resolve(end));
  });
  if (signal === null) return process.exit(code);
  for (const name of endSignals) process.removeAllListeners(name);
  // End the way the child ended; where that signal cannot be raised here, by its usual code.
  process.exitCode = 128 + (osConstants.signals[signal] ?? 0);
  process.kill(process.pid, signal);
}
