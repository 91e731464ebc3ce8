// What it costs that every change can be taken back: one small change through the journal beside the same file written
// without it, the list of a thousand files that wait for review, and undoing all of them.
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFilesAtomically } from "../../server/files/disk.ts";
import { DocumentView } from "../../server/files/document-view.ts";
import { hashOf } from "../../server/files/encoding.ts";
import { type FilePlan, planTexts } from "../../server/files/patch-plan.ts";
import { FileWriter } from "../../server/files/writer.ts";
import type { ChangeSource } from "../../server/journal/change.ts";
import { ChangeJournal } from "../../server/journal/journal.ts";
import { Workspaces } from "../../server/journal/review/workspaces.ts";
import { writeChange } from "../../server/journal/write-change.ts";
import type { Bench, Group, RowSpec } from "../measure.ts";
import type { Peer } from "../peers.ts";

const manyFiles = 1_000;
const linesOfFile = 100;
/** Of those of one kind that follow each other: the disk is not the same at any time. */
const smallChanges = 20;
const source: ChangeSource = { kind: "patch", threadId: "t", turnId: "u", itemId: "i", of: [] };

export const review: Group = {
  rows: [
    row("review.write", "a small change of one file, synced, without a journal", 50),
    row("review.change", "the same with its journal", 100),
    row("review.first", `the first list of ${manyFiles} files to review`, 2_000),
    row("review.again", "the same list again, with nothing changed", 200),
    row("review.undo", "undoing all of them", 8_000),
  ],
  async measure(bench) {
    const ours = bench.peers.find((peer) => peer.name === "belay");
    if (ours === undefined) return;
    for (let run = 0; run < bench.runs; run++) {
      await measureSmall(bench, ours);
      // A thousand files are many seconds of a slow disk: a few runs tell.
      if (run < maxLargeRuns) await measureMany(bench, ours);
    }
  },
};

const maxLargeRuns = 5;

function row(id: string, what: string, limit: number): RowSpec {
  return { id, what, unit: "ms", bar: null, limit };
}

async function measureSmall(bench: Bench, ours: Peer): Promise<void> {
  await using work = await openWork(bench, 1);
  const [path = ""] = work.paths;
  const inTurn = async (id: string, write: (plan: FilePlan[]) => Promise<{ ok: boolean }>) => {
    const plan = changeOf([path], () => String(Math.random()));
    const startedAt = performance.now();
    if (!(await write(plan)).ok) throw new Error("a small change was refused");
    return { id, ms: performance.now() - startedAt };
  };
  const plain = (plan: FilePlan[]) => writeFilesAtomically(plan);
  for (let at = 0; at < smallChanges; at++) {
    const both = [await inTurn("review.write", plain), await inTurn("review.change", work.change)];
    // The first of all makes folders and reads programs.
    for (const { id, ms } of at === 0 ? [] : both) bench.results.add(id, ours, ms);
  }
}

async function measureMany(bench: Bench, ours: Peer): Promise<void> {
  await using work = await openWork(bench, manyFiles);
  const before = work.paths.map((path) => readFileSync(path, "utf8"));
  if (!(await work.change(changeOf(work.paths, () => "changed"))).ok) throw new Error("a large change was refused");
  const timed = async <T>(id: string, run: () => Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const answer = await run();
    bench.results.add(id, ours, performance.now() - startedAt);
    return answer;
  };
  const { review } = await work.reopen();
  // A stamp this young is not believed: the list would read every file anew.
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  for (const id of ["review.first", "review.again"]) {
    const files = await timed(id, () => review.list(null));
    if (files.some(({ hunks }) => hunks.length !== 1) || files.length !== manyFiles)
      throw new Error("the list is wrong");
  }
  const all = { path: null, hunkId: null, acceptMerges: false };
  const { outcome } = await timed("review.undo", () => review.undo(all));
  const isBack = work.paths.every((path, at) => readFileSync(path, "utf8") === before[at]);
  if (outcome !== "done" || !isBack) throw new Error(`undo was ${outcome}`);
}

async function openWork(bench: Bench, count: number) {
  const [cwd, home] = [bench.newDir("workspace"), bench.newDir("home")].map((folder) => {
    mkdirSync(folder, { recursive: true });
    return realpathSync(folder);
  }) as [string, string];
  const paths = Array.from({ length: count }, (_, at) => join(cwd, `folder${at % 20}`, `file${at}.ts`));
  for (const [at, path] of paths.entries()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Array.from({ length: linesOfFile }, (_, line) => `line ${line} of file ${at}\n`).join(""));
  }
  const documents = new DocumentView();
  const writer = new FileWriter(documents, () => null);
  let journals = new ChangeJournal({ home });
  return {
    paths,
    async change(plan: FilePlan[]) {
      const realPaths = new Map(plan.map(({ path }) => [path, path]));
      const limits = { realPaths, signal: new AbortController().signal };
      return writeChange(journals.workspace(cwd), writer, source, plan, limits);
    },
    /** As another process would see it. */
    async reopen() {
      await journals.close();
      journals = new ChangeJournal({ home });
      const nobody = () => undefined;
      const told = { reviewUpdated: nobody, filesUpdated: nobody, failed: nobody };
      let ids = 0;
      const workspaces = new Workspaces({
        ...{ journal: journals, files: documents, writer, ...told },
        newId: () => String(ids++),
        now: Date.now,
      });
      return workspaces.at(cwd);
    },
    [Symbol.asyncDispose]: () => journals.close(),
  };
}

/** One line in the middle of each. */
function changeOf(paths: readonly string[], line: () => string): FilePlan[] {
  const changes = paths.map((path) => {
    const before = readFileSync(path, "utf8");
    const lines = before.split("\n");
    lines[linesOfFile / 2] = line();
    const after = lines.join("\n");
    const rest = { movePath: null, encoding: "utf8" as const, version: null, dirty: false };
    return { path, before, after, beforeHash: hashOf(before, "utf8"), ...rest };
  });
  return planTexts(changes);
}
