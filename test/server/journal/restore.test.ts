// Taking back what turns changed, and doing it again, on a real disk with a real journal.
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { lines, sourceOf, type TestWorkspace, threadId, workspaceWith } from "./workspace.ts";

describe("undo of a turn", () => {
  test("puts back the files of that turn alone, and redo makes it again", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20), "b.ts": "b\n" });
    await work.turn("t1", { "a.ts": lines(20, { 2: "TWO" }), "sub/new.ts": "n\n" });
    await work.turn("t2", { "b.ts": "B\n" });
    const changed = await work.snapshot();
    const undone = await work.restore("undo", ["t1"]);
    assert.deepEqual(
      [undone.outcome, undone.files.map(({ path, outcome }) => [path, outcome])],
      [
        "done",
        [
          [work.path("a.ts"), "exact"],
          [work.path("sub/new.ts"), "exact"],
        ],
      ],
    );
    assert.deepEqual(
      [await work.text("a.ts"), await work.text("b.ts"), await work.text("sub/new.ts")],
      [lines(20), "B\n", null],
    );
    assert.deepEqual(await states(work), { t1: "undone", t2: "applied" });
    assert.deepEqual(await work.pending(), { "b.ts": ["0,1 0,1 t2"] });
    assert.equal((await work.restore("undo", ["t1"])).outcome, "nothing");
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.deepEqual(await work.snapshot(), changed);
    assert.deepEqual(await states(work), { t1: "applied", t2: "applied" });
    assert.deepEqual(Object.keys(await work.pending()), ["a.ts", "b.ts", "sub/new.ts"]);
    assert.equal((await work.restore("redo", ["t1"])).outcome, "nothing");
  });

  test("merges through what the person and later turns changed, once that was accepted", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20) });
    await work.turn("t1", { "a.ts": lines(20, { 2: "TWO" }) });
    await work.turn("t2", { "a.ts": lines(20, { 2: "TWO", 9: "NINE" }) });
    await work.person("a.ts", lines(20, { 2: "TWO", 9: "NINE", 15: "mine" }));
    const asked = await work.restore("undo", ["t1"]);
    const goal = lines(20, { 9: "NINE", 15: "mine" });
    assert.deepEqual([asked.outcome, asked.files[0]?.outcome, asked.files[0]?.merged], ["needsMerge", "merged", goal]);
    assert.equal(await work.text("a.ts"), lines(20, { 2: "TWO", 9: "NINE", 15: "mine" }));
    assert.equal((await work.restore("undo", ["t1"], { acceptMerges: true })).outcome, "done");
    assert.equal(await work.text("a.ts"), goal);
    assert.deepEqual(await work.pending(), { "a.ts": ["8,1 8,1 t2"] });
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 2: "TWO", 9: "NINE", 15: "mine" }));
  });

  test("changes nothing at all where one file conflicts, and says why", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20), "b.ts": "b\n", "c.ts": "c\n", "d.ts": "d\n" });
    await work.turn("t1", {
      "a.ts": lines(20, { 2: "TWO" }),
      "b.ts": "B\n",
      "c.ts": null,
      "new.ts": "n\n",
      "d.ts": "D\n",
    });
    await work.person("a.ts", lines(20, { 2: "two, by me" }));
    await work.person("b.ts", null);
    await work.person("c.ts", "another\n");
    await work.person("new.ts", "n\nmine\n");
    const before = await work.snapshot();
    const result = await work.restore("undo", ["t1"], { acceptMerges: true });
    assert.equal(result.outcome, "conflict");
    assert.deepEqual(
      Object.fromEntries(result.files.map(({ path, reason }) => [path.slice(work.cwd.length + 1), reason])),
      {
        "a.ts": "line 2 was changed since",
        "b.ts": "b.ts was deleted since",
        "c.ts": "c.ts was created again since",
        "d.ts": null,
        "new.ts": "new.ts was changed since it was created",
      },
    );
    assert.deepEqual(await work.snapshot(), before);
    assert.equal((await work.restore("undo", ["t1"], { paths: ["d.ts"] })).outcome, "done");
    assert.equal(await work.text("d.ts"), "d\n");
    assert.deepEqual(await states(work), { t1: "partlyUndone" });
  });

  test("of several turns is one step, also where one undid what the other did", async () => {
    await using work = await workspaceWith({ "a.ts": lines(9) });
    const before = await work.snapshot();
    await work.turn("t1", { "a.ts": ["b.ts", lines(9, { 2: "TWO" })] });
    await work.turn("t2", { "b.ts": ["sub/c.ts", lines(9, { 2: "TWO", 5: null })], "a.ts": "another a\n" });
    await work.turn("t3", { "sub/c.ts": null, "a.ts": "and another\n" });
    const changed = await work.snapshot();
    assert.deepEqual([(await work.restore("undo", ["t1", "t2", "t3"])).message, await work.snapshot()], [null, before]);
    assert.deepEqual(
      [(await work.restore("redo", ["t1", "t2", "t3"])).message, await work.snapshot()],
      [null, changed],
    );
    await work.open();
    assert.deepEqual([(await work.restore("undo", ["t1", "t2", "t3"])).message, await work.snapshot()], [null, before]);
  });

  test("finds a file where a later turn has moved it", async () => {
    await using work = await workspaceWith({ "a.ts": lines(9) });
    await work.turn("t1", { "a.ts": lines(9, { 2: "TWO" }) });
    await work.turn("t2", { "a.ts": ["b.ts", lines(9, { 2: "TWO" })] });
    assert.equal((await work.restore("undo", ["t1"])).outcome, "done");
    assert.equal(await work.text("b.ts"), lines(9));
    assert.deepEqual(await states(work), { t1: "undone", t2: "applied" });
    assert.equal((await work.restore("undo", ["t1"])).outcome, "nothing");
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.equal(await work.text("b.ts"), lines(9, { 2: "TWO" }));
    assert.deepEqual(await states(work), { t1: "applied", t2: "applied" });
  });

  test("takes the folders that were made for its files with them, but no other and none with something in it", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "old/o.ts": "o\n" });
    await work.turn("t1", { "new/deep/n.ts": "n\n", "new/m.ts": "m\n", "a.ts": ["to/b.ts", "a\n"], "old/n.ts": "n\n" });
    await work.turn("t2", { "old/o.ts": null });
    await work.open();
    assert.equal((await work.restore("undo", ["t1"])).outcome, "done");
    assert.deepEqual((await fs.readdir(work.cwd)).toSorted(), ["a.ts", "old"]);
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.equal(await work.text("new/deep/n.ts"), "n\n");
    await work.person("new/mine.ts", "mine\n");
    assert.equal((await work.undo("new/deep/n.ts")).outcome, "done");
    assert.deepEqual((await fs.readdir(work.path("new"))).toSorted(), ["m.ts", "mine.ts"]);
    assert.equal((await work.restore("undo", ["t1"])).outcome, "done");
    assert.deepEqual((await fs.readdir(work.cwd)).toSorted(), ["a.ts", "new", "old"]);
    assert.deepEqual(await fs.readdir(work.path("new")), ["mine.ts"]);
  });

  test("is one change in the journal, also where it takes texts and bytes", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.bin": new Uint8Array([0, 1, 2]) });
    await work.turn("t1", { "a.ts": "A\n" });
    await work.command("t1", "b.bin", (path) => fs.writeFile(path, new Uint8Array([0, 9])));
    assert.equal((await work.restore("undo", ["t1"])).outcome, "done");
    assert.deepEqual([await work.text("a.ts"), await fs.readFile(work.path("b.bin"))], ["a\n", Buffer.from([0, 1, 2])]);
    const [undo, ...more] = (await work.journal.changes()).filter(({ source }) => source.kind === "undo");
    assert.deepEqual([undo?.files.map(({ path }) => path), more], [[work.path("b.bin"), work.path("a.ts")], []]);
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.deepEqual([await work.text("a.ts"), await fs.readFile(work.path("b.bin"))], ["A\n", Buffer.from([0, 9])]);
  });

  test("leaves the bytes alone where the editor refuses the texts", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.bin": new Uint8Array([0, 1, 2]) });
    await work.turn("t1", { "a.ts": "A\n" });
    await work.command("t1", "b.bin", (path) => fs.writeFile(path, new Uint8Array([0, 9])));
    const before = await work.snapshot();
    work.connectEditor({ applyEdit: async () => ({ applied: false, failureReason: "the editor is shut" }) });
    const result = await work.restore("undo", ["t1"]);
    assert.deepEqual([result.outcome, result.message], ["failed", "the editor is shut"]);
    assert.deepEqual(await work.snapshot(), before);
    assert.equal((await work.journal.changes()).length, 2);
  });

  test("says which files were changed further as they were saved", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.ts": "b\n" });
    await work.turn("t1", { "a.ts": "A\n", "b.ts": "B\n" });
    work.connectEditor({
      async applyEdit({ edit }) {
        assert.equal(edit.documentChanges.length, 2);
        await work.person("a.ts", "a;\n");
        await work.person("b.ts", "b\n");
        const uri = (name: string) => pathToFileURL(work.path(name)).href;
        return {
          applied: true,
          files: [
            { uri: uri("a.ts"), isSaved: true, text: "a;\n" },
            { uri: uri("b.ts"), isSaved: true },
          ],
        };
      },
    });
    const result = await work.restore("undo", ["t1"]);
    assert.equal(result.outcome, "done");
    assert.deepEqual(
      result.files.map(({ path, outcome, merged }) => [path.slice(work.cwd.length + 1), outcome, merged]),
      [
        ["a.ts", "merged", "a;\n"],
        ["b.ts", "exact", null],
      ],
    );
    assert.match(result.message ?? "", /^a\.ts is not exactly as it was: .*formatter.*saved\.$/);
  });

  test("puts a file back where a command put a link, and the other way round, and never writes where it leads", async () => {
    await using work = await workspaceWith({ "a.txt": "a\n", "out.txt": "out\n" });
    await fs.symlink("out.txt", work.path("link"));
    await fs.chmod(work.path("a.txt"), 0o755);
    const swap = (name: string, make: (path: string) => Promise<unknown>) =>
      work.command("t1", name, async (path) => {
        await fs.rm(path);
        await make(path);
      });
    await swap("a.txt", (path) => fs.symlink("out.txt", path));
    await swap("link", (path) => fs.writeFile(path, "file\n"));
    const changed = await work.snapshot();
    const undone = await work.restore("undo", ["t1"]);
    assert.deepEqual([undone.outcome, undone.message], ["done", null]);
    assert.deepEqual(
      [await fs.readFile(work.path("a.txt"), "utf8"), (await fs.lstat(work.path("a.txt"))).mode & 0o7777],
      ["a\n", 0o755],
    );
    assert.equal(await fs.readlink(work.path("link")), "out.txt");
    assert.equal(await work.text("out.txt"), "out\n");
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.deepEqual(await work.snapshot(), changed);
    assert.equal(await fs.readlink(work.path("a.txt")), "out.txt");
  });

  const swaps: readonly [name: string, before: Record<string, string>, after: Record<string, string>][] = [
    ["a folder became a file", { "sub/a.txt": "a\n", "sub/deep/b.txt": "b\n" }, { sub: "x\n" }],
    ["a file became a folder", { sub: "x\n" }, { "sub/a.txt": "a\n", "sub/deep/b.bin": "b\0\n" }],
    ["an empty folder is where a file was", { sub: "x\n", "b.txt": "b\n" }, { "b.txt": "B\n" }],
  ];
  for (const [name, before, after] of swaps) {
    test(`puts back what was there before ${name}, and makes it again`, async () => {
      await using work = await workspaceWith(before);
      const old = await work.snapshot();
      await becomes(work, before, after);
      if (after["b.txt"] !== undefined) await fs.mkdir(work.path("sub"));
      const changed = await work.snapshot();
      const undone = await work.restore("undo", ["t1"]);
      assert.deepEqual([undone.message, undone.outcome, await work.snapshot()], [null, "done", old]);
      const redone = await work.restore("redo", ["t1"]);
      assert.deepEqual([redone.message, redone.outcome, await work.snapshot()], [null, "done", changed]);
      const all = await work.undo(null);
      assert.deepEqual([all.message, all.outcome, await work.snapshot()], [null, "done", old]);
    });
  }

  test("leaves a folder in which the person has something, and a file of theirs in a folder's place, and names them", async () => {
    await using work = await workspaceWith({ sub: "x\n", "dir/a.txt": "a\n" });
    await becomes(work, { sub: "x\n" }, { "sub/a.txt": "a\n" });
    await work.turn("t2", { "dir/a.txt": null });
    await work.person("sub/mine.txt", "mine\n");
    await fs.rm(work.path("dir"), { recursive: true });
    await work.person("dir", "mine\n");
    const now = await work.snapshot();
    for (const [turn, path, reason] of [
      ["t1", "sub", "sub is a folder now, and sub/mine.txt is in it"],
      ["t2", "dir/a.txt", "dir is a file now"],
    ] as const) {
      const result = await work.restore("undo", [turn]);
      const reasons = Object.fromEntries(result.files.map((file) => [file.path, file.reason]));
      assert.deepEqual([result.outcome, reasons[work.path(path)]], ["conflict", reason]);
      assert.deepEqual(await work.snapshot(), now);
    }
  });

  test("puts a link back where a command made a folder, and the other way round", async () => {
    await using work = await workspaceWith({ "out.txt": "out\n" });
    await fs.symlink("out.txt", work.path("sub"));
    const old = await work.snapshot();
    await work.command("t1", "sub", (path) => fs.rm(path));
    await work.command("t1", "sub/a.txt", () => work.person("sub/a.txt", "a\n"));
    await work.command("t1", "sub/link", (path) => fs.symlink("a.txt", path));
    const changed = await work.snapshot();
    const undone = await work.restore("undo", ["t1"]);
    assert.deepEqual([undone.message, undone.outcome, await work.snapshot()], [null, "done", old]);
    assert.equal(await work.text("out.txt"), "out\n");
    assert.deepEqual(Object.keys(changed), ["out.txt", "sub/a.txt", "sub/link"]);
  });

  test("does not follow a link that was put in the way", async () => {
    await using work = await workspaceWith({ "sub/a.ts": "a\n", "other/a.ts": "A\n" });
    await work.turn("t1", { "sub/a.ts": "A\n" });
    await fs.rm(work.path("sub"), { recursive: true });
    await fs.symlink("other", work.path("sub"));
    const result = await work.restore("undo", ["t1"]);
    assert.equal(result.outcome, "conflict");
    assert.match(
      result.message ?? "",
      /^Nothing was changed\. sub\/a\.ts is in the way: the folder sub is a link to other/,
    );
    assert.equal(await work.text("other/a.ts"), "A\n");
  });

  test("says of a file that was not kept why it stays", async () => {
    await using work = await workspaceWith({ "big.bin": "1" });
    const reason = "it is larger than 32 MB";
    await work.journal.append({
      ...{ type: "captured", id: "c", atMs: 0 },
      source: { kind: "command", threadId, turnId: "t1", itemId: null, of: [] },
      files: [
        {
          path: work.path("big.bin"),
          before: { kind: "notCaptured", reason, hash: null },
          after: { kind: "missing" },
          movedFrom: null,
        },
      ],
    });
    const [turn] = await work.turnFiles.turns(threadId);
    assert.deepEqual(turn?.notCaptured, [{ path: work.path("big.bin"), reason }]);
    assert.equal((await work.row("big.bin"))?.cannotUndo, `Its earlier content was not kept: ${reason}.`);
    const result = await work.restore("undo", ["t1"]);
    assert.deepEqual(
      [result.outcome, result.files[0]?.reason],
      ["conflict", `its earlier content was not kept: ${reason}`],
    );
    assert.equal((await work.undo("big.bin")).outcome, "conflict");
  });

  test("knows a turn of which one hunk was undone, and makes that again", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20) });
    await work.turn("t1", { "a.ts": lines(20, { 2: "TWO", 10: "TEN" }) });
    await work.undo("a.ts", (await work.row("a.ts"))?.hunks[1]?.id);
    assert.deepEqual(await states(work), { t1: "partlyUndone" });
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 2: "TWO", 10: "TEN" }));
    assert.deepEqual(await states(work), { t1: "applied" });
    await work.undo("a.ts", (await work.row("a.ts"))?.hunks[1]?.id);
    assert.equal((await work.restore("undo", ["t1"], { acceptMerges: true })).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20));
  });

  test("takes back the rest of a turn without a question where hunks of it were undone one by one", async () => {
    await using work = await workspaceWith({ "a.ts": lines(30), "b.ts": "b\n" });
    await work.turn("t1", { "a.ts": lines(30, { 2: "TWO", 3: "THREE" }), "b.ts": "B\n" });
    await work.turn("t1", { "a.ts": lines(30, { 2: "TWO", 3: "THREE", 12: "TWELVE", 22: null }) });
    const changed = await work.snapshot();
    for (const hunk of [0, 1]) {
      await work.undo("a.ts", (await work.row("a.ts"))?.hunks[hunk]?.id);
    }
    assert.equal(await work.text("a.ts"), lines(30, { 12: "TWELVE" }));
    const undone = await work.restore("undo", ["t1"]);
    assert.deepEqual([undone.outcome, undone.files.map(({ outcome }) => outcome)], ["done", ["exact", "exact"]]);
    assert.deepEqual([await work.text("a.ts"), await work.text("b.ts")], [lines(30), "b\n"]);
    assert.deepEqual(await states(work), { t1: "undone" });
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.deepEqual(await work.snapshot(), changed);
  });

  test("still asks where the person has changed a file of which one hunk was undone", async () => {
    await using work = await workspaceWith({ "a.ts": lines(30) });
    await work.turn("t1", { "a.ts": lines(30, { 2: "TWO", 12: "TWELVE" }) });
    await work.undo("a.ts", (await work.row("a.ts"))?.hunks[0]?.id);
    await work.person("a.ts", lines(30, { 12: "TWELVE", 25: "mine" }));
    assert.equal((await work.restore("undo", ["t1"])).outcome, "needsMerge");
    assert.equal((await work.restore("undo", ["t1"], { acceptMerges: true })).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(30, { 25: "mine" }));
  });

  test("also takes back what a process wrote that died before it could say so", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.ts": "b\n" });
    const image = (text: string) => work.journal.keep(Buffer.from(text), { mode: 0o644, encoding: "utf8" });
    const files = [
      { path: work.path("a.ts"), before: await image("a\n"), after: await image("A\n"), movedFrom: null },
      { path: work.path("b.ts"), before: await image("b\n"), after: await image("B\n"), movedFrom: null },
    ];
    const owner = "999999999 0";
    await work.journal.append({ type: "prepared", id: "c", atMs: 0, source: sourceOf("t1"), files, owner });
    await work.person("a.ts", "A\n");
    await work.open();
    assert.deepEqual(await work.pending(), { "a.ts": ["0,1 0,1 t1"] });
    assert.equal((await work.restore("undo", ["t1"])).outcome, "done");
    assert.deepEqual([await work.text("a.ts"), await work.text("b.ts")], ["a\n", "b\n"]);
  });

  test("shows what turns changed as git does, also of what was undone", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.ts": "b\n" });
    await work.turn("t1", { "a.ts": "A\n", "b.ts": ["c.ts", "b\n"] });
    await work.turn("t2", { "a.ts": "AA\n", "n.ts": "n\n" });
    const [one, both] = [await work.turnFiles.diff(threadId, "t1"), await work.turnFiles.diff(threadId, null)];
    assert.match(one, /^diff --git a\/a\.ts b\/a\.ts\n[^]*-a\n\+A\n[^]*rename from b\.ts\nrename to c\.ts\n$/);
    assert.match(both, /-a\n\+AA\n/);
    assert.match(both, /new file mode/);
    const [first] = await work.turnFiles.turns(threadId);
    assert.deepEqual([first?.added, first?.removed, first?.paths.length], [1, 1, 3]);
  });
});

async function states(work: Awaited<ReturnType<typeof workspaceWith>>): Promise<Record<string, string>> {
  return Object.fromEntries((await work.turnFiles.turns(threadId)).map(({ turnId, state }) => [turnId, state]));
}

/** A command of turn t1 takes these files away and makes those. */
async function becomes(
  work: TestWorkspace,
  before: Record<string, string>,
  after: Record<string, string>,
): Promise<void> {
  for (const name of Object.keys(before)) await work.command("t1", name, (path) => fs.rm(path));
  const folders = Object.keys(before).map((name) => name.split("/")[0] ?? name);
  for (const folder of folders) await fs.rm(work.path(folder), { recursive: true, force: true });
  for (const [name, text] of Object.entries(after)) await work.command("t1", name, () => work.person(name, text));
}
