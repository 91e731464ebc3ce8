// What the model is told of a patch that was written: which files, and what is not as it planned. Bounded. Pure.
import { placeOf } from "../files/editor-edit.ts";
import type { FilePlan } from "../files/patch-plan.ts";
import { unifiedHunks } from "../files/unified-diff.ts";
import type { WrittenFile } from "../files/written-file.ts";
import type { ChangeOutcome } from "../journal/write-change.ts";
import { shownIn } from "../util/inside.ts";
import { changedFiles, writtenMessage } from "./patch-written.ts";

/** Of all diffs together, in characters. */
const maxDiffs = 6_000;
/** Of all other notes. */
const maxNotes = 20;

export function patchReport(
  plan: readonly FilePlan[],
  { files, notKept }: Extract<ChangeOutcome, { ok: true }>,
  cwd: string,
): string {
  const name = (path: string) => shownIn(cwd, path);
  const notes = [
    ...files.flatMap((file) => noteOn(file, name(placeOf(file.plan)))),
    ...files.flatMap(({ plan, isParted }) => (isParted ? [parted(name(placeOf(plan)))] : [])),
    ...notKept.map(({ path, reason }) => `${name(path)} cannot be undone by Belay: ${reason}.`),
  ];
  const left = notes.length - maxNotes;
  const told = left > 0 ? [...notes.slice(0, maxNotes), `(and ${left} more such notes)`] : notes;
  return `${writtenMessage(plan, cwd)}${told.map((note) => `${note}\n`).join("")}${changedFurther(files, name)}`;
}

/** Of one that is not written. */
export function proposalReport(plan: readonly FilePlan[], cwd: string): string {
  return `Proposed: not written until the user keeps it. Your own reads see it; commands do not.\n${changedFiles(plan, cwd)}`;
}

function noteOn({ isSaved, saveProblem, plan }: WrittenFile, name: string): string[] {
  if (saveProblem !== null) {
    return [
      `${name} is changed in the editor, but could not be saved (${saveProblem}): commands do not see the change.`,
    ];
  }
  if (isSaved || plan.after === null) return [];
  return [`${name} is unsaved in the editor, as it was before: commands do not see the change.`];
}

function parted(name: string): string {
  return `${name} had other names (hard links), which are files of their own now, with the old text.`;
}

function changedFurther(files: readonly WrittenFile[], name: (path: string) => string): string {
  let left = maxDiffs;
  let report = "";
  for (const { plan, changedTo } of files) {
    if (changedTo === null || plan.after === null) continue;
    const { text } = unifiedHunks(plain(plan.after), plain(changedTo), { context: 1 });
    const shown = text.length <= left ? text : `${text.slice(0, left)}\n(the rest is left out; read the file)\n`;
    report += `${name(placeOf(plan))} was changed further when it was saved:\n${shown}`;
    left = Math.max(0, left - text.length);
  }
  return report;
}

/** Line ends are the file's, and no news. */
function plain(text: string): string {
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}
