// `belay apply-patch`: a patch from stdin, written below one folder: all of it, or nothing.
import { readlink, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeFilesAtomically } from "../files/disk.ts";
import { readTextFile } from "../files/disk-read.ts";
import { parsePatch } from "../files/patch-parser.ts";
import { type FilePlan, planPatch } from "../files/patch-plan.ts";
import { realTarget } from "../files/paths.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import { judgeTargets } from "../tools/patch-targets.ts";
import { writtenMessage } from "../tools/patch-written.ts";
import type { FileTarget } from "../tools/tool.ts";

export interface ApplyPatchIo {
  readonly cwd: string;
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const usage =
  "Usage: belay apply-patch [--cwd DIR] < PATCH\n" +
  "Applies a patch in the format of the apply_patch tool to the files below DIR: all of it, or nothing.\n" +
  "Exit code: 0 it is applied, 1 it is not and nothing was changed, 2 for a mistake in the call.\n";
const usageError = 2;

/** `argv` is what follows `apply-patch`. Resolves with the exit code. */
export async function runApplyPatchCommand(argv: readonly string[], io: ApplyPatchIo): Promise<number> {
  const options = readOptions(argv);
  if (typeof options === "string") {
    io.stderr.write(`belay apply-patch: ${options}\n${usage}`);
    return usageError;
  }
  if (options.help) {
    io.stdout.write(usage);
    return 0;
  }
  const applied = await applyPatch(resolve(io.cwd, options.cwd ?? "."), io.stdin);
  if (applied.ok) io.stdout.write(writtenMessage(applied.plan, applied.cwd));
  else io.stderr.write(`belay apply-patch: ${applied.message}\n`);
  return applied.ok ? 0 : 1;
}

function readOptions(argv: readonly string[]) {
  try {
    const options = { cwd: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Applied = { ok: true; plan: readonly FilePlan[]; cwd: string } | { ok: false; message: string };

async function applyPatch(cwd: string, stdin: ApplyPatchIo["stdin"]): Promise<Applied> {
  const folder = await stat(cwd).catch(() => null);
  if (folder === null || !folder.isDirectory()) return fail(`${cwd} is not a folder. Name one with --cwd.`);
  const text = await readText(stdin);
  if (text === null) return fail("the patch is not UTF-8 text.");
  const parsed = parsePatch(text);
  if (!parsed.ok) return fail(parsed.message);
  const judged = await judgeTargets(parsed.patch, { cwd, sandbox: belowCwd, files });
  if (!judged.ok) return fail(`${judged.message}. Nothing was written.`);
  const refused = judged.targets.map(whyNot).find((reason) => reason !== null);
  if (refused !== undefined) return fail(`${refused} Nothing was written.`);
  const places = new Map(judged.targets.map(({ path, realPath }) => [path, realPath]));
  const read = (path: string) => readTextFile(path, (realPath) => realPath === places.get(path));
  const planned = await planPatch(parsed.patch, { cwd, read });
  if (!planned.ok) return fail(planned.message);
  const approved = new Set(places.values());
  const written = await writeFilesAtomically(planned.plan, { permits: (realPath) => approved.has(realPath) });
  return written.ok ? { ok: true, plan: planned.plan, cwd } : fail(written.message);
}

const belowCwd: SandboxPolicy = {
  type: "workspaceWrite",
  writableRoots: [],
  networkAccess: false,
  excludeTmpdirEnvVar: false,
  excludeSlashTmp: false,
};
/** Who runs this may read what they may read: only places are judged. */
const files = { realTarget: (path: string) => realTarget(path, { realpath, readlink }), deniedTo: () => () => false };

/** Null when it is not UTF-8. */
async function readText(stdin: ApplyPatchIo["stdin"]): Promise<string | null> {
  const parts: Buffer[] = [];
  for await (const part of stdin) parts.push(Buffer.from(part));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    // All that a strict decoder throws for.
    return null;
  }
}

/** Null where the patch may write. */
function whyNot({ path, leadsTo, isWritable, isProtected }: FileTarget): string | null {
  const place = leadsTo === null ? path : `${path}, which leads to ${leadsTo},`;
  if (!isWritable) return `${place} is outside the folder: choose another with --cwd.`;
  if (isProtected) return `${place} is protected, as settings and version control are: change it yourself.`;
  return null;
}

function fail(message: string): { ok: false; message: string } {
  return { ok: false, message };
}
