// Writes a plan: through the editor what it can hold exactly, so that its buffers and its undo know of it; all else on
// disk. One plan is one step, whichever ways it goes: what the one part cannot do, the other takes back.
import { messageOf } from "../protocol/rpc/errors.ts";
import { orAborted } from "../util/or-aborted.ts";
import { ApplyEditResult, type ApplyEditParams } from "../protocol/apply-edit.ts";
import { type FileWrite, writeFilesAtomically } from "./disk.ts";
import type { DocumentView } from "./document-view.ts";
import { editorEdit, editorHash, placeOf, uriOf } from "./editor-edit.ts";
import { decode, hashOf } from "./encoding.ts";
import { turnsOf } from "./name-turns.ts";
import type { FilePlan } from "./patch-plan.ts";
import { hasMixedEnds } from "./unsaved.ts";
import { bytesAt, type FileBytes, hasMark, mark, nothing, unsavedBytes, type WrittenFile } from "./written-file.ts";

/** An editor that applies edits to its own buffers. */
export interface EditPort {
  /** Rejects when it is gone. */
  applyEdit(edit: ApplyEditParams): Promise<unknown>;
}

export interface WriteLimits {
  /** By path, the real places that were judged and approved: a link that was moved since leads elsewhere. */
  readonly realPaths: ReadonlyMap<string, string>;
  /** Ends the wait for an editor, not a write that has begun. */
  readonly signal: AbortSignal;
}

export type WriteOutcome =
  | { readonly ok: true /** In order of the plan. */; readonly files: readonly WrittenFile[] }
  | {
      readonly ok: false;
      readonly message: string;
      /** Nothing was written because a file is not what the plan saw: to plan it anew may help. */
      readonly isStale: boolean;
      /** The editor may have written it or not: it went away before it said. */
      readonly isUnknown: boolean;
      /** Nobody waits for the editor any more. Resolves when it has answered all the same, or is gone. */
      readonly later?: Promise<void>;
    };

/** A file as it is before a write, and the way it will go. */
interface Way {
  readonly plan: FilePlan;
  readonly before: FileBytes;
  readonly byEditor: boolean;
  /** Others need its name. */
  readonly goesFirst: boolean;
}

/** Editors become slow with larger texts, and refuse very large ones. */
const maxEditorBytes = 20 * 1024 * 1024;
/** Beyond so many, only what is open goes through the editor: it opens each of them. */
const maxEditorFiles = 50;

export class FileWriter {
  readonly #documents: DocumentView;
  readonly #connected: () => EditPort | null;

  /** `editor` says through which one edits go as things are; null: to the disk. */
  constructor(documents: DocumentView, editor: () => EditPort | null) {
    this.#documents = documents;
    this.#connected = editor;
  }

  get #editor(): EditPort | null {
    return this.#connected();
  }

  /** The bytes that the plan begins with; those of a dirty buffer as the editor would save them. Rejects with a sentence. */
  async before(plan: FilePlan): Promise<FileBytes> {
    if (plan.before === null) return nothing;
    const disk = await bytesAt(plan.path);
    return plan.dirty || disk.bytes === null ? unsavedBytes(plan.before, plan, disk) : disk;
  }

  /** All or nothing, but for what `isUnknown` says. Must not throw. */
  async write(plan: readonly FilePlan[], limits: WriteLimits): Promise<WriteOutcome> {
    try {
      for (const [path, realPath] of limits.realPaths) {
        // The last step looks once more; this spares an edit that is refused already.
        if ((await this.#documents.realTarget(path)) === realPath) continue;
        return refused(`${path} is not where the change was approved for. Nothing was written.`);
      }
      const isMany = plan.length > maxEditorFiles;
      const each = await Promise.all(plan.map((file) => this.#wayOf(file, { isMany })));
      const ways = inTurn(each, limits);
      const barred = await this.#findBarred(ways);
      return barred === null ? await this.#writeBoth(ways, limits) : refused(barred);
    } catch (error) {
      return refused(`${messageOf(error)} Nothing was written.`);
    }
  }

  async #wayOf(plan: FilePlan, { isMany }: { isMany: boolean }): Promise<Way> {
    const before = await this.before(plan);
    const way = { plan, before, goesFirst: false };
    if (this.#editor === null) return { ...way, byEditor: false };
    const isOpen = plan.version !== null || (await this.#documents.openPath(plan.path)) !== null;
    return { ...way, byEditor: isExactInEditor(plan) && (isOpen || !isMany) };
  }

  /** What the person has typed and not saved is in the editor alone: nothing may be written beneath it. */
  async #findBarred(ways: readonly Way[]): Promise<string | null> {
    for (const { plan, byEditor } of ways) {
      const isDirty = plan.dirty || (this.#editor !== null && (await this.#documents.isDirty(plan.path)));
      if (!isDirty) continue;
      if (plan.after === null) {
        return `${plan.path} has unsaved changes in the editor, which would be gone with it. Nothing was written; ask the user to save it or to revert it, then delete it.`;
      }
      if (byEditor && this.#editor !== null) continue;
      return `${plan.path} has unsaved changes in the editor, and this change cannot be made there without changing more of it. Nothing was written; ask the user to save it or to revert it.`;
    }
    return null;
  }

  async #writeBoth(ways: readonly Way[], limits: WriteLimits): Promise<WriteOutcome> {
    const approved = new Set(limits.realPaths.values());
    const onDisk = ways.filter(({ byEditor }) => !byEditor);
    const permits = (path: string) => approved.has(path);
    const disk = await writeFilesAtomically(
      onDisk.map(({ plan, before }) => withMark(plan, before)),
      { permits },
    );
    if (!disk.ok) return { ok: false, message: disk.message, isStale: disk.isStale ?? false, isUnknown: false };
    const inEditor = ways.filter(({ byEditor }) => byEditor);
    const edited = await this.#edit(inEditor, limits);
    if (edited.ok) return { ok: true, files: await Promise.all(ways.map((way) => this.#written(way, edited.result))) };
    if (edited.isUnknown || onDisk.length === 0) return edited;
    const left = await disk.takeBack();
    return left === null ? edited : { ...edited, message: `${edited.message} ${left}` };
  }

  async #edit(
    ways: readonly Way[],
    { realPaths, signal }: WriteLimits,
  ): Promise<{ ok: true; result: ApplyEditResult | null } | Extract<WriteOutcome, { ok: false }>> {
    if (this.#editor === null || ways.length === 0) return { ok: true, result: null };
    const plan = ways.toSorted((a, b) => Number(b.goesFirst) - Number(a.goesFirst)).map((way) => way.plan);
    const spelled = new Map<string, string>();
    for (const { path } of plan) spelled.set(path, (await this.#documents.openPath(path)) ?? path);
    try {
      const edit = editorEdit(plan, { realPaths, spelled });
      const asked = this.#editor.applyEdit(edit);
      const answer = await orAborted(asked, signal);
      if (answer === "aborted") {
        const later = asked.then(noMatter, noMatter);
        return { ...refused("stopped before the editor said whether it applied the change"), isUnknown: true, later };
      }
      const result = ApplyEditResult.parse(answer);
      if (result.applied) return { ok: true, result };
      const message = result.failureReason ?? "the editor did not apply the change, and did not say why";
      return { ...refused(message), isStale: result.isStale ?? false };
    } catch (error) {
      const message = `the editor did not say whether it applied the change: ${messageOf(error)}`;
      return { ...refused(message), isUnknown: true };
    }
  }

  /** What is there by now, whatever was planned. */
  async #written({ plan, before, byEditor }: Way, result: ApplyEditResult | null): Promise<WrittenFile> {
    const isParted = !byEditor && plan.after !== null && (before.names ?? 1) > 1;
    const saved = { plan, isSaved: true, saveProblem: null, changedTo: null, isParted };
    if (plan.after === null) return { ...saved, ...(await bytesAt(plan.path)) };
    const place = (plan.change.kind === "update" ? plan.change.movePath : null) ?? plan.path;
    if (!byEditor) return { ...saved, ...(await bytesAt(place)) };
    const spelled = (await this.#documents.openPath(place)) ?? place;
    const told = result?.files?.find(({ uri }) => uri === uriOf(spelled) || uri === uriOf(place));
    const disk = await bytesAt(place);
    const isSaved = (told?.isSaved ?? !plan.dirty) && !(await this.#isOnlyOpen(place, disk, plan.after));
    // What is on disk counts, whatever is said of it.
    const text = isSaved ? textOf(disk) : (told?.text ?? null);
    const isChanged = text !== null && editorHash(text) !== editorHash(plan.after);
    const facts = {
      plan,
      isSaved,
      saveProblem: told?.saveProblem ?? null,
      changedTo: isChanged ? text : null,
      isParted,
    };
    return { ...facts, ...(isSaved ? disk : unsavedBytes(told?.text ?? plan.after, plan, withMarkOf(disk, before))) };
  }

  /** The editor has the new text, and the disk has not, although nobody said that it was not saved. */
  async #isOnlyOpen(path: string, disk: FileBytes, after: string): Promise<boolean> {
    const onDisk = textOf(disk);
    if (onDisk !== null && editorHash(onDisk) === editorHash(after)) return false;
    const open = await this.#documents.read(path);
    return open.kind === "text" && open.dirty && editorHash(open.text) === editorHash(after);
  }
}

/** What needs a name goes the same way as what has it: neither way can wait for the other. */
function inTurn(ways: readonly Way[], { realPaths }: WriteLimits): readonly Way[] {
  const real = (path: string) => realPaths.get(path) ?? path;
  const turns = turnsOf(ways, ({ plan }) => ({
    leaves: plan.after === null || placeOf(plan) !== plan.path ? real(plan.path) : null,
    comes: plan.after === null ? null : real(placeOf(plan)),
  }));
  if (turns.length === 0) return ways;
  const first = new Set(turns.map((turn) => turn.first));
  const all = new Set(turns.flatMap((turn) => [turn.first, turn.next]));
  // An editor deletes files and makes folders for new ones; the rest is not for it.
  const isForEditor = turns.every(
    ({ first, next, left }) =>
      left === "place" && first.plan.after === null && next.plan.before === null && first.byEditor && next.byEditor,
  );
  return ways.map((way) => {
    return { ...way, byEditor: all.has(way) ? isForEditor : way.byEditor, goesFirst: first.has(way) };
  });
}

/** A buffer has one kind of line end and shows no byte order mark; what has more to it would be changed by saving. */
function isExactInEditor({ before, after, encoding }: FilePlan): boolean {
  const texts = [before, after].filter((text) => text !== null);
  const isUniform = texts.every((text) => text.length <= maxEditorBytes && !hasMixedEnds(text));
  const marks = new Set(texts.map((text) => text.startsWith(mark)));
  return encoding === "utf8" && isUniform && marks.size === 1 && !(before === null && marks.has(true));
}

/** The text of an open buffer does not show the byte order mark that the file has. */
function withMark(plan: FilePlan, { bytes }: FileBytes): FileWrite {
  if (plan.version === null || plan.before === null || !hasMark(bytes) || plan.before.startsWith(mark)) return plan;
  const after = plan.after === null ? null : mark + plan.after;
  return { ...plan, after, beforeHash: hashOf(mark + plan.before, plan.encoding) };
}

function withMarkOf(disk: FileBytes, before: FileBytes): FileBytes {
  return { bytes: disk.bytes ?? before.bytes, mode: disk.mode ?? before.mode };
}

/** Null when it is not there, or no text. */
function textOf({ bytes }: FileBytes): string | null {
  const decoded = bytes === null ? null : decode(bytes);
  return decoded?.ok ? decoded.text : null;
}

function noMatter(): void {}

function refused(message: string): Extract<WriteOutcome, { ok: false }> {
  return { ok: false, message, isStale: false, isUnknown: false };
}
