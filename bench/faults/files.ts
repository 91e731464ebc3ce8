// What must hold for the files of a home at any moment, whoever was killed: every line parses but for one a kill, ordinals
// grow, the log of the journal is lines, and no command ran twice.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isRolloutName } from "../../server/rollout/files.ts";
import type { Book } from "./book.ts";

export interface Damage {
  /** Lines that do not parse, of all rollouts and journals. */
  torn: number;
}

/** `kills`: of servers, and of disks under them. */
export function checkFiles(home: string, { book, kills }: { book: Book; kills: number }): Damage {
  let torn = 0;
  for (const path of filesBelow(home)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const isRollout = isRolloutName(name) || relative(home, path).startsWith("shared");
    if (isRollout) torn += checkLines(path, book);
    else if (name === "changes.jsonl") torn += wholeLines(path).filter((line) => parsed(line) === null).length;
  }
  if (torn > kills) book.violate(`${torn} lines cannot be read, behind ${kills} kills`);
  return { torn };
}

export function checkMarks(marks: string, book: Book): void {
  for (const name of readdirSync(marks)) {
    const lines = readFileSync(join(marks, name), "utf8").split("\n").length - 1;
    if (lines > 1) book.violate(`the command ${name} ran ${lines} times`);
  }
}

export function temporaries(home: string): string[] {
  return filesBelow(home).filter((path) => /\.tmp\b/.test(relative(home, path)));
}

export function rolloutIds(home: string): string[] {
  return ["threads", "archived"]
    .flatMap((root) => filesBelow(join(home, root)))
    .flatMap((path) => /-([\da-f]{8}-[\da-f-]{27})\.jsonl$/.exec(path)?.[1] ?? []);
}

function checkLines(path: string, book: Book): number {
  let [torn, last] = [0, -1];
  for (const line of wholeLines(path)) {
    const entry = parsed(line);
    const ordinal = entry?.["ordinal"];
    if (typeof ordinal !== "number") torn++;
    else if (ordinal <= last) book.violate(`${path}: ordinal ${ordinal} stands behind ${last}`);
    else last = ordinal;
  }
  return torn;
}

/** What has no end yet is being written, or is what a kill has left. */
function wholeLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").slice(0, -1);
  } catch {
    // Moved to the archive or deleted meanwhile.
    return [];
  }
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
