// `belay doctor`: what works here, what does not, and what would help. Looks at everything as the server would, and
// writes nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { configPath, loadConfig, type Overrides, parseOverride } from "../config/load.ts";
import { editorRootVariable, terminals } from "../exec/terminals.ts";
import { lockOwnFile, replaceOwnFile } from "../files/own-file.ts";
import { sandboxWarnings } from "../handlers/sandbox.ts";
import { openStoredKey } from "../model/stored-key.ts";
import { commandRunner } from "../tools/execute.ts";
import { type Check, checked } from "./doctor/check.ts";
import { checkDisk } from "./doctor/disk.ts";
import { checkConfig, checkHome } from "./doctor/home.ts";
import { checkContainer, checkGit, checkNode, checkRipgrep, checkSandbox, checkTerminals } from "./doctor/machine.ts";
import { checkModels } from "./doctor/models.ts";
import { checkRules } from "./doctor/rules.ts";
import { asJson, asText, canWork } from "./doctor/report.ts";

export interface DoctorIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly version: string;
  readonly node: { readonly version: string; readonly path: string };
  /** BELAY_HOME, absolute. */
  readonly home: string;
  readonly userHome: string | null;
  /** Null where there are no such numbers. */
  readonly uid: number | null;
  /** Of the terminal that reads it; null: none does. */
  readonly columns: number | null;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const usage = "Usage: belay doctor [--json] [-c key=value]...\n";

/** 0: a person can work here, perhaps with less than there could be. 1: something must be mended first. 2: wrong words. */
export async function runDoctor(argv: readonly string[], io: DoctorIo): Promise<number> {
  const options = read(argv);
  if (typeof options === "string") {
    io.stderr.write(`belay doctor: ${options}\n${usage}`);
    return 2;
  }
  if (options.help) {
    io.stdout.write(usage);
    return 0;
  }
  const { version, platform, arch, columns, env } = io;
  const examined = { version, platform, arch, checks: await examine(options.overrides, io) };
  const colours = columns !== null && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  io.stdout.write(options.json ? asJson(examined) : asText(examined, { columns: columns ?? 80, colours }));
  return canWork(examined) ? 0 : 1;
}

function read(argv: readonly string[]): { json: boolean; help: boolean; overrides: Overrides[] } | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        config: { type: "string", short: "c", multiple: true },
      },
    });
    const overrides = (values.config ?? []).map(parseOverride);
    return { json: values.json ?? false, help: values.help ?? false, overrides };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function examine(overrides: readonly Overrides[], io: DoctorIo): Promise<Check[]> {
  const { env, cwd, home, platform } = io;
  const [loaded, storedKey] = await Promise.all([
    loadConfig(home, overrides),
    openStoredKey(home, { lock: lockOwnFile, replace: replaceOwnFile }),
  ]);
  const { config, catalog } = loaded;
  const containerIsSandbox = () => config.container_is_sandbox;
  // The sandbox needs files of its own, and nothing shall be left in the home.
  const scratch = mkdtempSync(join(tmpdir(), "belay-doctor-"));
  const findTerminals = terminals(platform, env[editorRootVariable]);
  const homes = { userHome: io.userHome, belayHome: scratch };
  const runner = commandRunner({ platform, env, ...homes, terminals: findTerminals, containerIsSandbox });
  const { sandbox } = runner;
  const misplaced = sandboxWarnings(sandbox, config, configPath(home));
  const models = { home, env, apiKeys: {}, config, catalog, storedKey: storedKey.get() };
  const checks = await Promise.all([
    checked("node", "Node", async () => checkNode(io.node)),
    checked("home", "Home", () => checkHome(home, io)),
    checked("disk", "Disk", () => checkDisk(home)),
    checked("config", "Config", async () => checkConfig(home, loaded, misplaced)),
    checked("rules", "Rules", () => checkRules(home)),
    checked("sandbox", "Sandbox", async () => checkSandbox(await sandbox.state())),
    checked("container", "Container", async () => {
      return checkContainer(sandbox.container, { isSandbox: await sandbox.containerIsSandbox() });
    }),
    checked("terminals", "Terminals", async () => checkTerminals(await findTerminals())),
    checked("git", "Git", () => checkGit({ env, cwd })),
    checked("ripgrep", "Ripgrep", () => checkRipgrep({ env, cwd, platform, arch: io.arch })),
    checkModels(models),
  ]);
  rmSync(scratch, { recursive: true, force: true });
  return checks.flat();
}
