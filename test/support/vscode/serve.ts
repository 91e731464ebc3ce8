// Starts the cached VS Code as a server on a free local port. The page it serves is the real workbench, its extension
// host a real Node extension host. See workbench.ts for driving the page.
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { patienceMs, within } from "./deadline.ts";
import { findVscode, setupCommand, type VscodeInstall } from "./install.ts";
import { startTree, stopTree } from "./process-tree.ts";
import { calmSettings, type VscodeSettings } from "./settings.ts";

export type ServeOptions = {
  /** The server's data: settings, state, logs. A fresh directory is a fresh user. Default: a temporary one, removed at the end. */
  dataDir?: string;
  /** User settings on top of the calm ones. */
  settings?: VscodeSettings;
  /** Variables on top of this process's; undefined removes one. The extension host inherits them. */
  env?: NodeJS.ProcessEnv;
  /** Leaves workspace trust on, so that the folder opens in restricted mode until the user trusts it. */
  isTrustAsked?: boolean;
};

export type PageOptions = {
  /** Absolute path of an extension checkout to load. */
  extensionPath?: string;
  /** Absolute path of a CommonJS file exporting `run()`, to run in the extension host. */
  extensionTestsPath?: string;
};

export type ServedVscode = {
  readonly port: number;
  readonly install: VscodeInstall;
  readonly dataDir: string;
  /** The address that opens `folder` (or a `.code-workspace` file, or null: none) in this VS Code. Absolute paths. */
  url(folder: string | null, options?: PageOptions): string;
  /** Changes settings on disk; an open workbench follows (with settings of application scope only when reloaded). */
  updateSettings(changes: VscodeSettings): void;
  /** Everything the server printed so far. */
  log(): string;
  /** Ends the server and all it started. Resolves with the command lines that did not end by themselves. */
  stop(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
};

export async function serveVscode(options: ServeOptions = {}): Promise<ServedVscode> {
  const install = findVscode();
  if (!install) throw new Error(`VS Code is not installed for tests: run \`${setupCommand}\`.`);
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), "belay-vscode-"));
  const settings: VscodeSettings = {
    ...calmSettings({ isTrustAsked: options.isTrustAsked ?? false }),
    ...options.settings,
  };
  const changed: VscodeSettings = {};
  const updateSettings = (changes: VscodeSettings) => {
    writeSettings(dataDir, "User", Object.assign(settings, changes));
    // The page watches only the machine's file from outside; the user's one it reads when it loads.
    writeSettings(dataDir, "Machine", Object.assign(changed, changes));
  };
  updateSettings({});

  const tree = startTree(process.execPath, serverArguments(install, dataDir), serverEnvironment(dataDir, options.env));
  const output = collectOutput(tree.child);
  const clear = () => {
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once("exit", clear);
  let stopped: Promise<string[]> | undefined;
  const stop = () => {
    stopped ??= stopTree(tree).finally(() => {
      process.off("exit", clear);
      clear();
    });
    return stopped;
  };

  let port: number;
  try {
    port = await within(patienceMs, "VS Code to say `Web UI available`", output.port);
  } catch (cause) {
    const said = output.text();
    await stop();
    throw new Error(`VS Code did not start. It said:\n${said}`, { cause });
  }
  return {
    port,
    install,
    dataDir,
    url: (folder, page = {}) => pageAddress(port, folder, page),
    updateSettings,
    log: output.text,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

function writeSettings(dataDir: string, level: "User" | "Machine", settings: VscodeSettings): void {
  const file = path.join(dataDir, "data", level, "settings.json");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(settings, undefined, 2));
}

function serverArguments(install: VscodeInstall, dataDir: string): string[] {
  return [
    install.serverMain,
    ...["--host", "127.0.0.1"],
    // The system picks a free port; the server prints it.
    ...["--port", "0"],
    "--without-connection-token",
    "--accept-server-license-terms",
    ...["--server-data-dir", dataDir],
    ...["--telemetry-level", "off"],
    // Without it the page ignores the payload that names our extension.
    "--enable-smoke-test-driver",
  ];
}

// What a test runner, npm or the terminal of another VS Code left in our environment must not reach this one.
function serverEnvironment(dataDir: string, extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const foreign = /^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|NODE_V8_COVERAGE$)/i;
  const inherited = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  // A test never touches the threads and settings of the person who runs it.
  const isolated = {
    BELAY_HOME: path.join(dataDir, "belay-home"),
    // No gallery: else the page asks one for extensions.
    EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: "" }),
  };
  return { ...Object.fromEntries(inherited), ...isolated, ...extra };
}

function collectOutput(child: ChildProcess): { port: Promise<number>; text: () => string } {
  let text = "";
  const port = new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (data: string) => {
        text += data;
        const announced = /Web UI available at http:\/\/localhost:(\d+)\s/.exec(text)?.[1];
        if (announced) resolve(Number(announced));
      });
    }
    child.once("error", reject);
    child.once("exit", (code, signal) => reject(new Error(`The server ended with ${signal ?? `code ${code}`}.`)));
  });
  return { port, text: () => text };
}

function pageAddress(port: number, folder: string | null, page: PageOptions): string {
  // The authority must be the one in the address bar: the page takes its remote from there.
  const remote = (file: string) => `vscode-remote://127.0.0.1:${port}${encodeURI(file)}`;
  const payload: [string, string][] = [["skipWelcome", "true"]];
  if (page.extensionPath) payload.push(["extensionDevelopmentPath", remote(page.extensionPath)]);
  if (page.extensionTestsPath) payload.push(["extensionTestsPath", remote(page.extensionTestsPath)]);
  const what = folder?.endsWith(".code-workspace") ? "workspace" : "folder";
  const opened = folder === null ? { ew: "true" } : { [what]: folder };
  const query = new URLSearchParams({ ...opened, payload: JSON.stringify(payload) });
  return `http://127.0.0.1:${port}/?${query}`;
}
