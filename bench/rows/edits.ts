// What large patches take of time and memory, from the start of the program to its end: many files, a large file, a file
// that is written anew.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Group, interleave } from "../measure.ts";
import { hasMemory, peakWhile } from "../memory.ts";
import type { Peer } from "../peers.ts";

interface Edit {
  readonly what: string;
  /** What ours may take at most: no peer waits for the disk, as ours does for every file. */
  readonly limitMs: number;
  readonly limitMb: number;
  readonly files: () => Record<string, string>;
  readonly patch: () => string;
  /** A file that shows that the patch was applied, with what is then in it. */
  readonly shows: readonly [file: string, text: string];
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const names = range(1000).map((index) => `folder${index % 20}/file${index}.ts`);
const wideLine = (index: number) => `${`line ${index} of a large file`.padEnd(49, ".")}\n`;
const call = (index: number) => `const value${index} = compute(${index});`;
const newCall = (index: number) => (index % 3 === 0 ? call(index) : `const value${index} = await read(${index});`);
const ofLines = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

const kinds: Record<string, Edit> = {
  files: {
    what: "a patch of 1,000 files",
    limitMs: 5000,
    limitMb: 200,
    files: () =>
      Object.fromEntries(names.map((name, index) => [name, ofLines(range(100).map((line) => `${line} of ${index}`))])),
    patch: () => names.map((name, index) => `*** Update File: ${name}\n@@\n-50 of ${index}\n+changed\n`).join(""),
    shows: ["folder19/file999.ts", ofLines(range(100).map((line) => (line === 50 ? "changed" : `${line} of 999`)))],
  },
  large: {
    what: "one line in a file of 50 MB",
    limitMs: 3000,
    limitMb: 450,
    files: () => ({ large: range(1_000_000).map(wideLine).join("") }),
    patch: () =>
      `*** Update File: large\n@@\n ${wideLine(499_999)}-${wideLine(500_000)}+changed\n ${wideLine(500_001)}`,
    shows: [
      "large",
      range(1_000_000)
        .map((line) => (line === 500_000 ? "changed\n" : wideLine(line)))
        .join(""),
    ],
  },
  rewrite: {
    what: "a file of 5,000 lines, written anew",
    limitMs: 2000,
    limitMb: 150,
    files: () => ({ file: ofLines(range(5000).map(call)) }),
    patch: () => {
      const [old, now] = [range(5000).map((line) => `-${call(line)}`), range(5000).map((line) => `+${newCall(line)}`)];
      return `*** Update File: file\n@@\n${ofLines([...old, ...now])}`;
    },
    shows: ["file", ofLines(range(5000).map(newCall))],
  },
};

export const edits: Group = {
  rows: Object.entries(kinds).flatMap(([name, { what, limitMs, limitMb }]) => [
    { id: `edits.${name}`, what, unit: "ms" as const, bar: null, limit: limitMs },
    { id: `edits.${name}.memory`, what: `  peak memory, ${what}`, unit: "MB" as const, bar: null, limit: limitMb },
  ]),
  async measure(bench) {
    for (const [name, edit] of Object.entries(kinds)) {
      const home = bench.newDir("edits-home");
      const given = { files: edit.files(), patch: `*** Begin Patch\n${edit.patch()}*** End Patch\n` };
      await interleave(bench, async (peer, run) => {
        const folder = bench.newDir(`edits-${name}`);
        peer.prepare(join(home, peer.name));
        for (const [file, text] of Object.entries(given.files)) {
          mkdirSync(join(folder, file, ".."), { recursive: true });
          writeFileSync(join(folder, file), text);
        }
        const { ms, peakMb } = await applied(peer, { home: join(home, peer.name), folder, patch: given.patch });
        const [shown, text] = edit.shows;
        if (readFileSync(join(folder, shown), "utf8") !== text) throw new Error(`${peer.name} left ${shown} wrong`);
        rmSync(folder, { recursive: true });
        // The first of all reads programs from the disk.
        if (run === 0 && bench.runs > 1) return;
        bench.results.add(`edits.${name}`, peer, ms);
        if (hasMemory) bench.results.add(`edits.${name}.memory`, peer, peakMb);
      });
    }
    noteSync(bench);
  },
};

async function applied(
  peer: Peer,
  { home, folder, patch }: { home: string; folder: string; patch: string },
): Promise<{ ms: number; peakMb: number }> {
  const { file, args, argv0, env } = peer.applyPatch(home);
  const startedAt = performance.now();
  const child = spawn(file, args, { argv0, env, cwd: folder, stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString("utf8")));
  const ended = once(child, "close") as Promise<[number | null]>;
  child.stdin.end(patch);
  const peak = hasMemory ? peakWhile(child.pid ?? 0) : 0;
  const [code] = await ended;
  const ms = performance.now() - startedAt;
  if (code !== 0) throw new Error(`${peer.name} ended with ${code}: ${said.slice(0, 300)}`);
  return { ms, peakMb: await peak };
}

function noteSync({ results }: Bench): void {
  results.note(
    "edits.files",
    "ours waits until the disk has each file, and writes all of them or none; the native one does neither",
  );
}
