// Puts an imported thread among the others: under its own id where that is free, whole or not at all.
import { link, mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readChain } from "../chain.ts";
import { archivedPath, findBase, findRollout, rolloutPath } from "../files.ts";
import { startedTurnOf } from "../living-lines.ts";
import { uuidV7 } from "../../util/uuid-v7.ts";
import { derivedId, type ImportedThread } from "./imported.ts";

export type ImportOutcome =
  | { kind: "imported"; id: string; path: string; thread: ImportedThread }
  /** All of it is there already, under this id. */
  | { kind: "there"; id: string };

/** `convert`: the thread under an id of ours, or, given null, under its own. Rejects when it cannot be written. */
export async function importThread(
  home: string,
  convert: (threadId: string | null) => ImportedThread,
): Promise<ImportOutcome> {
  const own = convert(null);
  const turns = turnsOf(own);
  const seed = `${own.meta.id} ${turns.join(" ")}`;
  const other = derivedId(seed, own.meta.createdAt * 1000);
  for (const id of [own.meta.id, other]) {
    const found = await findRollout(home, id);
    if (found !== null && (await hasTurns(home, found.path, turns))) return { kind: "there", id };
    // One that was deleted keeps its name while forks begin in it.
    if (found === null && (await findBase(home, id)) === null) {
      const thread = id === own.meta.id ? own : convert(id);
      return { kind: "imported", id, path: await write(home, thread), thread };
    }
  }
  throw new Error(`the ids ${own.meta.id} and ${other} are both taken by other threads; delete one of them first`);
}

async function hasTurns(home: string, path: string, turns: readonly string[]): Promise<boolean> {
  const { turnStarts } = await readChain(home, path);
  return turns.every((id) => turnStarts.has(id));
}

function turnsOf({ entries }: ImportedThread): string[] {
  return entries.flatMap(({ entry }) => (entry.type === "notification" ? (startedTurnOf(entry.payload) ?? []) : []));
}

async function write(home: string, { meta, entries, isArchived }: ImportedThread): Promise<string> {
  const createdAt = new Date(meta.createdAt * 1000).toISOString();
  const all = [{ timestamp: createdAt, entry: { type: "threadMeta" as const, payload: meta } }, ...entries];
  const text = all
    .map(({ timestamp, entry }, ordinal) => `${JSON.stringify({ timestamp, ordinal, ...entry })}\n`)
    .join("");
  const live = rolloutPath(home, meta.id, meta.createdAt * 1000);
  const path = isArchived ? archivedPath(home, live) : live;
  const temporary = `${path}.${uuidV7()}.tmp`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: "wx" });
    const lastAt = Date.parse(entries.at(-1)?.timestamp ?? createdAt) / 1000 || meta.createdAt;
    await utimes(temporary, lastAt, lastAt);
    // Unlike a rename it replaces nothing that came meanwhile.
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return path;
}
