// What it costs to know what a command changed: the first look at a workspace, the look before a later command that finds
// everything as it was, and the look behind one that has changed ten files, with those in the journal.
import { appendFileSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WorkspaceCapture } from "../../server/journal/capture/capture.ts";
import type { ChangeSource } from "../../server/journal/change.ts";
import { ChangeJournal } from "../../server/journal/journal.ts";
import type { Bench, Group, RowSpec } from "../measure.ts";

/** As many files as in a usual project, and in a large one. */
const sizes = [
  { name: "1k", files: 1_000, limits: { first: 500, before: 50, behind: 150 } },
  { name: "10k", files: 10_000, limits: { first: 2_000, before: 250, behind: 500 } },
] as const;
const filesOfFolder = 20;
const bytesOfFile = 6_000;
const changedFiles = 10;
const source: ChangeSource = { kind: "command", threadId: "t", turnId: "u", itemId: "i", of: [] };

export const snapshot: Group = {
  rows: sizes.flatMap(({ name, files, limits }): RowSpec[] => [
    row(`snapshot.first.${name}`, `the first look at ${files} files`, limits.first),
    row(`snapshot.before.${name}`, "what a later command waits for", limits.before),
    row(`snapshot.behind.${name}`, "from its end until its ten files are in the journal", limits.behind),
  ]),
  async measure(bench) {
    for (const size of sizes) await measureSize(bench, size);
  },
};

function row(id: string, what: string, limit: number): RowSpec {
  return { id, what, unit: "ms", bar: null, limit };
}

async function measureSize(bench: Bench, { name, files }: (typeof sizes)[number]): Promise<void> {
  const ours = bench.peers.find((peer) => peer.name === "belay");
  if (ours === undefined) return;
  const paths = makeFiles(bench.newDir("workspace"), files);
  for (let run = 0; run < bench.runs; run++) {
    const { capture, close } = await openCapture(bench, paths.root);
    const began = async (id: string) => {
      const startedAt = performance.now();
      const command = await capture.begin(source, new AbortController().signal);
      bench.results.add(`snapshot.${id}.${name}`, ours, performance.now() - startedAt);
      return command;
    };
    if (await (await began("first")).end()) throw new Error("a command that changed nothing is said to have");
    const command = await began("before");
    for (const path of paths.changed) appendFileSync(path, `${run}\n`);
    const startedAt = performance.now();
    if (!(await command.end())) throw new Error("what a command changed was not captured");
    bench.results.add(`snapshot.behind.${name}`, ours, performance.now() - startedAt);
    await close();
  }
}

async function openCapture(bench: Bench, root: string) {
  const home = bench.newDir("home");
  mkdirSync(home);
  const journals = new ChangeJournal({ home: realpathSync(home) });
  let ids = 0;
  const capture = new WorkspaceCapture(root, {
    journal: () => journals.workspace(root),
    saves: { mark: () => 0, since: async () => [] },
    home: realpathSync(home),
    now: Date.now,
    newId: () => String(ids++),
    failed: (message) => bench.results.note("snapshot", message),
  });
  return { capture, close: () => Promise.all([capture.close(), journals.close()]) };
}

function makeFiles(folder: string, count: number): { root: string; changed: string[] } {
  const made: string[] = [];
  for (let index = 0; index < count; index++) {
    const inside = join(folder, `d${index % 7}`, `e${Math.floor(index / filesOfFolder)}`);
    if (index % filesOfFolder < 7) mkdirSync(inside, { recursive: true });
    made.push(join(inside, `f${index}.ts`));
    writeFileSync(join(inside, `f${index}.ts`), `// ${index}\n`.padEnd(bytesOfFile, "x"));
  }
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  writeFileSync(join(folder, ".gitignore"), "node_modules/\n*.log\n/dist\nout/\n.env\n");
  const changed = made.filter((_, index) => index % Math.floor(count / changedFiles) === 0);
  return { root: realpathSync(folder), changed: changed.slice(0, changedFiles) };
}
