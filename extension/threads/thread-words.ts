// How a row of the tree of threads looks, and the questions before a thread is lost: words, icons and values for menus.
// Pure.
import { relativeTime, stateWords, type ThreadState, titleOf, waits } from "../../server/protocol/thread-words.ts";
import type { Thread } from "../../server/protocol/thread.ts";

/** By codicon and theme colour; null: that of the text. */
export const stateIcons: Record<ThreadState, { icon: string; color: string | null }> = {
  waitsForApproval: { icon: "bell-dot", color: "list.warningForeground" },
  waitsForAnswer: { icon: "question", color: "list.warningForeground" },
  running: { icon: "loading~spin", color: null },
  failed: { icon: "error", color: "list.errorForeground" },
  finished: { icon: "pass-filled", color: "testing.iconPassed" },
  calm: { icon: "comment", color: null },
};

export interface RowPlace {
  kind: "pinned" | "recent" | "archived";
  /** Its folder as a person knows it; null: it goes without saying. */
  folder: string | null;
  /** Unix seconds. */
  now: number;
}

/** What stands behind the title, dim. */
export function rowDescription({ updatedAt }: Thread, { folder, now }: RowPlace): string {
  const when = relativeTime(updatedAt, now);
  return folder === null ? when : `${when} · ${folder}`;
}

/** What a screen reader says of the row. */
export function rowLabel(thread: Thread, state: ThreadState, place: RowPlace): string {
  const { folder, kind, now } = place;
  const parts = [
    titleOf(thread),
    stateWords[state],
    kind === "recent" ? "" : kind,
    relativeTime(thread.updatedAt, now),
    folder === null ? "" : `in ${folder}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** For `viewItem` in the manifest's menus. */
export function rowContext(state: ThreadState, { kind }: RowPlace): string {
  const words = ["thread", kind === "recent" ? "" : kind, state === "running" || waits(state) ? "active" : ""];
  return words.filter((word) => word !== "").join(" ");
}

/** Title first, then facts as name and value. */
export function rowFacts(thread: Thread, state: ThreadState): [string, string][] {
  const { cwd, model, modelProvider, gitInfo, createdAt, updatedAt, section } = thread;
  const facts: [string, string | null][] = [
    ["State", stateWords[state]],
    ["Folder", cwd],
    ["Branch", gitInfo?.branch ?? null],
    ["Model", model === null ? null : `${model} (${modelProvider})`],
    ["Section", section?.name ?? null],
    ["Begun", timeText(createdAt)],
    ["Last used", timeText(updatedAt)],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value]] : []));
}

export interface Question {
  sentence: string;
  detail: string;
}

/** Before threads are gone for good. */
export function deleteQuestion(threads: readonly Thread[], running: number): Question {
  const [only] = threads;
  const one = threads.length === 1 && only !== undefined;
  const stop = running === 0 ? "" : ` ${stops(threads.length, running)}`;
  return {
    sentence: one ? `Delete the thread “${titleOf(only)}”?` : `Delete ${threads.length} threads?`,
    detail: `${one ? "Its conversation is" : "Their conversations are"} lost, and so is what undoes ${one ? "its" : "their"} changes. Files stay as they are.${stop}`,
  };
}

/** Before threads that run are put away; null when none does. */
export function archiveQuestion(threads: readonly Thread[], running: number): Question | null {
  if (running === 0) return null;
  const [only] = threads;
  const one = threads.length === 1 && only !== undefined;
  return {
    sentence: one ? `Archive the thread “${titleOf(only)}” while it runs?` : `Archive ${threads.length} threads?`,
    detail: stops(threads.length, running),
  };
}

function stops(all: number, running: number): string {
  if (all === 1) return "It runs: its turn and its commands are stopped.";
  return `${running === 1 ? "One of them runs: its" : `${running} of them run: their`} turn and commands are stopped.`;
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}
