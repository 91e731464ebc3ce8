// Where the programs are that the UI tests drive: the VS Code that .ci/setup.mjs keeps in a cache, and a Chromium.
// Looks and answers; installs nothing. The names it looks for stand in .ci/tools.json, which setup.mjs reads too.
import { accessSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";
import tools from "../../../.ci/tools.json" with { type: "json" };

export type VscodeInstall = { version: string; serverMain: string; builtinExtensions: string };

/** The command a person types when something below is missing. */
export const setupCommand = "node .ci/setup.mjs test/run.ts";

/** The cached VS Code, or undefined when setup has not completed an install on this machine. */
export function findVscode(): VscodeInstall | undefined {
  const installDir = path.join(cacheDir(), `vscode-${tools.vscode.version}`);
  // setup.mjs writes this marker last, so a directory without it is a killed install.
  if (!existsSync(path.join(installDir, "complete.json"))) return undefined;
  const root = path.join(installDir, "node_modules", tools.vscode.package, "lib", "vscode");
  return {
    version: tools.vscode.version,
    serverMain: path.join(root, "out", "server-main.js"),
    builtinExtensions: path.join(root, "extensions"),
  };
}

/** An executable Chromium: `BELAY_CHROMIUM`, a usual place, PATH, or playwright's own. Undefined when there is none. */
export function findChromium(): string | undefined {
  const chosen = process.env["BELAY_CHROMIUM"];
  if (chosen) return isExecutable(chosen) ? chosen : undefined;
  const places: Partial<Record<NodeJS.Platform, string[]>> = tools.chromium.paths;
  const onPath = searchPath().flatMap((dir) => tools.chromium.commands.map((command) => path.join(dir, command)));
  return [...(places[process.platform] ?? []), ...onPath, chromium.executablePath()].find(isExecutable);
}

/** A sentence that says why the UI tests cannot run here and what to do, or undefined when they can. */
export function whyNoWorkbench(): string | undefined {
  if (!findVscode()) return `VS Code is not in ${cacheDir()}: run \`${setupCommand}\``;
  if (findChromium()) return undefined;
  const chosen = process.env["BELAY_CHROMIUM"];
  if (chosen) return `BELAY_CHROMIUM names ${chosen}, which cannot be executed: correct or unset it`;
  return "no Chromium found: install one (Debian: `apt-get install chromium`) or set BELAY_CHROMIUM";
}

function cacheDir(): string {
  const own = process.env["BELAY_CACHE"];
  if (own) return path.resolve(own);
  return path.join(process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache"), "belay");
}

function searchPath(): string[] {
  return (process.env["PATH"] ?? "").split(path.delimiter).filter((dir) => dir !== "");
}

function isExecutable(file: string): boolean {
  if (!file) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    // Not there or not ours to run: both mean "look further".
    return false;
  }
}
