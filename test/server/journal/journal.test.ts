// The change journal keeps what it was given, whoever else writes to it and wherever a write is torn.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Change, FileChange, JournalLine } from "../../../server/journal/change.ts";
import { ChangeJournal } from "../../../server/journal/journal.ts";
import { folderOf } from "../../../server/journal/log.ts";

const source = { kind: "patch" as const, threadId: "t1", turnId: "u1", itemId: "i1", of: [] };
const missing = { kind: "missing" as const };
const add = (path: string, hash = "0".repeat(64)): FileChange => ({
  path,
  before: missing,
  after: { kind: "file", hash, size: 1, mode: 0o644, encoding: "utf8" },
  movedFrom: null,
});
const prepared = (id: string, files: FileChange[], threadId = "t1"): Extract<JournalLine, { type: "prepared" }> => ({
  type: "prepared",
  id,
  atMs: 1,
  source: { ...source, threadId },
  files,
});
const applied = (id: string, files: FileChange[]): JournalLine => ({ type: "applied", id, files });

test("a change is listed as it came about, also by a process that starts later", async () => {
  await using box = sandbox();
  const journal = await box.journal();
  await journal.append(prepared("c1", [add("/w/a")]));
  assert.deepEqual(states(await journal.changes()), ["c1 prepared"]);
  await journal.append(applied("c1", [add("/w/a", "1".repeat(64))]));
  await journal.append(prepared("c2", [add("/w/b")]), { type: "abandoned", id: "c2" });
  const [change] = await (await box.journal()).changes();
  assert.deepEqual(change, { id: "c1", atMs: 1, source, files: [add("/w/a", "1".repeat(64))], state: "applied" });
  assert.deepEqual(states(await journal.changes()), ["c1 applied"]);
});

test("a journal that was closed is still read, and tells nobody that it is", async () => {
  await using box = sandbox();
  const journals = new ChangeJournal({ home: box.home });
  const journal = await journals.workspace(box.cwd);
  await journal.append(prepared("c1", [add("/w/a")]));
  await journals.close();
  let told = 0;
  journal.onChange(() => told++);
  for (let look = 0; look < 2; look++) assert.deepEqual(states(await journal.changes()), ["c1 prepared"]);
  assert.equal(told, 0);
});

test("bytes are kept once and given back, unless somebody has changed them on disk", async () => {
  await using box = sandbox();
  const journal = await box.journal();
  const facts = { mode: 0o644, encoding: "utf8" as const };
  const [image, same] = await Promise.all([
    journal.keep(Buffer.from("text"), facts),
    journal.keep(Buffer.from("text"), facts),
  ]);
  assert.ok(image.kind === "file");
  assert.deepEqual(same, image);
  assert.equal(Buffer.from((await journal.bytesOf(image)) ?? []).toString(), "text");
  const path = join(box.home, "journal/blobs", image.hash.slice(0, 2), image.hash);
  assert.deepEqual(readdirSync(join(path, "..")), [image.hash]);
  assert.deepEqual([statSync(path).mode & 0o777, statSync(join(path, "..")).mode & 0o777], [0o600, 0o700]);
  writeFileSync(path, "other");
  assert.equal(await journal.bytesOf(image), null);
  await (await box.journal()).keep(Buffer.from("text"), facts);
  assert.equal(readFileSync(path, "utf8"), "text");
});

test("a large file is not kept, and says why", async () => {
  await using box = sandbox();
  const image = await (await box.journal()).keep(Buffer.alloc(33 << 20), { mode: null, encoding: "binary" });
  assert.ok(image.kind === "notCaptured" && image.hash?.length === 64);
  assert.match(image.reason, /^it is larger than 32 MB/);
});

test("a log that is torn at any byte of its last two lines keeps all before them, and takes more", async () => {
  await using box = sandbox();
  const journal = await box.journal();
  await journal.append(prepared("c1", [add("/w/a")]), applied("c1", [add("/w/a")]));
  const whole = statSync(box.log).size;
  await journal.append(prepared("c2", [add("/w/b")]), applied("c2", [add("/w/b")]));
  const text = readFileSync(box.log);
  const middle = text.lastIndexOf(0x0a, text.length - 2) + 1;
  for (let size = whole; size < text.length; size++) {
    writeFileSync(box.log, text);
    truncateSync(box.log, size);
    const reader = await box.journal();
    // A line without its end is not there yet; the writer of what has no end is this process, which lives.
    const torn = states(await reader.changes());
    assert.deepEqual(torn, size >= middle ? ["c1 applied", "c2 prepared"] : ["c1 applied"], `at ${size}`);
    await reader.append(prepared("c3", [add("/w/c")]));
    const lines = states(await (await box.journal()).changes());
    assert.deepEqual([lines[0], lines.at(-1)], ["c1 applied", "c3 prepared"], `at ${size}`);
  }
});

test("a damaged line costs that line alone", async () => {
  await using box = sandbox();
  await (await box.journal()).append(prepared("c1", [add("/w/a")]), prepared("c2", [add("/w/b")]));
  const lines = readFileSync(box.log, "utf8").split("\n");
  writeFileSync(box.log, [lines[0], "{ damaged", '{"type":"fromTheFuture"}', ...lines.slice(1)].join("\n"));
  assert.deepEqual(states(await (await box.journal()).changes()), ["c1 prepared", "c2 prepared"]);
});

test("two processes append side by side, and each sees what the other wrote", async () => {
  await using box = sandbox();
  const ours = await box.journal();
  const theirs = box.elsewhere(`for (let i = 0; i < 20; i++) await journal.append(
    { type: "captured", id: "theirs" + i, atMs: i, source, files: [] });`);
  const heard = Promise.withResolvers<void>();
  const stop = ours.onChange(() => heard.resolve());
  for (let i = 0; i < 20; i++) await ours.append({ type: "captured", id: `ours${i}`, atMs: i, source, files: [] });
  await theirs;
  await heard.promise;
  stop();
  const ids = (await ours.changes()).map(({ id }) => id);
  assert.equal(ids.length, 40);
  assert.deepEqual(
    ids.filter((id) => id.startsWith("theirs")),
    Array.from({ length: 20 }, (_, i) => `theirs${i}`),
  );
});

test("a change whose process died is settled by looking: old, new and half, and no file is written for it", async () => {
  await using box = sandbox();
  const file = (name: string, text: string) => {
    writeFileSync(join(box.cwd, name), text);
    return join(box.cwd, name);
  };
  const [kept, written, other] = [file("kept", "old"), file("written", "new"), file("other", "somebody's")];
  await box.elsewhere(`
    const image = (text) => journal.keep(Buffer.from(text), { mode: 0o644, encoding: "utf8" });
    const [before, after] = [await image("old"), await image("new")];
    const change = (path) => ({ path, before, after, movedFrom: null });
    await journal.append({ type: "prepared", id: "none", atMs: 1, source, files: [change(${JSON.stringify(kept)})] });
    await journal.append({ type: "prepared", id: "half", atMs: 2, source,
      files: [${JSON.stringify(kept)}, ${JSON.stringify(written)}, ${JSON.stringify(other)}].map(change) });`);
  const times = [kept, written, other].map((path) => statSync(path).mtimeMs);
  const journal = await box.journal();
  const [half, ...more] = await journal.changes();
  assert.deepEqual([half?.id, half?.state, more.length], ["half", "applied", 0]);
  assert.deepEqual(
    half?.files.map(({ path }) => path),
    [written, other],
  );
  assert.deepEqual(
    [kept, written, other].map((path) => statSync(path).mtimeMs),
    times,
  );
  const size = statSync(box.log).size;
  assert.deepEqual(states(await (await box.journal()).changes()), ["half applied"]);
  assert.equal(statSync(box.log).size, size);
});

test("a change that a living process is at stays as it is", async () => {
  await using box = sandbox();
  await (await box.journal()).append(prepared("c1", [add(join(box.cwd, "never"))]));
  assert.deepEqual(states(await (await box.journal()).changes()), ["c1 prepared"]);
});

test("a change that a process in another container is at stays as it is until nobody can be at it any more", async () => {
  await using box = sandbox();
  const places = { number: `${process.pid} 1`, dead: "999999999 1", elsewhere: `999999999 1 ${"0".repeat(24)}` };
  const writing = await box.journal();
  for (const [id, owner] of Object.entries(places)) {
    await writing.append({ ...prepared(id, [add(join(box.cwd, "never"))]), owner });
  }
  let nowMs = 0;
  const journals = new ChangeJournal({ home: box.home, nowMs: () => nowMs });
  const journal = await journals.workspace(box.cwd);
  // A line of an older Belay has no place in it: its number means a process here.
  assert.deepEqual(states(await journal.changes()), ["elsewhere prepared"]);
  nowMs = 4 * 60_000;
  await writing.append(prepared("own", [add(join(box.cwd, "never"))]));
  assert.deepEqual(states(await journal.changes()), ["elsewhere prepared", "own prepared"]);
  nowMs = 6 * 60_000;
  assert.deepEqual(states(await journal.changes()), ["own prepared"]);
  await journals.close();
});

test("proposals end, threads are forgotten, and a baseline knows the last change before it", async () => {
  await using box = sandbox();
  const journal = await box.journal();
  const proposed: JournalLine = { type: "proposed", id: "p1", atMs: 1, source, files: [add("/w/a"), add("/w/b")] };
  await journal.append(proposed, { type: "settled", paths: ["/w/a"] });
  assert.deepEqual(
    (await journal.changes()).map(({ files }) => files.map(({ path }) => path)),
    [["/w/b"]],
  );
  await journal.append({ type: "settled", paths: ["/w/b"] });
  await journal.append(prepared("c1", [add("/w/a")]), prepared("c2", [add("/w/a")], "t2"));
  await journal.append({ type: "reviewed", path: "/w/a", baseline: missing }, prepared("c3", [add("/w/a")]));
  assert.deepEqual((await journal.baselines()).get("/w/a"), { baseline: missing, current: null, after: "c2" });
  await journal.append({ type: "forgotten", threadId: "t2" });
  assert.deepEqual(states(await journal.changes()), ["c1 prepared", "c3 prepared"]);
  assert.equal((await journal.baselines()).get("/w/a")?.after, "c1");
});

test("a log that another process has replaced is read anew", async () => {
  await using box = sandbox();
  const journal = await box.journal();
  await journal.append(prepared("c1", [add("/w/a")]));
  const [header] = readFileSync(box.log, "utf8").split("\n");
  const line = { type: "captured", id: "c9", atMs: 1, source, files: [] };
  writeFileSync(`${box.log}.new`, `${header}\n${JSON.stringify(line)}\n${" ".repeat(1000)}\n`);
  renameSync(`${box.log}.new`, box.log);
  assert.deepEqual(states(await journal.changes()), ["c9 applied"]);
  rmSync(box.log);
  assert.deepEqual(states(await journal.changes()), []);
});

test("a log that is mostly about what is gone is written anew when it is opened", async () => {
  await using box = sandbox();
  const journal = await box.journal();
  const files = Array.from({ length: 200 }, (_, i) => add(`/w/${i}`));
  await journal.append(prepared("c0", [add("/w/a")]), { type: "reviewed", path: "/w/a", baseline: null });
  for (let i = 1; i < 40; i++) await journal.append(prepared(`c${i}`, files), { type: "abandoned", id: `c${i}` });
  const before = statSync(box.log).size;
  const opened = await box.journal();
  assert.ok(statSync(box.log).size < before / 100);
  assert.deepEqual(states(await opened.changes()), ["c0 prepared"]);
  assert.equal((await opened.baselines()).get("/w/a")?.after, "c0");
  assert.deepEqual(states(await journal.changes()), ["c0 prepared"]);
});

test("a journal that lies behind a link is refused, and what cannot be written is said with its cause", async () => {
  await using box = sandbox();
  const journal = await box.journal();
  mkdirSync(box.home, { recursive: true });
  symlinkSync(box.cwd, join(box.home, "journal"));
  const refused =
    /^Error: the change journal cannot be written \(.*journal is a link or a file where Belay keeps a folder of its own\. Move it away\.\)$/;
  await assert.rejects(journal.append(prepared("c1", [])), refused);
  await assert.rejects(journal.keep(Buffer.from("x"), { mode: null, encoding: "utf8" }), refused);
  await assert.rejects(journal.changes(), /cannot be read/);
  assert.deepEqual(readdirSync(box.cwd), []);
  rmSync(join(box.home, "journal"));
  await journal.append(prepared("c1", []));
});

function states(changes: readonly Change[]): string[] {
  return changes.map(({ id, state }) => `${id} ${state}`);
}

/** A home and a workspace of their own, and journals of it as several processes would open them. */
function sandbox() {
  const base = mkdtempSync(join(tmpdir(), "belay-journal-"));
  const [home, cwd] = [join(base, "home"), join(base, "workspace")];
  mkdirSync(cwd);
  const opened: ChangeJournal[] = [];
  return {
    home,
    cwd,
    log: join(home, "journal", folderOf(cwd), "changes.jsonl"),
    async journal() {
      const journal = new ChangeJournal({ home });
      opened.push(journal);
      return journal.workspace(cwd);
    },
    /** Runs the lines in a process of their own, to its end. */
    async elsewhere(lines: string): Promise<void> {
      const module = new URL("../../../server/journal/journal.ts", import.meta.url).href;
      const script = `import { ChangeJournal } from ${JSON.stringify(module)};
        const journal = await new ChangeJournal({ home: ${JSON.stringify(home)} }).workspace(${JSON.stringify(cwd)});
        const source = ${JSON.stringify(source)};
        ${lines}
        process.exit();`;
      await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((journal) => journal.close()));
      rmSync(base, { recursive: true, force: true });
    },
  };
}
