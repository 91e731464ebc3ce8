// Which sections there are, and which threads stand where in them: the content of the file, and changes of it. Pure.
import * as z from "zod";
import {
  beforeItself,
  builtInSection,
  emptySectionName,
  invalidInput,
  longSectionName,
  noSuchSection,
  notInSection,
  sectionNotFound,
} from "../protocol/rpc/errors.ts";
import {
  pinnedSectionId,
  ThreadSection,
  type ThreadSectionAppearance,
  type ThreadSectionMoveParams,
} from "../protocol/thread-section.ts";

const MAX_NAME_CHARS = 1000;
/** Between two neighbours, so that moving one thread changes no other. */
const STEP = 2 ** 20;

const Place = z.looseObject({
  sectionId: z.string(),
  /** Orders the threads of a section. */
  position: z.number(),
  /** Unix seconds. */
  enteredAt: z.number(),
});
export type Place = z.infer<typeof Place>;

/** Loose: what a newer version has written besides stays in it. */
export const SectionsFile = z.looseObject({
  /** Without the pinned one, which is not written down. */
  sections: z.array(ThreadSection.loose()),
  /** By the thread's id. */
  threads: z.record(z.string(), Place),
});
export type SectionsFile = z.infer<typeof SectionsFile>;

export const noSections: SectionsFile = { sections: [], threads: {} };

const pinned: ThreadSection = { id: pinnedSectionId, name: "Pinned", appearance: null };

/** All of them, the oldest first, which is the pinned one. */
export function allSections({ sections }: SectionsFile): ThreadSection[] {
  const shown = sections.map(({ id, name, appearance }) => ({ id, name, appearance }));
  return [pinned, ...shown].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Threads of a section, in its order. */
export function threadsIn({ threads }: SectionsFile, sectionId: string): { id: string; place: Place }[] {
  const there = Object.entries(threads).filter(([, place]) => place.sectionId === sectionId);
  const listed = there.map(([id, place]) => ({ id, place }));
  return listed.sort((a, b) => a.place.position - b.place.position || (a.id < b.id ? -1 : 1));
}

export function withSection(file: SectionsFile, section: ThreadSection): SectionsFile {
  return { ...file, sections: [...file.sections, { ...section, name: checkedName(section.name) }] };
}

/** Throws RpcError, as all below do. `appearance` undefined: it stays. */
export function withNamedSection(
  file: SectionsFile,
  sectionId: string,
  { name, appearance }: { name: string; appearance: ThreadSectionAppearance | null | undefined },
): SectionsFile {
  if (sectionId === pinnedSectionId) throw builtInSection("renamed");
  const checked = checkedName(name);
  requireSection(file, sectionId);
  const sections = file.sections.map((each) =>
    each.id === sectionId ? { ...each, name: checked, ...(appearance === undefined ? {} : { appearance }) } : each,
  );
  return { ...file, sections };
}

/** Its threads are in no section then. */
export function withoutSection(file: SectionsFile, sectionId: string): SectionsFile {
  if (sectionId === pinnedSectionId) throw builtInSection("deleted");
  requireSection(file, sectionId);
  const sections = file.sections.filter(({ id }) => id !== sectionId);
  const kept = Object.entries(file.threads).filter(([, place]) => place.sectionId !== sectionId);
  return { ...file, sections, threads: Object.fromEntries(kept) };
}

export function withoutThread(file: SectionsFile, threadId: string): SectionsFile {
  if (!Object.hasOwn(file.threads, threadId)) return file;
  const { [threadId]: _, ...threads } = file.threads;
  return { ...file, threads };
}

/** `now` in Unix seconds. */
export function withMovedThread(
  file: SectionsFile,
  { threadId, sectionId, beforeThreadId }: ThreadSectionMoveParams,
  now: number,
): SectionsFile {
  if (sectionId === null) {
    if (beforeThreadId) throw invalidInput("beforeThreadId requires a non-null sectionId");
    return withoutThread(file, threadId);
  }
  if (beforeThreadId === threadId) throw beforeItself(threadId);
  if (!allSections(file).some(({ id }) => id === sectionId)) throw noSuchSection(sectionId);
  const before = placeOf(file, threadId);
  const enteredAt = before?.sectionId === sectionId ? before.enteredAt : now;
  const others = threadsIn(withoutThread(file, threadId), sectionId);
  const at = beforeThreadId ? others.findIndex(({ id }) => id === beforeThreadId) : others.length;
  if (at === -1) throw notInSection(beforeThreadId ?? "", sectionId);
  const position = positionBetween(others[at - 1]?.place.position, others[at]?.place.position);
  if (position !== null)
    return { ...file, threads: { ...file.threads, [threadId]: { sectionId, position, enteredAt } } };
  // No number is left between the two: all get new ones.
  const spread = others.map(({ id, place }, index) => [id, { ...place, position: (index + 1) * STEP }]);
  return withMovedThread(
    { ...file, threads: { ...file.threads, ...(Object.fromEntries(spread) as SectionsFile["threads"]) } },
    { threadId, sectionId, beforeThreadId },
    now,
  );
}

/** Null for a thread that is in none, or in one that is not there any more. */
export function sectionIdOf(file: SectionsFile, threadId: string): string | null {
  const sectionId = placeOf(file, threadId)?.sectionId ?? null;
  const isThere = sectionId === pinnedSectionId || file.sections.some(({ id }) => id === sectionId);
  return isThere ? sectionId : null;
}

/** Null for a thread that is in none. */
export function placeOf(file: SectionsFile, threadId: string): Place | null {
  return (Object.hasOwn(file.threads, threadId) ? file.threads[threadId] : null) ?? null;
}

/** Null when there is none. */
function positionBetween(before: number | undefined, behind: number | undefined): number | null {
  if (before === undefined) return (behind ?? 2 * STEP) - STEP;
  if (behind === undefined) return before + STEP;
  const middle = (before + behind) / 2;
  return middle > before && middle < behind ? middle : null;
}

function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === "") throw emptySectionName();
  if (trimmed.length > MAX_NAME_CHARS) throw longSectionName(trimmed.length, MAX_NAME_CHARS);
  return trimmed;
}

function requireSection({ sections }: SectionsFile, sectionId: string): void {
  if (!sections.some(({ id }) => id === sectionId)) throw sectionNotFound(sectionId);
}
