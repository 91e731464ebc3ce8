// `belay threads import`: threads of the native server, and exported ones, become threads of this home.
import { open, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { openingContext } from "../../agent/context.ts";
import { isConversation } from "../../agent/conversation.ts";
import { loadConfig } from "../../config/load.ts";
import { readInstructions } from "../../instructions/agents-md.ts";
import { defaultModel } from "../../model/list.ts";
import { findProvider } from "../../model/providers.ts";
import { readChain } from "../../rollout/chain.ts";
import {
  convertExported,
  exportedFile,
  type ExportedThread,
  exportedSetting,
  readExported,
} from "../../rollout/import/exported.ts";
import { type ImportedThread, type ImportOptions, ownId } from "../../rollout/import/imported.ts";
import { readNative } from "../../rollout/import/native-files.ts";
import { convertNative, nativeSetting } from "../../rollout/import/native-thread.ts";
import { type ImportOutcome, importThread } from "../../rollout/import/write.ts";
import { changeSettings, initialSettings } from "../../thread/settings.ts";
import { isInside } from "../../util/inside.ts";
import { plainText, Refusal, type ThreadsIo, titleOf } from "./io.ts";

export async function importThreads(
  files: readonly string[],
  { json }: { json: boolean },
  io: ThreadsIo,
): Promise<number> {
  let hasFailed = false;
  for (const file of files) {
    try {
      tell(file, await importFile(resolve(io.cwd, file), io), { json }, io);
    } catch (error) {
      hasFailed = true;
      const { message } = error as Error;
      if (json) io.stdout.write(`${JSON.stringify({ file, outcome: "failed", message })}\n`);
      io.stderr.write(plainText(`belay threads: ${file}: ${message}\n`));
    }
  }
  return hasFailed ? 1 : 0;
}

function tell(
  file: string,
  outcome: ImportOutcome & { notes: readonly string[] },
  { json }: { json: boolean },
  io: ThreadsIo,
) {
  const { kind, id } = outcome;
  const thread = outcome.kind === "imported" ? outcome.thread : null;
  const leftOut = Object.fromEntries(thread?.leftOut ?? []);
  const notes = thread === null ? [] : [...outcome.notes, ...thread.notes];
  if (json) {
    const path = outcome.kind === "imported" ? outcome.path : null;
    io.stdout.write(`${JSON.stringify({ file, outcome: kind, id, path, leftOut, notes })}\n`);
    return;
  }
  io.stdout.write(`${kind}  ${id}  ${thread === null ? "It is here already." : titleFor(thread)}\n`);
  const counts = Object.entries(leftOut).map(([name, count]) => `${name} (${count})`);
  const sentences =
    counts.length === 0 ? notes : [...notes, `Left out, because Belay has nothing like it: ${counts.join(", ")}.`];
  for (const sentence of sentences) io.stderr.write(plainText(`belay threads: ${file}: ${sentence}\n`));
}

function titleFor({ meta, entries }: ImportedThread): string {
  const named = entries.findLast(({ entry }) => entry.type === "metadata")?.entry;
  return titleOf({ meta, metadata: named?.type === "metadata" ? named.payload : { name: null, gitInfo: null } });
}

type Convert = (threadId: string | null) => ImportedThread;

async function importFile(path: string, io: ThreadsIo): Promise<ImportOutcome & { notes: string[] }> {
  const notes: string[] = [];
  const { convert, id } = await readThreadFile(path, notes, io);
  const outcome = await importThread(io.home, convert);
  if (outcome.id !== id) notes.push(`The id ${id} is another thread's here: it is now ${outcome.id}.`);
  return { ...outcome, notes };
}

/** Throws Refusal for what is no thread. */
async function readThreadFile(path: string, notes: string[], io: ThreadsIo): Promise<{ convert: Convert; id: string }> {
  const first = await readStart(path);
  if (first.includes('"threadMeta"') && !first.trimStart().startsWith('{"format"') && path.endsWith(".jsonl")) {
    const { lines, missing } = await readChain(homeOf(path), path);
    notes.push(...missing);
    return exported(exportedFile({}, lines), path, notes, io);
  }
  const native = first.includes('"session_meta"') ? await readNative(path) : null;
  if (native !== null) {
    if (native.readInstead !== null) notes.push(`It goes on in ${native.readInstead}, which was imported.`);
    const options = await optionsFor(nativeSetting(native), notes, io);
    const id = ownId(native.id);
    return { convert: (threadId) => convertNative(native, threadId ?? id, options), id };
  }
  const file = first.includes("belay-thread") ? readExported(parse(await readFile(path, "utf8"))) : null;
  if (file !== null) return exported(file, path, notes, io);
  throw new Refusal("it is no thread: neither a rollout nor what `belay threads export --format json` writes.");
}

async function exported(file: ExportedThread, path: string, notes: string[], io: ThreadsIo) {
  const options = await optionsFor(exportedSetting(file), notes, io);
  const own = convertExported(file, null, options);
  if (own === null) throw new Refusal(`no line of ${basename(path)} says which thread it is.`);
  const convert: Convert = (threadId) => (threadId === null ? own : (convertExported(file, threadId, options) ?? own));
  return { convert, id: own.meta.id };
}

const startBytes = 64 * 1024;

/** Enough to tell what it is. */
async function readStart(path: string): Promise<string> {
  if (path.endsWith(".zst"))
    throw new Refusal("it is compressed; run `zstd -d` on it first and import what that writes.");
  const file = await open(path, "r");
  try {
    if ((await file.stat()).isDirectory()) throw new Refusal("it is a folder; name the files in it.");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(startBytes), 0, startBytes, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Said by who finds nothing in it.
    return undefined;
  }
}

/** Of the home that a rollout lies in; where it lies in none, what it begins in is not found. */
function homeOf(path: string): string {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (["threads", "archived", "shared"].includes(basename(folder))) return dirname(folder);
  }
  return join(dirname(path), "none");
}

/** The user's own settings hold, in the thread's folder and with its model where its provider is known here. */
async function optionsFor(
  asked: { cwd: string; model: string; modelProvider: string },
  notes: string[],
  { home, cwd, env, platform }: ThreadsIo,
): Promise<ImportOptions> {
  const { config, catalog } = await loadConfig(home, []);
  const isKnown = asked.model !== "" && findProvider({ config }, asked.modelProvider) !== null;
  const model = isKnown ? asked.model : defaultModel({ config, catalog });
  const modelProvider = isKnown ? asked.modelProvider : config.model_provider;
  if (!isKnown) {
    notes.push(
      `Its provider ${JSON.stringify(asked.modelProvider)} is not configured here: it goes on with ${model} of ${modelProvider}.`,
    );
  }
  const folder = isProject(asked.cwd, { home, env }) ? asked.cwd : cwd;
  if (asked.cwd !== "" && folder !== asked.cwd) {
    notes.push(
      `It worked in ${JSON.stringify(asked.cwd)}, which is no folder of one project: it goes on in ${folder}.`,
    );
  }
  const settings = changeSettings(initialSettings(config, model, folder), { modelProvider }, config);
  const instructions = await readInstructions({ home, folders: [folder] }, config.project_doc_max_bytes);
  const today = new Date().toISOString().slice(0, 10);
  const opening = openingContext({ cwd: folder, shell: "bash", platform, today, instructions, baseInstructions: null });
  return { settings, opening, isConversation };
}

/** What a thread works in may be written without a question: no file decides that this is all that a person has. */
function isProject(folder: string, { home, env }: Pick<ThreadsIo, "home" | "env">): boolean {
  if (!isAbsolute(folder)) return false;
  const own = [home, ...(env["HOME"] ? [env["HOME"]] : []), homedir()];
  return !isInside(home, folder) && own.every((each) => !isInside(folder, resolve(each)));
}
