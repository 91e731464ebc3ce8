// Every write of a plan goes through here: written down, written, and written down as it really is.
import type { FilePlan } from "../files/patch-plan.ts";
import { placeOf } from "../files/editor-edit.ts";
import { type Encoding, encode } from "../files/encoding.ts";
import type { FileWriter, WriteLimits, WriteOutcome } from "../files/writer.ts";
import type { FileBytes, WrittenFile } from "../files/written-file.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import { inParallel } from "../util/in-parallel.ts";
import { uuidV7 } from "../util/uuid-v7.ts";
import type { Change, ChangeSource, FileChange, Image, JournalLine, WorkspaceJournal } from "./change.ts";
import { missingFolders } from "./folders.ts";
import { refusedLine, settledLine } from "./settle.ts";

export type ChangeOutcome =
  | {
      readonly ok: true;
      readonly files: readonly WrittenFile[];
      /** What was not kept, and so cannot be undone, each with the reason. */
      readonly notKept: readonly { readonly path: string; readonly reason: string }[];
    }
  | Extract<WriteOutcome, { ok: false }>;

/** What is written with a plan as one change, on ways of its own, and before it. */
export interface Beside {
  /** As planned. */
  readonly files: readonly FileChange[];
  /** Must not throw. What it could not write it has taken back, but for what `isUnknown` says. */
  write(): Promise<{ readonly ok: true } | Extract<WriteOutcome, { ok: false }>>;
  /** Null when everything is as it was, else a sentence on what is not. Must not throw. */
  takeBack(): Promise<string | null>;
  /** Its files as they really are. */
  written(): Promise<readonly FileChange[]>;
}

/** Whose each file is, by its path: what is written at once is a change of its own in the journal for each source. */
export type SourceOf = (path: string) => ChangeSource;

/** Must not throw. What cannot be written down is not written either. */
export async function writeChange(
  opening: WorkspaceJournal | Promise<WorkspaceJournal>,
  writer: FileWriter,
  source: ChangeSource | SourceOf,
  plan: readonly FilePlan[],
  { beside, ...limits }: WriteLimits & { readonly beside?: Beside | undefined },
): Promise<ChangeOutcome> {
  let journal: WorkspaceJournal;
  let changes: readonly Change[] = [];
  let leave = () => {};
  try {
    journal = await opening;
    leave = () => journal.leave(changes.map(({ id }) => id));
    const planned = await inParallel(plan, atATime, (file) => plannedChanges(journal, writer, file, limits));
    changes = await preparedChanges([...(beside?.files ?? []), ...planned.flat()], source);
    await journal.append(...changes.map(preparedLine));
  } catch (error) {
    leave();
    return { ok: false, message: unkept(error), isStale: false, isUnknown: false };
  }
  const written = await writeBoth(beside, () => writer.write(plan, limits));
  // The change is on disk whatever the journal says now. A line that is missing is made up for by looking.
  await ended(journal, { changes, beside, leave }, written, limits).catch(leave);
  return written.ok ? { ...written, notKept: notKeptIn(changes.flatMap(({ files }) => files)) } : written;
}

async function preparedChanges(files: readonly FileChange[], source: ChangeSource | SourceOf): Promise<Change[]> {
  const groups = new Map<ChangeSource, FileChange[]>(typeof source === "function" ? [] : [[source, []]]);
  for (const file of files) {
    const own = typeof source === "function" ? source(file.path) : source;
    groups.set(own, [...(groups.get(own) ?? []), file]);
  }
  return inParallel([...groups], 1, async ([own, group]) => {
    const folders = await missingFolders(group.flatMap(({ path, after }) => (after.kind === "missing" ? [] : [path])));
    const made = folders.length === 0 ? {} : { folders };
    return { id: uuidV7(), atMs: Date.now(), source: own, files: group, state: "prepared", ...made };
  });
}

function preparedLine({ id, atMs, source, files, folders }: Change): JournalLine {
  const made = folders === undefined ? {} : { folders: [...folders] };
  return { type: "prepared", id, atMs, source, files: [...files], ...made };
}

async function writeBoth(beside: Beside | undefined, write: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
  const first = await beside?.write();
  if (first?.ok === false) return first;
  const written = await write();
  const left = written.ok ? null : ((await beside?.takeBack()) ?? null);
  return written.ok || left === null ? written : { ...written, message: `${written.message} ${left}`, isUnknown: true };
}

/** Files that are kept side by side: the disk is what they wait for. */
const atATime = 16;

function notKeptIn(files: readonly FileChange[]): { path: string; reason: string }[] {
  return files.flatMap(({ path, before }) => (before.kind === "notCaptured" ? [{ path, reason: before.reason }] : []));
}

interface Prepared {
  readonly changes: readonly Change[];
  readonly beside: Beside | undefined;
  /** To be called when how they ended cannot be written down. */
  leave(): void;
}

async function ended(
  journal: WorkspaceJournal,
  { changes, beside, leave }: Prepared,
  written: WriteOutcome,
  limits: WriteLimits,
): Promise<void> {
  const append = async (lineOf: (change: Change) => Promise<JournalLine>) =>
    journal.append(...(await Promise.all(changes.map(lineOf))));
  if (!written.ok && written.later !== undefined) {
    // Until then it stays prepared: an editor that still writes must not do so behind the journal's back.
    void written.later.then(() => append(settledLine)).catch(leave);
    return;
  }
  if (!written.ok) return append(written.isUnknown ? settledLine : refusedLine);
  const befores = new Map(changes.flatMap(({ files }) => files.map((file) => [file.path, file.before])));
  const onDisk = (await beside?.written()) ?? [];
  const real = await inParallel(written.files, atATime, (file) => realChanges(journal, file, { befores, limits }));
  const files = [...onDisk, ...real.flat()];
  return append(async ({ id, files: planned }) => {
    const own = new Set(planned.map(({ path }) => path));
    return { type: "applied", id, files: files.filter(({ path }) => own.has(path)) };
  });
}

/** With the bytes that the plan will leave, so that what became of it can be told after a crash. */
async function plannedChanges(
  journal: WorkspaceJournal,
  writer: FileWriter,
  plan: FilePlan,
  limits: WriteLimits,
): Promise<FileChange[]> {
  const before = await writer.before(plan);
  const after = plan.after === null ? null : encode(plan.after, plan.encoding);
  const [old, planned] = await Promise.all([
    imageOf(journal, before, { encoding: plan.encoding }),
    imageOf(journal, { bytes: after, mode: before.mode }, { encoding: plan.encoding, isCopy: true }),
  ]);
  return changesOf(plan, { before: old, after: planned }, limits);
}

async function realChanges(
  journal: WorkspaceJournal,
  written: WrittenFile,
  { befores, limits }: { befores: ReadonlyMap<string, Image>; limits: WriteLimits },
): Promise<FileChange[]> {
  const { plan } = written;
  const before = befores.get(realPath(plan.path, limits)) ?? missing;
  return changesOf(
    plan,
    { before, after: await imageOf(journal, written, { encoding: plan.encoding, isCopy: written.isSaved }) },
    limits,
  );
}

/** A moved file is two: one that went, and one that came. */
function changesOf(
  plan: FilePlan,
  { before, after }: { before: Image; after: Image },
  limits: WriteLimits,
): FileChange[] {
  const path = realPath(plan.path, limits);
  const place = realPath(placeOf(plan), limits);
  if (place === path) return [{ path, before, after, movedFrom: null }];
  return [
    { path, before, after: missing, movedFrom: null },
    { path: place, before: missing, after, movedFrom: path },
  ];
}

const missing: Image = { kind: "missing" };

async function imageOf(
  journal: WorkspaceJournal,
  { bytes, mode }: FileBytes,
  facts: { readonly encoding: Encoding; readonly isCopy?: boolean },
): Promise<Image> {
  return bytes === null ? missing : journal.keep(bytes, { mode, ...facts });
}

function realPath(path: string, { realPaths }: WriteLimits): string {
  return realPaths.get(path) ?? path;
}

function unkept(error: unknown): string {
  return `${messageOf(error)}, so nothing was written: it could not be undone. Make room or mend its permissions, or set \`journal = false\` in config.toml to work without it.`;
}
