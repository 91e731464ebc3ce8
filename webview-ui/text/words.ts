// Numbers, times and states in the words a person reads.
import type { CommandExecutionRequestApprovalParams } from "../../server/protocol/approval.ts";
import type { FileUpdateChange, ItemStatus } from "../../server/protocol/item.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import type { ApprovalRequest, HeldThread } from "../state/state.ts";
import { changeName, type PathBase } from "./paths.ts";

/** What the live region says when an approval comes up. */
export function asksFor(request: ApprovalRequest): string {
  switch (request.kind) {
    case "command":
      return commandAsks(request.params);
    case "files":
      return `Approval needed: change ${count(request.params.changes.length, "file")}`;
    case "questions": {
      const [first, ...more] = request.params.questions;
      const others = more.length === 0 ? "" : ` And ${count(more.length, "more question")}.`;
      return `Answer needed: ${first?.question ?? ""}${others}`;
    }
    default:
      return request satisfies never;
  }
}

function commandAsks({ kind, script, networkApprovalContext }: CommandExecutionRequestApprovalParams): string {
  if (kind === "writeStdin") return `Approval needed: type ${script}`;
  return `Approval needed: ${networkApprovalContext ? "network for" : "run"} command ${script}`;
}

/** The question of a file approval: names the file where there is one, counts them where there are more. */
export function changeQuestion(changes: readonly FileUpdateChange[], base: PathBase): string {
  const [only] = changes;
  if (only === undefined || changes.length > 1) return `Change ${count(changes.length, "file")}?`;
  const verbs = { created: "Create", changed: "Change", deleted: "Delete", renamed: "Rename" } as const;
  return `${verbs[changeVerb(only)]} ${changeName(only, base)}?`;
}

export function changeVerb({ kind }: FileUpdateChange): "created" | "changed" | "deleted" | "renamed" {
  switch (kind.type) {
    case "add":
      return "created";
    case "delete":
      return "deleted";
    case "update":
      return kind.move_path === null ? "changed" : "renamed";
    default:
      return kind satisfies never;
  }
}

export function turnOutcome({ status, error }: Turn): string {
  switch (status) {
    case "inProgress":
      return "Turn running";
    case "completed":
      return "Turn finished";
    case "interrupted":
      return "Turn interrupted";
    case "failed":
      return `Turn failed: ${error?.message ?? "no reason given"}`;
    default:
      return status satisfies never;
  }
}

/** "Reconnecting... 2/5", as servers of the protocol say it, in words. */
export function reconnectingWords(message: string): string {
  const [, attempt, of] = /^Reconnecting\W+(\d+)\/(\d+)$/.exec(message) ?? [];
  return of === undefined ? message : `Reconnecting ${attempt} of ${of}…`;
}

/** While an answer is asked for anew: why, who does it, and the way out. */
export function retryWords(reconnecting: string, cause: string | null): string {
  // What to do about the cause is for when nobody does it any more.
  const why = cause === null ? "" : ` ${cause.replace(/ Try again\.$/, "")}`;
  return `${reconnecting}${why} Belay asks again by itself; Stop ends the turn.`;
}

/** The status word in accessible names. An item that is open in a turn that ended was cut. */
export function statusWord(status: ItemStatus, options: { isCut: boolean }): string {
  switch (status) {
    case "inProgress":
      return options.isCut ? "interrupted" : "running";
    case "completed":
    case "failed":
    case "declined":
      return status;
    default:
      return status satisfies never;
  }
}

/** "0.4 s", "12 s", "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const rest = seconds % 60;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Whole seconds, at least one: for "Thought for 3 s". */
export function wholeSeconds(ms: number): string {
  return duration(Math.max(1, Math.round(ms / 1000)) * 1000).replace(".0", "");
}

/** "987", "12.4k", "1.2M". */
export function compact(value: number): string {
  if (value < 1000) return String(value);
  if (value < 999_950) return `${trimZero((value / 1000).toFixed(value < 99_950 ? 1 : 0))}k`;
  return `${trimZero((value / 1_000_000).toFixed(1))}M`;
}

/** "1 file", "3 files"; a noun whose plural needs more than an s brings its own. */
export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? noun : plural}`;
}

function trimZero(digits: string): string {
  return digits.replace(/\.0$/, "");
}

/** Why a thread does not go on. `window`: the folder that is open, where it could go on. */
export function goneFolderWords(folder: string, window: { cwd: string; name: string } | null | undefined): string {
  const instead =
    window == null ? ", or open a folder to go on in" : `, or go on in ${window.name}, the folder of this window`;
  return `The folder of this thread is gone: ${folder}. Bring it back${window?.cwd === folder ? "" : instead}.`;
}

/** What becomes of questions that a server took with it. */
export const givenUpWords = "What waited for your answer was given up, and not done, because Belay's server ended.";

/** Of a thread that another process writes to. */
export function heldWords({ writer, isRead }: HeldThread): string {
  const who = [
    writer?.client ?? null,
    writer?.pid == null ? null : `process ${writer.pid}`,
    writer?.host == null ? null : `on ${writer.host}`,
  ].filter((word) => word !== null);
  const where = `open in another window${who.length === 0 ? "" : ` (${who.join(", ")})`}`;
  return isRead ? `You read this thread as it was a moment ago. It is ${where}.` : `This thread is ${where}.`;
}
