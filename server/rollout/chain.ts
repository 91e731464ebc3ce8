// The whole history of a thread: the lines of its own file, behind those of the threads it was forked from.
import { findBase } from "./files.ts";
import type { ReadLine, ThreadBase } from "./line.ts";
import { type Cut, type RolloutContent, readRollout } from "./reader.ts";

export interface Chain {
  /** The oldest first. Each file begins with its own `threadMeta`. */
  lines: ReadLine[];
  /** Lines that were not readable, in all of the files. */
  unreadable: number;
  /** For the next line of the thread's own file. */
  nextOrdinal: number;
  /** So long its own file is. */
  bytes: number;
  /** Of all, its own first. */
  paths: string[];
  /** Where a fork would begin that ends right before this turn. */
  turnStarts: Map<string, ThreadBase>;
  /** Where a fork of all of it would begin; null when nobody knows whose it is. */
  end: ThreadBase | null;
  /** What of the history is not here and why, in sentences. */
  missing: string[];
}

/** Nobody forks so deep (`isDeep`): what is deeper is damage. */
const maxDepth = 256;
const deep = 64;

/** A fork of this one is better a copy. */
export function isDeep(chain: Pick<Chain, "paths">): boolean {
  return chain.paths.length >= deep;
}

interface Link extends RolloutContent {
  path: string;
}

/** What cannot be found or read of the threads it was forked from is told in `missing`. Rejects when its own file cannot be. */
export async function readChain(home: string, path: string): Promise<Chain> {
  const links: Link[] = [{ ...(await readRollout(path)), path }];
  const missing: string[] = [];
  const seen = new Set([metaOf(links[0])?.id]);
  for (let base = metaOf(links[0])?.base ?? null; base !== null; base = metaOf(links[0])?.base ?? null) {
    const link = seen.has(base.threadId) || seen.size >= maxDepth ? circular : await readBase(home, base);
    if (typeof link === "string") {
      missing.push(`The beginning of this thread is missing: ${link}. It goes on with what is here.`);
      break;
    }
    if (link.end.endByteOffset < base.endByteOffset) missing.push(shorter(base));
    seen.add(base.threadId);
    links.unshift(link);
  }
  return joined(links, missing);
}

const circular = "the threads that it was forked from name each other without end";

function shorter({ threadId }: ThreadBase): string {
  return `A part of this thread is missing: the file of the thread ${threadId}, which it was forked from, is shorter than it was.`;
}

/** A sentence's part, when there is none to read. */
async function readBase(home: string, base: ThreadBase): Promise<Link | string> {
  const { threadId, endByteOffset } = base;
  try {
    const read = await readWhereItIs(home, threadId, endByteOffset);
    if (read === null) return `the thread ${threadId}, which it was forked from, is not there`;
    const { path, content } = read;
    if (metaOf(content)?.id !== threadId) return `the file of the thread ${threadId} (${path}) is not its own`;
    return { ...content, path };
  } catch (error) {
    return `the thread ${threadId}, which it was forked from, cannot be read (${(error as Error).message})`;
  }
}

/** Null: it is nowhere. It may be archived, or deleted and kept, by another process while it is looked for. */
async function readWhereItIs(home: string, threadId: string, to: number) {
  for (let tries = 0; ; tries++) {
    const path = await findBase(home, threadId);
    if (path === null && tries > 0) return null;
    try {
      if (path !== null) return { path, content: await readRollout(path, to) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries === MAX_MOVES) throw error;
    }
  }
}

const MAX_MOVES = 3;

function joined(links: readonly Link[], missing: string[]): Chain {
  const turnStarts = new Map<string, ThreadBase>();
  for (const link of links) {
    const threadId = metaOf(link)?.id;
    if (threadId === undefined) continue;
    for (const [turnId, cut] of link.turnStarts) turnStarts.set(turnId, { threadId, ...cut });
  }
  const own = links.at(-1);
  const id = metaOf(own)?.id;
  return {
    lines: links.length === 1 ? (own?.lines ?? []) : links.flatMap(({ lines }) => lines),
    unreadable: links.reduce((sum, { unreadable }) => sum + unreadable, 0),
    nextOrdinal: own?.nextOrdinal ?? 0,
    bytes: own?.bytes ?? 0,
    paths: links.map(({ path }) => path).toReversed(),
    turnStarts,
    end: own === undefined || id === undefined ? null : { threadId: id, ...(own.end satisfies Cut) },
    missing,
  };
}

function metaOf(content: Pick<RolloutContent, "lines"> | undefined) {
  const first = content?.lines.find(({ type }) => type === "threadMeta");
  return first?.type === "threadMeta" ? first.payload : null;
}
