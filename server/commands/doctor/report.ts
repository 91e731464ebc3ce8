// How `belay doctor` reads: for people at 80 columns, for programs as JSON. Pure.
import type { Check } from "./check.ts";

export interface Examined {
  readonly version: string;
  readonly platform: string;
  readonly arch: string;
  readonly checks: readonly Check[];
}

/** Whether a person can work here: nothing failed. */
export function canWork({ checks }: Pick<Examined, "checks">): boolean {
  return checks.every(({ status }) => status !== "fail");
}

/** `schema` changes when a member changes its meaning or goes; members may be added. */
export function asJson(examined: Examined): string {
  const { version, platform, arch, checks } = examined;
  return `${JSON.stringify({ schema: 1, version, platform, arch, canWork: canWork(examined), checks }, null, 2)}\n`;
}

const NAME_WIDTH = 11;
const STATUS_WIDTH = 6;
const margin = " ".repeat(NAME_WIDTH + STATUS_WIDTH);

/** `columns`: at least so wide is a line of text never made, and a word is never broken. */
export function asText(examined: Examined, { columns, colours }: { columns: number; colours: boolean }): string {
  const { version, platform, arch, checks } = examined;
  const width = Math.max(30, Math.min(columns, 80) - margin.length);
  const blocks = checks.map(({ name, status, summary, cure }) => {
    const said = [...summary.split("\n"), ...(cure === null ? [] : [`-> ${cure}`])];
    const lines = said.flatMap((text) => wrapped(printable(text), width));
    const head = `${painted(status, colours)}${" ".repeat(STATUS_WIDTH - status.length)}${name.padEnd(NAME_WIDTH)}`;
    return lines.map((line, at) => `${at === 0 ? head : margin}${line}`).join("\n");
  });
  return `Belay ${version} on ${platform} ${arch}\n\n${blocks.join("\n")}\n\n${verdict(examined)}\n`;
}

function verdict(examined: Examined): string {
  const count = (status: Check["status"]) => examined.checks.filter((check) => check.status === status).length;
  const [failed, warned] = [count("fail"), count("warn")];
  if (failed > 0) return `Belay cannot work here yet: ${things(failed)} must be mended.`;
  return warned === 0 ? "All is well." : `Belay works here; ${things(warned)} could be better.`;
}

function things(count: number): string {
  return count === 1 ? "one thing" : `${count} things`;
}

const colourOf: Record<Check["status"], number> = { ok: 32, warn: 33, fail: 31 };

function painted(status: Check["status"], colours: boolean): string {
  return colours ? `\u001b[${colourOf[status]}m${status}\u001b[0m` : status;
}

/** What others have written must not move the cursor. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "\u{fffd}");
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
