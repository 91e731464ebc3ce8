// Threads on disk as each peer writes them: one real thread is made over the wire, and its lines are repeated under ids
// of their own.
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { uuidV7 } from "../server/util/uuid-v7.ts";
import { type Bench, withDriver } from "./measure.ts";
import type { Peer } from "./peers.ts";

const dayMs = 24 * 60 * 60_000;
const commandsPerTurn = 8;
/** Besides the commands: what the user wrote and what the agent said. */
const itemsPerTurn = commandsPerTurn + 2;

/** In one of the threads alone, in what the user wrote: the oldest but ten. */
export const rareWord = "halcyon";

/**
 * A home with so many threads of one turn, a minute apart, the youngest of yesterday; one of a hundred in `peer.workspace`.
 */
export async function writeThreads(bench: Bench, peer: Peer, count: number): Promise<string> {
  const made = await makeThread(bench, peer, ["deltas 3"]);
  const text = made.lines
    .filter((line) => !isContext(line))
    .map(shortened)
    .join("");
  const home = join(bench.newDir("threads"), peer.name);
  peer.prepare(home);
  for (let index = 0; index < count; index++) {
    const createdAtMs = Date.now() - dayMs - index * 60_000;
    const id = uuidV7(createdAtMs);
    const iso = new Date(createdAtMs).toISOString();
    const path = join(home, made.folder, iso.slice(0, 10).replaceAll("-", sep), fileName(iso, id));
    mkdirSync(dirname(path), { recursive: true });
    const own = text
      .replaceAll(made.threadId, id)
      .replace(/"timestamp":"[^"]*"/g, `"timestamp":"${iso}"`)
      .replace(/"createdAt":\d+/g, `"createdAt":${Math.floor(createdAtMs / 1000)}`);
    writeFileSync(path, varied(own, { index, count, workspace: peer.workspace }));
    utimesSync(path, createdAtMs / 1000, createdAtMs / 1000);
  }
  rmSync(made.home, { recursive: true });
  return home;
}

function varied(
  text: string,
  { index, count, workspace }: { index: number; count: number; workspace: string },
): string {
  const said = index === count - 10 ? text.replaceAll("deltas 3", `deltas 3 ${rareWord}`) : text;
  return index % 100 === 0
    ? said
    : said.replaceAll(JSON.stringify(workspace), JSON.stringify(`${workspace}-${index % 100}`));
}

/** A home with one thread of so many items: turns of eight commands, which print so many lines each, and a word. */
export async function writeLongThread(
  bench: Bench,
  peer: Peer,
  { items, lines: printed }: { items: number; lines: number },
): Promise<{ home: string; threadId: string; bytes: number }> {
  const command = `for n in $(seq ${printed}); do echo a line of output, number $n, as commands print them; done`;
  const prompt = `calls ${commandsPerTurn} ${command}`;
  const { home, threadId, path, lines } = await makeThread(bench, peer, [prompt, prompt]);
  const second = lines.findLastIndex((line) => /"turn\/started"|"task_started"/.test(line));
  const turn = lines.slice(second).map((line) => JSON.parse(line) as Line);
  const context = sequenceOf(turn);
  let ordinal = lines.length;
  let repeated = "";
  for (let turns = 2; turns < items / itemsPerTurn; turns++) {
    const ids = new Map([[threadId, threadId]]);
    const shift = (turns - 1) * context;
    for (const line of turn) {
      repeated += `${JSON.stringify({ ...(renewed(line, { ids, turns, shift }) as Line), ordinal: ordinal++ })}\n`;
    }
  }
  appendFileSync(path, repeated);
  return { home, threadId, bytes: statSync(path).size };
}

type Line = Record<string, unknown>;

interface Made {
  home: string;
  /** Of the rollouts, relative to a home. */
  folder: string;
  threadId: string;
  path: string;
  /** With their line feeds. */
  lines: string[];
}

async function makeThread(bench: Bench, peer: Peer, prompts: readonly string[]): Promise<Made> {
  const home = join(bench.newDir("made"), peer.name);
  peer.prepare(home);
  const { id, path } = await withDriver(peer, home, async (driver) => {
    await driver.initialize();
    const { thread } = (await driver.startThread()).result;
    for (const prompt of prompts) await driver.turn(thread.id, prompt);
    return thread;
  });
  const lines = readFileSync(path, "utf8").match(/.+\n/g) ?? [];
  return { home, folder: relative(home, path).split(sep)[0] ?? "", threadId: id, path, lines };
}

function fileName(iso: string, id: string): string {
  return `rollout-${iso.slice(0, 19).replaceAll(":", "-")}-${id}.jsonl`;
}

// What the model is told about its surroundings is the same in all threads, no list shows it, and it would fill the disk.
function isContext(line: string): boolean {
  return line.includes('"role":"developer"') || line.includes('"type":"world_state"');
}

function shortened(line: string): string {
  const { payload, ...frame } = JSON.parse(line) as { payload: Line };
  if (payload["base_instructions"] === undefined) return line;
  return `${JSON.stringify({ ...frame, payload: { ...payload, base_instructions: { text: "Instructions." } } })}\n`;
}

/** How far one turn moves the native counters of its history. */
function sequenceOf(turn: readonly Line[]): number {
  const seen = [...JSON.stringify(turn).matchAll(/"history_sequence":(\d+)/g)].map(([, value]) => Number(value));
  return seen.length === 0 ? 0 : Math.max(...seen) - Math.min(...seen) + 1;
}

/** A copy under ids of its own; the thread's stays. */
function renewed(value: unknown, as: { ids: Map<string, string>; turns: number; shift: number }, key = ""): unknown {
  if (typeof value === "string") {
    return value
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
        const own = as.ids.get(id) ?? uuidV7();
        as.ids.set(id, own);
        return own;
      })
      .replace(/\b(call|fc|msg)_(\d+)$/, (_, kind, number) => `${kind}_${number}_${as.turns}`);
  }
  if (typeof value === "number") return /^(history|sampled_through)_sequence$/.test(key) ? value + as.shift : value;
  if (Array.isArray(value)) return value.map((element) => renewed(element, as));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, renewed(member, as, name)]));
}
