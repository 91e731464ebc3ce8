// Every write of a plan goes through here: written down, written, and written down as it really is.
import type { FilePlan } from "../files/patch-plan.ts";
import { placeOf } from "../files/editor-edit.ts";
import { type Encoding, encode } from "../files/encoding.ts";
import type { FileWriter, WriteLimits, WriteOutcome } from "../files/writer.ts";
import type { FileBytes, WrittenFile } from "../files/written-file.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import { inParallel } from "../util/in-parallel.ts";
import { uuidV7 } from "../util/uuid-v7.ts";
import type { ChangeSource, FileChange, Image, WorkspaceJournal } from "./change.ts";
import { missingFolders } from "./folders.ts";
import { refusedLine, settledLine } from "./settle.ts";

export type ChangeOutcome =
  | {
      readonly ok: true;
      /** Of the change in the journal. */
      readonly id: string;
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

/** Must not throw. What cannot be written down is not written either. */
export async function writeChange(
  opening: WorkspaceJournal | Promise<WorkspaceJournal>,
  writer: FileWriter,
  source: ChangeSource,
  plan: readonly FilePlan[],
  { beside, ...limits }: WriteLimits & { readonly beside?: Beside | undefined },
): Promise<ChangeOutcome> {
  const id = uuidV7();
  let journal: WorkspaceJournal;
  let files: FileChange[];
  try {
    journal = await opening;
    const planned = await inParallel(plan, atATime, (file) => plannedChanges(journal, writer, file, limits));
    files = [...(beside?.files ?? []), ...planned.flat()];
    const folders = await missingFolders(files.flatMap(({ path, after }) => (after.kind === "missing" ? [] : [path])));
    const made = folders.length === 0 ? {} : { folders };
    await journal.append({ type: "prepared", id, atMs: Date.now(), source, files, ...made });
  } catch (error) {
    return { ok: false, message: unkept(error), isStale: false, isUnknown: false };
  }
  const written = await writeBoth(beside, () => writer.write(plan, limits));
  // The change is on disk whatever the journal says now. A line that is missing is made up for by looking, later.
  await ended(journal, { id, source, files, beside }, written, limits).catch(() => undefined);
  return written.ok ? { ...written, id, notKept: notKeptIn(files) } : written;
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
  readonly id: string;
  readonly source: ChangeSource;
  readonly files: readonly FileChange[];
  readonly beside: Beside | undefined;
}

async function ended(
  journal: WorkspaceJournal,
  { id, source, files, beside }: Prepared,
  written: WriteOutcome,
  limits: WriteLimits,
): Promise<void> {
  const change = { id, source, files, atMs: 0, state: "prepared" } as const;
  if (!written.ok && written.later !== undefined) {
    // Until then it stays prepared: an editor that still writes must not do so behind the journal's back.
    void written.later.then(async () => journal.append(await settledLine(change))).catch(() => undefined);
    return;
  }
  if (!written.ok) return journal.append(await (written.isUnknown ? settledLine(change) : refusedLine(change)));
  const befores = new Map(files.map((file) => [file.path, file.before]));
  const real = await inParallel(written.files, atATime, (file) => realChanges(journal, file, { befores, limits }));
  await journal.append({ type: "applied", id, files: [...((await beside?.written()) ?? []), ...real.flat()] });
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
