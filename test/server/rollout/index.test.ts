// The index of threads: derived from the rollouts, shared by processes, and never the reason that a list is wrong.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { archive, deleteRollout, findRollout, unarchive } from "../../../server/rollout/files.ts";
import { parseRow } from "../../../server/rollout/index-rows.ts";
import type { RolloutIndex } from "../../../server/rollout/index.ts";
import type { ListedRollout } from "../../../server/rollout/listed.ts";
import fc from "../../support/properties.ts";
import { metaLine, nameLine, rolloutHome, type RolloutHome, rolloutLine } from "../../support/rollouts.ts";

const longAgo = 1_700_000_000;
const dayS = 24 * 60 * 60;
const indexOf = (home: RolloutHome) => join(home.path, "index/threads-1.jsonl");
const isRoot = process.getuid?.() === 0 ? "root may read and write everything" : false;

test("what a list shows is the first line and the last of those that change it", async () => {
  await using home = rolloutHome();
  const settings = { model: "other", modelProvider: "q", cwd: "/elsewhere", reasoningEffort: "high", mode: null };
  const long = rolloutLine("history", { type: "message", role: "user", text: '"type":"metadata"'.repeat(40_000) });
  const lines = [nameLine("first"), long, rolloutLine("settings", settings), nameLine("last"), "{torn"].join("");
  const { id, path } = home.write(longAgo, { lines });
  const [entry] = await list(home);
  assert.deepEqual(entry && plain(entry), {
    ...{ id, createdAt: longAgo },
    meta: {
      ...{ id, createdAt: longAgo, cliVersion: "1", originator: "o", source: "vscode", preview: "hi" },
      ...{ forkedFromId: null, threadSource: null },
    },
    metadata: { name: "last", gitInfo: null },
    settings: { model: "other", modelProvider: "q", cwd: "/elsewhere", reasoningEffort: "high" },
    isArchived: false,
    path,
    updatedAt: longAgo,
  });
});

test("a first line is read whole, however long a preview or a client's own instructions make it", async () => {
  await using home = rolloutHome();
  const lengths = [10, 3_900, 4_096, 16_384, 60_000, 300_000];
  for (const [at, length] of lengths.entries()) {
    home.write(longAgo + at, { baseInstructions: "😀".repeat(length / 4), lines: nameLine(String(length)) });
  }
  assert.deepEqual(names(await list(home)), lengths.map(String));
});

test("a second process reads the index instead of the rollouts, and only it and its user may", async () => {
  await using home = rolloutHome();
  const { path } = home.write(longAgo);
  await list(home);
  assert.equal(statSync(indexOf(home)).mode & 0o777, 0o600);
  assert.equal(statSync(dirname(indexOf(home))).mode & 0o777, 0o700);
  // The same size and time: it is not looked into.
  writeFileSync(path, readFileSync(path, "utf8").replace('"hi"', '"ho"'));
  utimesSync(path, longAgo, longAgo);
  assert.deepEqual(
    (await list(home)).map(({ meta }) => meta.preview),
    ["hi"],
  );
  rmSync(indexOf(home));
  assert.deepEqual(
    (await list(home)).map(({ meta }) => meta.preview),
    ["ho"],
  );
});

for (const [name, spoil] of Object.entries({
  "an empty file": () => "",
  "no text at all": () => "\0\0\xff\n\0",
  "a torn last line": (text: string) => text.slice(0, -20),
  "lines that are missing": (text: string) => text.split("\n").toSpliced(1, 2).join("\n"),
  "rows of a wrong shape": (text: string) => text.replaceAll('"preview":"hi"', '"preview":5'),
  "null, numbers and lists": () => 'null\n5\n[]\n{"path":7}\n{"folder":"threads"}\n',
  "every line twice, in reverse": (text: string) => (text + text).split("\n").toReversed().join("\n"),
  "rows whose ends are another's": (text: string) => text.replace(/\{"meta".*\}\]/, '{"meta":{"id":"other"}}]'),
  "rows of files that never were": (text: string) => text.replaceAll("rollout-", "rollout-2020-01-01T00-00-00-"),
})) {
  test(`an index with ${name} makes no list wrong`, async () => {
    await using home = rolloutHome();
    const ids = [0, 1, 2].map((day) => home.write(longAgo + day * dayS).id);
    await list(home);
    writeFileSync(indexOf(home), spoil(readFileSync(indexOf(home), "utf8")), "latin1");
    assert.deepEqual(idsOf(await list(home)), ids);
    assert.deepEqual(idsOf(await list(home)), ids);
  });
}

test("files that came, went, moved and grew since are listed as they are", async () => {
  await using home = rolloutHome();
  const [a, b, c] = [home.write(longAgo), home.write(longAgo + 1), home.write(longAgo + 2)];
  const index = newIndex(home);
  assert.deepEqual(idsOf(await list(home, index)), [a.id, b.id, c.id]);
  const d = home.write(longAgo - 400 * dayS);
  rmSync(a.path);
  home.append(b.path, nameLine("grown"), longAgo + 9);
  await archive(home.path, c.path);
  for (const each of [index, newIndex(home)]) {
    const found = await list(home, each);
    assert.deepEqual(
      found.map(({ meta, metadata, isArchived, updatedAt }) => [meta.id, metadata.name, isArchived, updatedAt]),
      [
        [d.id, null, false, longAgo - 400 * dayS],
        [b.id, "grown", false, longAgo + 9],
        [c.id, null, true, longAgo + 2],
      ],
    );
  }
});

test("a file whose time alone has changed is listed by that time", async () => {
  await using home = rolloutHome();
  const { path } = home.write(longAgo);
  const index = newIndex(home);
  await list(home, index);
  utimesSync(path, longAgo - 5, longAgo - 5);
  for (const each of [index, newIndex(home)]) {
    assert.deepEqual(
      (await list(home, each)).map(({ updatedAt }) => updatedAt),
      [longAgo - 5],
    );
  }
});

test("a file that was replaced by a longer one is read anew", async () => {
  await using home = rolloutHome();
  const { path } = home.write(longAgo, { lines: nameLine("old") });
  const index = newIndex(home);
  assert.deepEqual(names(await list(home, index)), ["old"]);
  writeFileSync(path, metaLine({ id: "another", createdAt: 7, preview: "longer than before, and without a name" }));
  assert.deepEqual(
    (await list(home, index)).map(({ meta, metadata }) => [meta.id, metadata.name]),
    [["another", null]],
  );
});

test("a rollout that has no first line yet is listed as soon as it has one", async () => {
  await using home = rolloutHome();
  const { path } = home.write(longAgo);
  writeFileSync(path, "");
  const index = newIndex(home);
  assert.deepEqual(await list(home, index), []);
  appendFileSync(path, metaLine({ id: "late" }));
  assert.deepEqual(idsOf(await list(home, index)), ["late"]);
});

test("what one process says of its threads the other knows at its next list, in order", async () => {
  await using home = rolloutHome();
  const [a, b] = [home.write(longAgo), home.write(longAgo + 1)];
  const [ours, theirs] = [newIndex(home), newIndex(home)];
  await list(home, ours);
  await ours.sweep();
  await list(home, theirs);
  home.append(a.path, nameLine("renamed"), longAgo + 5);
  const [entry] = await list(home);
  assert.ok(entry);
  theirs.changed(a.path, { ...plain(entry), meta: { ...fullMeta, id: a.id, createdAt: longAgo } });
  await ours.refresh();
  assert.deepEqual(idsOf(ours.sorted("updatedAt")), [b.id, a.id]);
  assert.deepEqual(names(ours.sorted("updatedAt")), [null, "renamed"]);
  const put = await archive(home.path, b.path);
  theirs.moved(b.path, put);
  await ours.refresh();
  assert.deepEqual(
    ours.sorted("createdAt").map(({ isArchived }) => isArchived),
    [false, true],
  );
  theirs.moved(put, await unarchive(home.path, put));
  await deleteRollout(a.path);
  theirs.gone(a.path);
  await ours.refresh();
  assert.deepEqual(idsOf(ours.sorted("createdAt")), [b.id]);
});

test("an index much longer than what there is to say is written anew, whole or not at all", async () => {
  await using home = rolloutHome();
  const { id, path } = home.write(longAgo);
  const index = newIndex(home);
  await list(home, index);
  writeFileSync(join(dirname(indexOf(home)), "threads-1.jsonl.left.tmp"), "left behind");
  utimesSync(join(dirname(indexOf(home)), "threads-1.jsonl.left.tmp"), longAgo, longAgo);
  for (let turn = 0; turn < 1_100; turn++) {
    index.changed(path, { meta: { ...fullMeta, id }, metadata: { name: null, gitInfo: null }, settings });
  }
  home.append(path, nameLine("now"), longAgo + 7);
  assert.deepEqual(names(await list(home, index)), ["now"]);
  await index.saved();
  assert.deepEqual(readdirSync(dirname(indexOf(home))), [basename(indexOf(home))]);
  assert.ok(readFileSync(indexOf(home), "utf8").split("\n").length < 20);
  assert.deepEqual(names(await list(home)), ["now"]);
});

test("a home where the index cannot be written is listed all the same, and said once", async () => {
  await using home = rolloutHome();
  const { id } = home.write(longAgo);
  writeFileSync(join(home.path, "index"), "in the way");
  const troubles: string[] = [];
  const index = newIndex(home, troubles);
  assert.deepEqual(idsOf(await list(home, index)), [id]);
  home.write(longAgo + 1);
  assert.equal((await list(home, index)).length, 2);
  assert.equal(troubles.length, 1);
  assert.match(troubles.join(), /^the index of threads \(.*\) cannot be used: .* Lists are complete without it/);
});

test("folders of many years are each looked at, some at a time", async () => {
  await using home = rolloutHome();
  for (let day = 0; day < 300; day++) home.write(longAgo - day * dayS);
  const index = newIndex(home);
  assert.equal((await list(home, index)).length, 300);
  const old = home.write(longAgo - 299 * dayS + 1);
  for (let lists = 0; lists < 5; lists++) await index.refresh();
  assert.ok(idsOf(index.sorted("createdAt")).includes(old.id));
  // A folder that goes is seen at once, by the one it was in.
  const years = readdirSync(join(home.path, "threads"));
  rmSync(join(home.path, "threads", years[0] ?? ""), { recursive: true });
  await index.refresh();
  assert.ok(index.sorted("createdAt").every(({ path }) => !path.includes(`threads/${years[0]}/`)));
});

test("files that cannot be read are said once a listing, and the others are listed", { skip: isRoot }, async () => {
  await using home = rolloutHome();
  const { id } = home.write(longAgo);
  chmodSync(home.write(longAgo + 1).path, 0);
  const troubles: string[] = [];
  const index = newIndex(home, troubles);
  assert.deepEqual(idsOf(await list(home, index)), [id]);
  assert.match(troubles.join(), /^the list of threads is not complete, because files cannot be read \(1\): EACCES/);
});

test("a thread is found by its id, wherever its file lies", async () => {
  await using home = rolloutHome();
  const usual = home.write(longAgo);
  assert.deepEqual(await findRollout(home.path, usual.id), { path: usual.path, isArchived: false });
  // The second turned between the id and the name, and between the days.
  const late = home.write(longAgo + 1);
  const renamed = join(home.path, "threads/2031/01/01", `rollout-2031-01-01T00-00-00-${late.id}.jsonl`);
  mkdirSync(dirname(renamed), { recursive: true });
  renameSync(late.path, renamed);
  assert.deepEqual(await findRollout(home.path, late.id), { path: renamed, isArchived: false });
  const old = home.write(longAgo + 2, { id: "0192f000-0000-4000-8000-000000000001" });
  const put = await archive(home.path, old.path);
  assert.deepEqual(await findRollout(home.path, "0192f000-0000-4000-8000-000000000001"), {
    path: put,
    isArchived: true,
  });
  assert.equal(await findRollout(home.path, "0192f000-0000-7000-8000-00000000000f"), null);
});

test("whatever happens to the files, an index that was there and one that is new list the same", async () => {
  const Event = fc.record({
    kind: fc.constantFrom(
      ...(["write", "append", "archive", "unarchive", "delete", "list", "loseIndex"] as const),
      ...(["truncate", "halfALine", "garbage", "spoilIndex"] as const),
    ),
    at: fc.nat(9),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(Event, { maxLength: 25 }), async (events) => {
      await using home = rolloutHome();
      const index = newIndex(home);
      for (const [step, { kind, at }] of events.entries()) await happen(home, index, kind, at, step);
      const [before, fresh] = [await list(home, index), await list(home)];
      assert.deepEqual(before.map(plain), fresh.map(plain));
      assert.deepEqual(byUpdate(index), byUpdate(newIndex(home), before));
    }),
    { numRuns: 40 },
  );
});

test("processes that write, list and spoil the index at once, one of them killed, leave every list right", async () => {
  await using home = rolloutHome();
  for (let at = 0; at < 300; at++) home.write(longAgo + at * 3600);
  const program = join(import.meta.dirname, "../../fixtures/programs/index-user.ts");
  const run = (seed: number) =>
    spawn(process.execPath, [program, home.path, `${seed}`, "60"], { stdio: ["ignore", "pipe", "inherit"] });
  const children = [1, 2, 3, 4].map((seed) => run(seed * 7919));
  const ended = children.map((child) => once(child, "exit"));
  const killed = run(5);
  await once(killed.stdout, "data");
  killed.kill("SIGKILL");
  const codes = (await Promise.all(ended)).map(([code]) => code as number);
  assert.deepEqual(codes, [0, 0, 0, 0]);
  const shared = await list(home);
  rmSync(indexOf(home), { force: true });
  assert.deepEqual(shared.map(plain), (await list(home)).map(plain));
  assert.ok(shared.length > 300);
});

test("times that make no sense order a list and end none", async () => {
  await using home = rolloutHome();
  const [past, future] = [home.write(60), home.write(longAgo + 100 * 365 * dayS)];
  const now = home.write(longAgo);
  utimesSync(now.path, longAgo * 3, longAgo * 3);
  for (const index of [newIndex(home), newIndex(home)]) {
    assert.deepEqual(idsOf(await list(home, index)), [past.id, now.id, future.id]);
    assert.deepEqual(byUpdate(index), idsOf(index.sorted("updatedAt")));
  }
});

test("the youngest threads are those of the whole list, wherever they lie and whatever a process has read so far", async () => {
  using home = rolloutHome();
  for (let at = 0; at < 700; at++) {
    const { id, path } = home.write(longAgo + at * 3600);
    if (at % 7 === 0) await archive(home.path, path);
    // A folder of an early day may have a thread that says it is a late one.
    if (at % 50 === 3) writeFileSync(path, metaLine({ id, createdAt: longAgo + (700 - at) * 3600 }));
  }
  const all = idsOf(await list(home));
  const index = newIndex(home);
  await index.refresh();
  for (const look of [() => {}, () => void index.sorted("updatedAt")]) {
    look();
    const youngest = idsOf(index.youngest());
    assert.ok(youngest.length >= 250);
    assert.deepEqual(youngest, all.slice(-youngest.length));
  }
  assert.deepEqual(idsOf(index.sorted("createdAt")), all);
});

test("what others wrote down since counts for more than what the file began with", async () => {
  using home = rolloutHome();
  const [a, b] = [home.write(longAgo), home.write(longAgo + 1)];
  await list(home);
  const other = newIndex(home);
  await list(home, other);
  home.append(a.path, nameLine("renamed"), longAgo + 5);
  await list(home, other);
  await deleteRollout(b.path);
  other.gone(b.path);
  const lines = readFileSync(indexOf(home), "utf8").split("\n");
  assert.ok(lines[0]?.startsWith('{"sealed":'));
  assert.ok(lines.some((line) => line.includes('"isGone":true')));
  const index = newIndex(home);
  await index.refresh();
  assert.deepEqual(names(index.youngest()), ["renamed"]);
});

/** By the rules, not by the index. */
function byUpdate(index: RolloutIndex, entries: readonly ListedRollout[] = index.sorted("updatedAt")): string[] {
  const sorted = entries.toSorted((a, b) => a.updatedAt - b.updatedAt || (a.meta.id < b.meta.id ? -1 : 1));
  return idsOf(sorted);
}

async function happen(home: RolloutHome, index: RolloutIndex, kind: string, at: number, step: number): Promise<void> {
  const id = `0192f000-0000-7000-8000-00000000000${at}`;
  const found = await findRollout(home.path, id);
  if (kind === "list") await list(home, index);
  else if (kind === "loseIndex") rmSync(dirname(indexOf(home)), { recursive: true, force: true });
  else if (kind === "write" && found === null) home.write(longAgo + at * dayS, { id });
  else if (found === null) return;
  else if (kind === "append") home.append(found.path, nameLine(`step ${step}`), longAgo + step);
  else if (kind === "archive" && !found.isArchived) await archive(home.path, found.path);
  else if (kind === "unarchive" && found.isArchived) await unarchive(home.path, found.path);
  else if (kind === "delete") await deleteRollout(found.path);
  else if (kind === "truncate") truncateSync(found.path, (step * 37) % (statSync(found.path).size + 1));
  else if (kind === "halfALine") home.append(found.path, nameLine("half").slice(0, 40), longAgo + step);
  else if (kind === "garbage") writeFileSync(found.path, `\0\xff${step}`.repeat(step + 1));
  else if (kind === "spoilIndex") await list(home, index).then(() => spoil(home));
}

function spoil(home: RolloutHome): void {
  mkdirSync(dirname(indexOf(home)), { recursive: true });
  appendFileSync(indexOf(home), "[\0\n{\n[]\n");
}

const settings = { model: "m", modelProvider: "p", cwd: "/w", reasoningEffort: null };
const fullMeta = {
  ...{ id: "t", createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
  ...{ source: "vscode", preview: "hi", forkedFromId: null, base: null, threadSource: null },
  ...{ baseInstructions: null, developerInstructions: null, dynamicTools: [] },
};

function newIndex(home: RolloutHome, troubles?: string[]): RolloutIndex {
  return home.newIndex((trouble) => {
    if (troubles === undefined) assert.fail(trouble);
    troubles.push(trouble);
  });
}

/** All of them as a list would show them, oldest first; and the index is on disk. */
async function list(home: RolloutHome, index: RolloutIndex = newIndex(home)): Promise<readonly ListedRollout[]> {
  await index.refresh();
  while (!(await index.verify(index.sorted("createdAt")))) {
    // Once more: what was not as it was known is known now.
  }
  await index.sweep();
  await index.saved();
  return [...index.sorted("createdAt")];
}

function plain({ id, createdAt, meta, metadata, settings: set, isArchived, path, updatedAt }: ListedRollout) {
  return { id, createdAt, meta, metadata, settings: set, isArchived, path, updatedAt };
}

const idsOf = (entries: readonly ListedRollout[]) => entries.map(({ meta }) => meta.id);
const names = (entries: readonly ListedRollout[]) => entries.map(({ metadata }) => metadata.name);

test("a folder is found among rows that were not read yet, whatever signs its name has", async () => {
  await using home = rolloutHome();
  const folders = ["/plain", "/plain-2", 'say "hi"', "back\\slash", "Übung", "日本", "tab\there", "line\nfeed"];
  for (const [at, cwd] of folders.entries()) home.write(longAgo + at, { cwd });
  await list(home);
  for (const cwd of folders) {
    const index = newIndex(home);
    await index.refresh();
    const found = index.sorted("createdAt").filter((entry) => entry.mayShow(cwd) && entry.settings.cwd === cwd);
    assert.equal(found.length, 1, cwd);
  }
});

test("a row of the index file that leads out of the folders of rollouts is not believed", () => {
  const file = (path: string) => `["${path}",100,"t",1,1,1,null]`;
  const folder = (path: string) => JSON.stringify({ folder: path, mtimeMs: 1, files: 0, folders: 0 });
  const gone = (path: string) => JSON.stringify({ path, isGone: true });
  const outside = ["", "/etc", "..", "../x", "threads/../../x", "threads/./x", "threads//x", "elsewhere/x"];
  for (const row of [file, folder, gone]) {
    for (const path of outside) assert.equal(parseRow(row(path)), null, row(path));
    for (const path of ["threads/2026/01/01/r", "archived/r"]) assert.notEqual(parseRow(row(path)), null, row(path));
  }
});

test("a rollout that is a symbolic link is none", async () => {
  await using home = rolloutHome();
  const { id, path } = home.write(100);
  assert.equal((await findRollout(home.path, id))?.path, path);
  renameSync(path, join(home.path, "elsewhere.jsonl"));
  symlinkSync(join(home.path, "elsewhere.jsonl"), path);
  assert.equal(await findRollout(home.path, id), null);
});
