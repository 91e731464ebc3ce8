// What the way of a command through the server costs: from its argv to its result, less what a plain spawn of the same
// program takes. Both in this process and in turn, so that a busy moment meets both.
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../server/exec/run.ts";
import { withOpen } from "../../server/exec/spawn.ts";
import { terminals } from "../../server/exec/terminals.ts";
import type { SandboxPolicy } from "../../server/protocol/sandbox.ts";
import type { SandboxedCommand } from "../../server/sandbox/select.ts";
import { commandRunner } from "../../server/tools/execute.ts";
import type { Bench, Group } from "../measure.ts";

const limitMs = 8;
/** Each takes a few milliseconds, and what is measured is a part of one. */
const launchesOfRun = 10;

const workspaceWrite: SandboxPolicy = {
  type: "workspaceWrite",
  writableRoots: [],
  networkAccess: false,
  excludeTmpdirEnvVar: false,
  excludeSlashTmp: false,
};

type Program = Extract<SandboxedCommand, { kind: "run" }>;

export const launch: Group = {
  rows: [
    {
      id: "launch.free",
      what: "a command without a sandbox, over a plain spawn",
      unit: "ms",
      bar: null,
      limit: limitMs,
    },
    {
      id: "launch.sandboxed",
      what: "a command in the sandbox, over a plain spawn",
      unit: "ms",
      bar: null,
      limit: limitMs,
    },
    { id: "launch.path", what: "the same, over a plain spawn of bwrap", unit: "ms", bar: null },
  ],
  async measure(bench) {
    const ours = bench.peers.find(({ name }) => name === "belay");
    if (ours === undefined) return;
    const [workspace, belayHome] = [bench.newDir("launch"), bench.newDir("launch-home")];
    for (const dir of [workspace, belayHome]) mkdirSync(dir, { recursive: true });
    const { platform, env } = process;
    const homes = { userHome: homedir(), belayHome: join(belayHome, "home") };
    const runner = commandRunner({ platform, env, ...homes, terminals: terminals(platform) });
    const translated = async (policy: SandboxPolicy): Promise<Program> => {
      const program = await runner.translate({ argv: ["/bin/true"], cwd: workspace, workspace, policy });
      if (program.kind === "refuse") throw new Error(program.message);
      return program;
    };
    const [free, confined] = [await translated({ type: "dangerFullAccess" }), await sandboxed(translated, bench)];
    for (let run = 0; run < bench.runs * launchesOfRun; run++) {
      const plainMs = await took(() => plain(free));
      const freeMs = await took(async () => throughServer(await translated({ type: "dangerFullAccess" })));
      // The first of all loads what is loaded once.
      if (run > 0) bench.results.add("launch.free", ours, freeMs - plainMs);
      if (confined === null) continue;
      const bwrapMs = await took(() => plain(confined));
      const sandboxedMs = await took(async () => throughServer(await translated(workspaceWrite)));
      if (run === 0) continue;
      bench.results.add("launch.sandboxed", ours, sandboxedMs - plainMs);
      bench.results.add("launch.path", ours, sandboxedMs - bwrapMs);
    }
  },
};

async function sandboxed(translated: (policy: SandboxPolicy) => Promise<Program>, { results }: Bench) {
  try {
    return await translated(workspaceWrite);
  } catch (error) {
    results.note("launch.sandboxed", `not measured: ${(error as Error).message}`);
    return null;
  }
}

async function took(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

async function throughServer(program: Program): Promise<void> {
  const { exitCode, output } = await runProgram(program);
  program.ended?.();
  if (exitCode !== 0) throw new Error(`/bin/true ended with ${exitCode}: ${output}`);
}

function plain({ file, args, cwd, env, files }: Program): Promise<void> {
  return withOpen(files, (descriptors) => {
    const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe", ...descriptors] });
    child.stdout?.resume();
    child.stderr?.resume();
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`${file} ended with ${code}`))));
    });
  });
}
