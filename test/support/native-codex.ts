// The original that we are compared with: fetched from npm once, at the version that .ci/tools.json pins, into the cache
// that outlasts a checkout; and a home for it that speaks to a scripted model and to nobody else.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { npm, SetupError, withLock } from "../../.ci/setup-steps.mjs";
import { cacheDir } from "../../.ci/setup-vscode.mjs";
import tools from "../../.ci/tools.json" with { type: "json" };

export interface NativeCodex {
  /** The executable itself, not the script that npm puts before it. */
  readonly binary: string;
  readonly version: string;
  /** All that npm installed for it. */
  readonly packageDir: string;
  /** Of all files in `packageDir`. */
  readonly installedBytes: number;
}

/** Throws an Error with cause and cure when it cannot be had here. Two runs at once install it once. */
export async function ensureNativeCodex(): Promise<NativeCodex> {
  const target = path.join(cacheDir(), `codex-${tools.codex.version}`);
  // Written last, and inside a directory that appears whole: who finds it finds all.
  if (!existsSync(path.join(target, marker))) {
    requirePlatform();
    const lock = path.join(cacheDir(), "locks", path.basename(target));
    await withLock(lock, "another run that installs the native server", () => install(target));
  }
  return JSON.parse(readFileSync(path.join(target, marker), "utf8")) as NativeCodex;
}

export interface NativeHomeOptions {
  /** Of the scripted Responses API, such as "http://127.0.0.1:1234/v1". */
  baseUrl: string;
  /** One that the original knows, so that it offers its usual tools and does not warn. */
  model?: string;
  /** More lines for config.toml, before the tables. */
  config?: string;
  /** More tables. */
  tables?: string;
}

/** Writes `dir` as a home whose only network peer is `baseUrl`; returns what the process needs in its environment. */
export function nativeHome(dir: string, options: NativeHomeOptions): { CODEX_HOME: string } {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, "config.toml"), nativeConfig(options));
  return { CODEX_HOME: dir };
}

// What would look for updates, report, or fetch a catalogue in the background is off.
function nativeConfig({ baseUrl, model = "gpt-5.5", config = "", tables = "" }: NativeHomeOptions): string {
  return `model = ${JSON.stringify(model)}
model_provider = "mock"
check_for_update_on_startup = false
web_search = "disabled"
${config}

[model_providers.mock]
name = "mock"
base_url = ${JSON.stringify(baseUrl)}
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false

[analytics]
enabled = false

[feedback]
enabled = false

[features]
apps = false
plugins = false
remote_plugin = false

${tables}
`;
}

const marker = "complete.json";

/** Node's name of a platform to the folder of its program. */
const targets: Record<string, string> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
  "win32-x64": "x86_64-pc-windows-msvc",
  "win32-arm64": "aarch64-pc-windows-msvc",
};

function requirePlatform(): string {
  const name = `${process.platform}-${process.arch}`;
  const target = targets[name];
  if (target !== undefined) return target;
  throw new SetupError(
    `${tools.codex.package} has no program for ${name}. Compare on one of: ${Object.keys(targets).join(", ")}.`,
  );
}

/** Under the lock, so a partial directory that lies there was left by a killed run. */
async function install(target: string): Promise<void> {
  if (existsSync(path.join(target, marker))) return;
  const partial = `${target}.partial`;
  for (const leftover of [target, partial]) rmSync(leftover, { recursive: true, force: true, maxRetries: 3 });
  try {
    await build(partial, target);
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Complete in `dir`, from where it will move to `target`. */
async function build(dir: string, target: string): Promise<void> {
  const { package: name, version } = tools.codex;
  process.stderr.write(`Installing the native server (${name}@${version}, about 400 MB)…\n`);
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, "package.json"), JSON.stringify({ private: true }));
  const quiet = ["--ignore-scripts", "--include=optional", "--no-package-lock", "--no-audit", "--no-fund"];
  await npm(["install", ...quiet, "--loglevel=error", `${name}@${version}`], {
    cwd: dir,
    cure: "Check the npm settings, the network and the free space (1 GB), then run again.",
  });
  const packageDir = path.join("node_modules", path.dirname(name));
  const found: NativeCodex = {
    binary: path.join(target, findBinary(dir)),
    version,
    packageDir: path.join(target, packageDir),
    installedBytes: bytesIn(path.join(dir, packageDir)),
  };
  writeFileSync(path.join(dir, marker), JSON.stringify(found));
}

/** Relative to `dir`. npm leaves an optional package out without a word when it cannot be installed. */
function findBinary(dir: string): string {
  const scope = path.dirname(tools.codex.package);
  const program = process.platform === "win32" ? "codex.exe" : "codex";
  const binary = path.join(
    "node_modules",
    scope,
    `codex-${process.platform}-${process.arch}`,
    "vendor",
    requirePlatform(),
    "bin",
    program,
  );
  if (existsSync(path.join(dir, binary))) return binary;
  throw new SetupError(
    `npm installed ${tools.codex.package}@${tools.codex.version} without ${binary}: it leaves out what it cannot fetch. ` +
      "Check that the npm settings do not omit optional packages, and the network; then run again.",
  );
}

function bytesIn(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
