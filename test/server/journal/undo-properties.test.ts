// What holds for undo, redo and keep whatever turns and people did: random files, in any encoding, on a real disk.
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { test } from "node:test";
import type { ReviewHunk } from "../../../server/protocol/review.ts";
import { type TestWorkspace, workspaceWith } from "./workspace.ts";
import fc, { propertyRuns } from "../../support/properties.ts";

const runs = propertyRuns(15);
const names = ["a.ts", "b.ts", "sub/c.ts", "sub/deep/d.ts"];

const text = fc
  .array(fc.tuple(fc.constantFrom("one", "two", "}", "", "\tü", "é"), fc.constantFrom("\n", "\n", "\r\n")), {
    maxLength: 12,
  })
  .chain((lines) =>
    fc.constantFrom("", "no end").map((last) => lines.map(([line, end]) => line + end).join("") + last),
  );

/** Bytes of a text in some encoding, or of none. */
const content = fc.oneof(
  text.map((written) => Buffer.from(written)),
  text.map((written) => Buffer.from(`\uFEFF${written}`)),
  text.map((written) => Buffer.from(`\uFEFF${written}`, "utf16le")),
  text.map((written) => Buffer.from(`\uFEFF${written}`, "utf16le").swap16()),
  text.map((written) => Buffer.from(`${written}\u00e9\n`, "latin1")),
);

const files = fc.dictionary(fc.constantFrom(...names), content, { maxKeys: 4 });

type Edit =
  | { kind: "edit"; at: number; deletes: number; lines: string[] }
  | { kind: "delete" }
  | { kind: "add" }
  | { kind: "move"; to: string }
  | { kind: "bytes"; bytes: Buffer };
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("edit" as const),
      at: fc.nat(12),
      deletes: fc.nat(2),
      lines: fc.array(fc.constantFrom("new\n", "more\r\n", "}\n"), { maxLength: 2 }),
    }),
  },
  fc.constantFrom<Edit>({ kind: "delete" }, { kind: "add" }),
  fc.record({ kind: fc.constant("move" as const), to: fc.constantFrom(...names) }),
  fc.record({
    kind: fc.constant("bytes" as const),
    bytes: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  }),
);
const turn = fc.array(fc.tuple(fc.constantFrom(...names), edit), { minLength: 1, maxLength: 4 });
const turns = fc.array(turn, { minLength: 1, maxLength: 4 });

test("what turns did is undone to the last byte, and redone to the last byte, in any encoding", async () => {
  await fc.assert(
    fc.asyncProperty(files, turns, fc.boolean(), async (before, done, restarts) => {
      await using work = await workspaceWith(before);
      const old = await work.snapshot();
      for (const [at, edits] of done.entries()) await play(work, `t${at}`, edits);
      const now = await work.snapshot();
      const ids = done.map((_, at) => `t${at}`);
      if (restarts) await work.open();
      const undone = await work.restore("undo", ids);
      assert.deepEqual([undone.message, undone.outcome === "conflict", await work.snapshot()], [null, false, old]);
      assert.deepEqual(await work.pending(), {});
      const redone = await work.restore("redo", ids);
      assert.deepEqual([redone.message, await work.snapshot()], [null, now]);
    }),
    runs,
  );
});

test("undoing the review of everything is undoing every turn", async () => {
  await fc.assert(
    fc.asyncProperty(files, turns, async (before, done) => {
      await using work = await workspaceWith(before);
      const old = await work.snapshot();
      for (const [at, edits] of done.entries()) await play(work, `t${at}`, edits);
      const undone = await work.undo(null);
      assert.deepEqual([undone.message, await work.snapshot()], [null, old]);
      assert.deepEqual(await work.pending(), {});
    }),
    runs,
  );
});

test("an undo that is refused changes nothing, and one that is not only what it said", async () => {
  await fc.assert(
    fc.asyncProperty(files, turns, turn, fc.nat(3), async (before, done, own, which) => {
      await using work = await workspaceWith(before);
      for (const [at, edits] of done.entries()) await play(work, `t${at}`, edits);
      await byHand(work, own);
      const now = await work.snapshot();
      const result = await work.restore("undo", [`t${which % done.length}`], { acceptMerges: true });
      const behind = await work.snapshot();
      if (result.outcome !== "done") {
        assert.deepEqual(behind, now);
        return;
      }
      const told = new Set(result.files.flatMap(({ path, movedTo }) => [path, movedTo ?? path]));
      for (const name of new Set([...Object.keys(now), ...Object.keys(behind)])) {
        if (!told.has(work.path(name))) assert.equal(behind[name], now[name]);
      }
      const redone = await work.restore("redo", [`t${which % done.length}`], { acceptMerges: true });
      assert.deepEqual([redone.message, await work.snapshot()], [null, now]);
    }),
    runs,
  );
});

test("to keep writes no file, and what was kept is not to review", async () => {
  await fc.assert(
    fc.asyncProperty(files, turns, turn, fc.nat(), async (before, done, own, pick) => {
      await using work = await workspaceWith(before);
      for (const [at, edits] of done.entries()) await play(work, `t${at}`, edits);
      await byHand(work, own);
      const now = await work.snapshot();
      const rows = await work.review.list(null);
      const row = rows[pick % Math.max(1, rows.length)];
      const hunk = row?.hunks[pick % Math.max(1, row.hunks.length)];
      if (row !== undefined && hunk !== undefined) {
        const name = row.path.slice(work.cwd.length + 1);
        assert.equal((await work.keep(name, hunk.id)).outcome, "done");
        // Counted in lines: between equal lines the same difference can be cut into other hunks.
        const left = (await work.row(name))?.hunks ?? [];
        assert.equal(linesOf(left), linesOf(row.hunks) - linesOf([hunk]));
      }
      await work.keep(null);
      assert.deepEqual(await work.pending(), {});
      assert.deepEqual(await work.snapshot(), now);
    }),
    runs,
  );
});

test("hunks that are undone one by one leave the baseline", async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.array(edit, { minLength: 1, maxLength: 3 }), fc.nat(), async (before, edits, pick) => {
      await using work = await workspaceWith({ "a.ts": before });
      const texts = edits.filter(({ kind }) => kind === "edit");
      for (const [at, each] of texts.entries()) await play(work, `t${at}`, [["a.ts", each]]);
      for (let left = 40; left > 0; left -= 1) {
        const hunks = (await work.row("a.ts"))?.hunks ?? [];
        const hunk = hunks[pick % Math.max(1, hunks.length)];
        if (hunk === undefined) break;
        assert.equal((await work.undo("a.ts", hunk.id)).outcome, "done");
        assert.equal((await work.undo("a.ts", hunk.id)).outcome, "failed");
      }
      assert.equal(await work.text("a.ts"), before);
    }),
    { ...runs, examples: [lookAlike] },
  );
});

/** What is left of the second hunk once it is undone is a hunk with the same lines. */
const lookAlike: [string, Edit[], number] = [
  "one\none\none\n}\n}\n}\n",
  [
    { kind: "edit", at: 0, deletes: 1, lines: [] },
    { kind: "edit", at: 3, deletes: 1, lines: ["new\n"] },
    { kind: "edit", at: 2, deletes: 1, lines: ["new\n"] },
  ],
  1_072_551_009,
];

function linesOf(hunks: readonly ReviewHunk[]): number {
  return hunks.reduce((sum, { baseline, current }) => sum + baseline.count + current.count, 0);
}

/** Edits that make no sense for what is there do nothing. */
async function play(work: TestWorkspace, turnId: string, edits: readonly (readonly [string, Edit])[]): Promise<void> {
  for (const [name, change] of edits) {
    const view = await work.documents.read(work.path(name));
    if (change.kind === "bytes") {
      if (view.kind === "text") await work.command(turnId, name, (path) => fs.writeFile(path, change.bytes));
      continue;
    }
    if (change.kind === "add") {
      if (view.kind === "missing") await work.turn(turnId, { [name]: "added\n" });
      continue;
    }
    if (view.kind !== "text") continue;
    if (change.kind === "delete") await work.turn(turnId, { [name]: null });
    else if (change.kind === "edit") await work.turn(turnId, { [name]: edited(view.text, change) });
    else if ((await work.documents.read(work.path(change.to))).kind === "missing")
      await work.turn(turnId, { [name]: [change.to, view.text] });
  }
}

async function byHand(work: TestWorkspace, edits: readonly (readonly [string, Edit])[]): Promise<void> {
  for (const [name, change] of edits) {
    const path = work.path(name);
    const found = await fs.readFile(path).catch(() => null);
    if (change.kind === "bytes") await work.person(name, change.bytes);
    else if (change.kind === "delete" && found !== null) await fs.rm(path);
    else if (change.kind === "edit" && found !== null)
      await work.person(name, Buffer.from(edited(found.toString("latin1"), change), "latin1"));
  }
}

function edited(before: string, { at, deletes, lines }: Extract<Edit, { kind: "edit" }>): string {
  const mark = before.startsWith("\uFEFF") ? "\uFEFF" : "";
  const all = before.slice(mark.length).match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const start = at % (all.length + 1);
  const isBehindOpenEnd = start === all.length && all.length > 0 && !all.at(-1)?.endsWith("\n");
  const added = isBehindOpenEnd ? ["\n", ...lines] : lines;
  return mark + [...all.slice(0, start), ...added, ...all.slice(start + deletes)].join("");
}
