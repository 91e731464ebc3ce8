// Turns what differs between two looks at a workspace into changes of files for the journal: with their bytes kept,
// without what others did meanwhile, and with moved files told from new ones.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import { decode } from "../../files/encoding.ts";
import { isInside } from "../../util/inside.ts";
import { inParallel } from "../../util/in-parallel.ts";
import type { FileChange, Image, WorkspaceJournal } from "../change.ts";
import { byPath, type Content, type Difference, differences, type Entry, moves, type Table } from "./file-table.ts";
import type { HeldBytes } from "./held-bytes.ts";
import { isLeftOut } from "./walk.ts";

export interface Interval {
  readonly root: string;
  readonly before: Table;
  readonly after: Table;
  /** By path, the file as the journal knows that others (patches, undo) left it since `before`. */
  readonly known: ReadonlyMap<string, Image>;
  /** Paths that a person saved since `before`. */
  readonly saved: ReadonlySet<string>;
}

export interface Keeping {
  readonly held: HeldBytes;
  readonly journal: Pick<WorkspaceJournal, "keep">;
  /** Aborted when there is no more time: what is not kept until then is named only. */
  readonly signal: AbortSignal;
}

/** What a command did in the interval, in order of paths. Rejects when the journal keeps nothing. */
export async function capturedFiles(interval: Interval, keeping: Keeping): Promise<FileChange[]> {
  const changed = commandsOwn(interval);
  const hashes = new Map<Content, string>();
  for (const difference of changed) await hashInto(hashes, difference, keeping);
  const real = changed.filter((difference) => !isAsKnown(difference, interval.known, hashes));
  const origins = moves(real, ({ before, after }, side) => {
    const content = (side === "before" ? before : after)?.content;
    return content === undefined || isEmpty(content) ? null : (hashes.get(content) ?? null);
  });
  return inParallel(real, keptAtATime, async ({ path, before, after }) => ({
    path,
    before: interval.known.get(path) ?? (await imageOf(before, keeping)),
    after: after === null ? missing : await afterImage(path, after, keeping),
    movedFrom: origins.get(path) ?? null,
  }));
}

const missing: Image = { kind: "missing" };
/** Each is synced on its own: many at a time share the wait. */
const keptAtATime = 32;
const maxHashedBytes = 64 << 20;

function commandsOwn({ root, before, after, known, saved }: Interval): Difference[] {
  const found = differences(before.entries, after.entries);
  const listed = new Set(found.map(({ path }) => path));
  // One that looks as before, but was another in between: it was changed behind the back of who left it so.
  const between = [...known.keys()].flatMap((path): Difference[] => {
    const entry = after.entries.get(path) ?? null;
    const isWatched = isInside(root, path) && (entry !== null || !isLeftOut(path, root, after.rules));
    return listed.has(path) || !isWatched ? [] : [{ path, before: entry, after: entry }];
  });
  const own = [...found, ...between].filter((difference) => {
    const { path } = difference;
    if (known.has(path)) return true;
    if (saved.has(path)) return false;
    // It was there before, and only now an ignore file lets it be seen.
    return difference.before !== null || !isLeftOut(path, root, before.rules);
  });
  return own.sort(byPath);
}

async function hashInto(hashes: Map<Content, string>, { before, after }: Difference, keeping: Keeping): Promise<void> {
  for (const content of [before?.content, after?.content]) {
    if (content?.kind !== "held" || keeping.signal.aborted) continue;
    hashes.set(content, sha256(await keeping.held.read(content.place)));
  }
}

/** Whether the file is as somebody else is known to have left it. Where that cannot be told, it is. */
function isAsKnown(
  { path, after }: Difference,
  known: ReadonlyMap<string, Image>,
  hashes: ReadonlyMap<Content, string>,
): boolean {
  const image = known.get(path);
  if (image === undefined) return false;
  if (after === null || image.kind === "missing") return after === null && image.kind === "missing";
  const { content, row } = after;
  if (image.kind === "link") return content.kind === "link" && content.target === image.target;
  const hash = hashes.get(content);
  if (image.hash === null || hash === undefined) return content.kind !== "link";
  const isSameMode = image.kind === "notCaptured" || image.mode === null || image.mode === row.mode;
  return hash === image.hash && isSameMode;
}

async function imageOf(entry: Entry | null, { held, journal, signal }: Keeping): Promise<Image> {
  if (entry === null) return missing;
  const { content, row } = entry;
  if (content.kind === "link") return { kind: "link", target: content.target };
  if (content.kind === "unread") return { kind: "notCaptured", reason: content.reason, hash: null };
  if (signal.aborted) return { kind: "notCaptured", reason: "too many files changed at once", hash: null };
  const bytes = await held.read(content.place);
  const text = decode(bytes);
  return journal.keep(bytes, { mode: row.mode, encoding: text.ok ? text.encoding : "binary" });
}

/** Without its bytes its hash is known at least, so that a file that a command made can be taken away again. */
async function afterImage(path: string, entry: Entry, keeping: Keeping): Promise<Image> {
  const image = await imageOf(entry, keeping);
  const isHashed = entry.content.kind === "unread" && entry.row.size <= maxHashedBytes && !keeping.signal.aborted;
  return image.kind === "notCaptured" && isHashed ? { ...image, hash: await hashOfFile(path) } : image;
}

/** Null when it cannot be read. */
async function hashOfFile(path: string): Promise<string | null> {
  try {
    const file = await fs.open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const hash = createHash("sha256");
    for await (const bytes of file.createReadStream({ end: maxHashedBytes })) hash.update(bytes as Buffer);
    return hash.digest("hex");
  } catch {
    // It stays named without a hash.
    return null;
  }
}

function isEmpty(content: Content): boolean {
  return content.kind === "held" && content.place.length === 0;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
