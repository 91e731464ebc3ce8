// What a person is told about changes to review: sentences and labels. Pure.
import { basename } from "node:path";
import type { ReviewFile } from "../../server/protocol/review.ts";

type Told = Pick<ReviewFile, "path" | "kind" | "state" | "movedFrom" | "warning" | "cannotUndo" | "added" | "removed">;

const verbs = {
  add: { would: "add", did: "added" },
  update: { would: "change", did: "changed" },
  move: { would: "move", did: "moved" },
  delete: { would: "delete", did: "deleted" },
};

/** What Belay did with a file, or wants to. */
export function fileWords({ kind, state, movedFrom, warning, cannotUndo, added, removed }: Told): string {
  const { would, did } = verbs[kind === "update" && movedFrom !== null ? "move" : kind];
  const from = movedFrom === null ? "" : ` from ${basename(movedFrom)}`;
  const what = state === "proposed" ? `Belay wants to ${would} this file` : `Belay ${did} this file`;
  const look = warning === null ? "" : ` Look closely: ${lowered(warning)}`;
  const undo = cannotUndo === null ? "" : ` It cannot be undone: ${cannotUndo}`;
  return `${what}${from} (+${added} −${removed}); not reviewed yet.${look}${undo}`;
}

function lowered(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`;
}

export function filesWords(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

/** The first words of a prompt, on one line. */
export function promptLabel(prompt: string): string {
  const MAX_LENGTH = 40;
  const line = prompt.replaceAll(/\s+/g, " ").trim();
  if (line.length <= MAX_LENGTH) return line;
  const cut = line.slice(0, MAX_LENGTH);
  const space = cut.lastIndexOf(" ");
  return `${space > MAX_LENGTH / 2 ? cut.slice(0, space) : cut}…`;
}

/** 1000 to a kB, as disks are sold and file managers count. */
export function sizeWords(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && size < 10 ? 1 : 0;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** What a person wants of changes. */
export type Verb = "keep" | "undo" | "redo";

const verbWords = {
  keep: { did: "Kept", button: "Keep with Merge", fate: "what Belay proposed is written" },
  undo: { did: "Undone", button: "Undo with Merge", fate: "Belay's changes go" },
  redo: { did: "Done again", button: "Redo with Merge", fate: "Belay's changes come back" },
} satisfies Record<Verb, object>;

export function doneWords(verb: Verb, files: number): string {
  // Kept changes were written before: then no file is named.
  return files === 0 ? `${verbWords[verb].did}.` : `${verbWords[verb].did} in ${filesWords(files)}.`;
}

export function mergeQuestion(verb: Verb, names: readonly string[]): { title: string; yes: string; sentence: string } {
  const what = names.length === 1 ? `${names[0]} was` : `${filesWords(names.length)} were`;
  return {
    title: `${what} changed since (now ↔ merged)`,
    yes: verbWords[verb].button,
    sentence: `${what} changed since. As on the right side of the diff, that stays, and ${verbWords[verb].fate}.`,
  };
}

export function conflictTitle(verb: Verb, files: number): string {
  const them = files === 1 ? "this file is" : `these ${files} files are`;
  return `Nothing was ${verbWords[verb].did.toLowerCase()}: ${them} in the way`;
}

/** The server's reasons may be half a sentence. */
export function reasonWords(reason: string | null): string {
  if (reason === null || reason.trim() === "") return "It was changed since, in the same lines.";
  const begun = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** Asked before everything is undone. */
export function undoAllQuestion(files: readonly string[]): { sentence: string; detail: string } {
  const LISTED = 10;
  const more = files.length > LISTED ? `\nand ${filesWords(files.length - LISTED)} more` : "";
  return {
    sentence: `Undo all of Belay's changes in ${filesWords(files.length)}?`,
    detail: `${files.slice(0, LISTED).join("\n")}${more}\n\nEdits of yours in other lines stay. Belay: Redo Turn brings a turn's changes back.`,
  };
}
