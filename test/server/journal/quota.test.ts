// The journal keeps within its bounds, and never drops what somebody needs or is just writing.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Image, JournalLine, WorkspaceJournal } from "../../../server/journal/change.ts";
import { ChangeJournal } from "../../../server/journal/journal.ts";

const day = 24 * 60 * 60 * 1000;

test("beyond its bounds the oldest changes lose their bytes first, and those of a turn that may run keep them", async (t) => {
  const { journal, change, home } = await bounded(t, 3000);
  const old = [await change("1", 9 * day), await change("2", 8 * day), await change("3", 7 * day)];
  const running = [await change("4", 1000, "new"), await change("5", 500, "new")];
  age(home);
  await collect(home, 3000);
  const isThere = async (image: Image) => (await journal.bytesOf(image)) !== null;
  assert.deepEqual(await Promise.all([...old, ...running].map(isThere)), [false, false, true, true, true]);
  await collect(home, 0);
  assert.deepEqual(await Promise.all([...old, ...running].map(isThere)), [false, false, false, true, true]);
});

test("what no log names goes once it is a minute old, and a proposal never does", async (t) => {
  const { journal, propose, home } = await bounded(t, 0);
  const proposed = await propose("p");
  const [left, young] = [await keep(journal, "left"), await keep(journal, "young")];
  age(home, left);
  age(home, proposed);
  assert.equal(await collect(home, 0), 1000);
  const there = await Promise.all(
    [left, young, proposed].map(async (image) => (await journal.bytesOf(image)) !== null),
  );
  assert.deepEqual(there, [false, true, true]);
});

test("what is kept again counts as new", async (t) => {
  const { journal, home } = await bounded(t, 0);
  const image = await keep(journal, "same");
  age(home, image);
  await keep(journal, "same");
  assert.equal(await collect(home, 0), 0);
  assert.notEqual(await journal.bytesOf(image), null);
});

test("a line that nobody here can read keeps what it names", async (t) => {
  const { journal, home, log } = await bounded(t, 0);
  const image = await keep(journal, "named");
  assert.ok(image.kind === "file");
  await journal.append({ type: "settled", paths: [] });
  writeFileSync(log(), JSON.stringify({ type: "fromTheFuture", blob: image.hash }), { flag: "a" });
  age(home, image);
  assert.equal(await collect(home, 0), 0);
});

test("while a log cannot be read, nothing is taken for what nobody names", async (t) => {
  const { journal, change, home, log } = await bounded(t, 0);
  const image = await change("named", 9 * day);
  age(home, image);
  renameSync(log(), `${log()}.aside`);
  // A loop of links.
  symlinkSync("changes.jsonl", log());
  await assert.rejects(collect(home, 0), /ELOOP/);
  rmSync(log());
  renameSync(`${log()}.aside`, log());
  assert.notEqual(await journal.bytesOf(image), null);
});

const collect = (home: string, maxBytes: number) => new ChangeJournal({ home, maxBytes: () => maxBytes }).collect();

/** A thousand bytes that begin so. */
function keep(journal: WorkspaceJournal, text: string): Promise<Image> {
  return journal.keep(Buffer.from(text.padEnd(1000)), { mode: 0o644, encoding: "utf8" });
}

async function bounded(t: TestContext, maxBytes: number) {
  const home = mkdtempSync(join(tmpdir(), "belay-quota-"));
  const all = new ChangeJournal({ home, maxBytes: () => maxBytes });
  t.after(async () => {
    await all.close();
    rmSync(home, { recursive: true, force: true });
  });
  const journal = await all.workspace(home);
  const write = async (type: "captured" | "proposed", text: string, agoMs: number, turnId: string): Promise<Image> => {
    const after = await keep(journal, text);
    const source = { kind: "patch" as const, threadId: turnId, turnId, itemId: null, of: [] };
    const file = { path: `/w/${text}`, before: { kind: "missing" as const }, after, movedFrom: null };
    const line: JournalLine = { type, id: text, atMs: Date.now() - agoMs, source, files: [file] };
    await journal.append(line);
    return after;
  };
  return {
    journal,
    home,
    change: (text: string, agoMs: number, turnId = "old") => write("captured", text, agoMs, turnId),
    propose: (text: string) => write("proposed", text, 9 * day, "old"),
    log() {
      const [folder] = readdirSync(join(home, "journal")).filter((name) => name !== "blobs");
      return join(home, "journal", folder ?? "", "changes.jsonl");
    },
  };
}

/** As if it, or all there is, had been kept a while ago. */
function age(home: string, only?: Image): void {
  const root = join(home, "journal", "blobs");
  const then = new Date(Date.now() - 10 * 60_000);
  for (const folder of readdirSync(root)) {
    for (const name of readdirSync(join(root, folder))) {
      if (only === undefined || (only.kind === "file" && only.hash === name)) {
        utimesSync(join(root, folder, name), then, then);
      }
    }
  }
}
