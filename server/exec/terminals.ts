// Which terminals there are on this machine: the best that a real run finds in order.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nativeTerminals } from "./native-pty.ts";
import type { TerminalProvider, Terminals } from "./pty.ts";
import { scriptName, scriptTerminals } from "./script-pty.ts";

export interface TerminalFacts {
  readonly platform: NodeJS.Platform;
  /** Where VS Code lies, which has node-pty for its own terminals: its `vscode.env.appRoot`. */
  readonly editorRoot?: string | undefined;
}

/** The variable of the server's environment by which the extension says where VS Code lies. */
export const editorRootVariable = "BELAY_VSCODE_APP_ROOT";

/** Asked once, with a real run, when the first terminal is wanted; the answer stands for the life of the function. */
export function terminals(platform: NodeJS.Platform, editorRoot?: string): () => Promise<Terminals> {
  let answer: Promise<Terminals> | null = null;
  return () => {
    answer ??= firstThatWorks({ platform, editorRoot });
    return answer;
  };
}

/** Every provider that can be asked here, best first, each with its name. Exported for tests of what all must do. */
export function candidates(facts: TerminalFacts): readonly { name: string; find(): Promise<Terminals> }[] {
  const native = nativeModules(facts).map(({ name, module }) => ({ name, find: () => probed(name, module) }));
  return facts.platform === "linux" ? [...native, { name: scriptName, find: scriptTerminals }] : native;
}

async function firstThatWorks(facts: TerminalFacts): Promise<Terminals> {
  let last: Terminals = noTerminals(facts.platform);
  for (const { find } of candidates(facts)) {
    last = await find();
    if (last.kind === "available") return last;
  }
  return last;
}

/** Ours beside the bundle, ours among the packages when run from source, VS Code's own. */
function nativeModules({ platform, editorRoot }: TerminalFacts): { name: string; module: string }[] {
  if (platform === "win32") return [];
  const own = join(dirname(fileURLToPath(import.meta.url)), "pty", "pty.node");
  const target = `${platform}-${arch()}`;
  const ours = [own, ...installed(target)].map((module) => ({ name: "node-pty", module }));
  const others = ofEditor(editorRoot, target).map((module) => ({ name: "node-pty of VS Code", module }));
  return [...ours, ...others].filter(({ module }) => existsSync(module));
}

function installed(target: string): string[] {
  try {
    return [createRequire(import.meta.url).resolve(`@lydell/node-pty-${target}/pty.node`)];
  } catch {
    // It is optional.
    return [];
  }
}

/** Native modules lie beside the archive that VS Code's other modules are packed into, where they are packed. */
function ofEditor(root: string | undefined, target: string): string[] {
  if (root === undefined || root === "") return [];
  return ["node_modules.asar.unpacked", "node_modules"].flatMap((modules) =>
    ["build/Release", `prebuilds/${target}`].map((folder) => join(root, modules, "node-pty", folder, "pty.node")),
  );
}

const probedExitCode = 7;

async function probed(name: string, module: string): Promise<Terminals> {
  try {
    const provider = nativeTerminals(module);
    const problem = await problemOf(provider);
    return problem === null ? { kind: "available", name, provider } : unavailable(module, problem);
  } catch (error) {
    return unavailable(module, (error as Error).message);
  }
}

/** Output comes, and the exit code. */
async function problemOf(provider: TerminalProvider): Promise<string | null> {
  let output = "";
  const program = await provider.start(
    {
      file: "/bin/sh",
      args: ["-c", `test -t 0 && echo up; exit ${probedExitCode}`],
      cwd: "/",
      env: {},
      signal: new AbortController().signal,
      timeoutMs: 10_000,
      onOutput: (_, bytes) => void (output += bytes.toString()),
    },
    { rows: 2, cols: 20 },
  );
  const { exitCode } = await program.ended;
  return exitCode === probedExitCode && output === "up\r\n" ? null : `a probe said: ${output.trim()} (${exitCode})`;
}

function unavailable(module: string, cause: string): Terminals {
  const cure = "Install Belay's package for this platform, or script of util-linux";
  return {
    kind: "unavailable",
    reason: `there is no terminal for the command: ${module} did not work: ${cause}. ${cure}`,
  };
}

function noTerminals(platform: NodeJS.Platform): Terminals {
  return {
    kind: "unavailable",
    reason: `there are no terminals for commands on ${platform} here; run the command without tty, with streamStdin and streamStdoutStderr`,
  };
}
