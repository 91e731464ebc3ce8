// Keeping and undoing what is to review, on a real disk with a real journal.
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { EditPort } from "../../../server/files/writer.ts";
import { lines, sourceOf, type TestWorkspace, threadId, workspaceWith } from "./workspace.ts";

describe("a review", () => {
  test("lists what turns changed, hunk by hunk, with the turns that did", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20), "b.ts": "old\n" });
    await work.turn("t1", { "a.ts": lines(20, { 2: "TWO" }), "new.ts": "new\n" });
    await work.turn("t2", { "a.ts": lines(20, { 2: "TWO", 10: "TEN\nmore" }), "b.ts": null });
    await work.turn("t3", { "a.ts": lines(20, { 2: "two!", 10: "TEN\nmore" }) });
    assert.deepEqual(await work.pending(), {
      "a.ts": ["1,1 1,1 t1+t3", "9,1 9,2 t2"],
      "b.ts": ["0,1 0,0 t2"],
      "new.ts": ["0,0 0,1 t1"],
    });
    const [a, b, added] = await work.review.list(null);
    assert.deepEqual([a?.kind, b?.kind, added?.kind], ["update", "delete", "add"]);
    assert.deepEqual([a?.added, a?.removed], [3, 2]);
    assert.deepEqual(
      a?.turns,
      ["t1", "t2", "t3"].map((turnId) => ({ threadId, turnId })),
    );
    assert.equal(await work.review.text(work.path("a.ts"), "baseline"), lines(20));
    assert.equal(await work.review.text(work.path("new.ts"), "baseline"), null);
  });

  test("keeps one hunk and undoes the other, and is then empty", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20) });
    await work.turn("t1", { "a.ts": lines(20, { 2: "TWO", 10: "TEN" }) });
    const [first, second] = (await work.row("a.ts"))?.hunks ?? [];
    assert.equal((await work.keep("a.ts", first?.id)).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 2: "TWO", 10: "TEN" }));
    assert.deepEqual(await work.pending(), { "a.ts": ["9,1 9,1 t1"] });
    assert.equal((await work.row("a.ts"))?.hunks[0]?.id, second?.id);
    assert.equal((await work.undo("a.ts", second?.id)).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 2: "TWO" }));
    assert.deepEqual(await work.pending(), {});
    assert.equal((await work.undo("a.ts", second?.id)).outcome, "failed");
  });

  test("has nothing left of a file that was moved, then deleted, and is back where it was", async () => {
    await using work = await workspaceWith({ "a.ts": "one\n", "p.ts": "two\n" });
    await work.turn("t1", { "a.ts": ["b.ts", "one\n"], "p.ts": ["q.ts", "two\n"] });
    await work.turn("t2", { "b.ts": null });
    await work.person("q.ts", null);
    assert.deepEqual(await work.pending(), { "a.ts": ["0,1 0,0 t2"] });
    assert.equal((await work.undo(null)).outcome, "done");
    // Who deletes a file has seen the last of what was changed in it.
    assert.deepEqual([await work.text("a.ts"), await work.text("p.ts")], ["one\n", null]);
    assert.deepEqual(await work.pending(), {});
    await work.open();
    assert.deepEqual(await work.pending(), {});
  });

  test("knows that all of a turn is undone, though what another one did in the file was kept", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20) });
    await work.turn("t1", { "a.ts": lines(20, { 2: "TWO" }) });
    await work.turn("t2", { "a.ts": lines(20, { 2: "TWO", 10: "TEN" }) });
    await work.turn("t3", { "a.ts": lines(20, { 2: "TWO", 10: "TEN", 15: "X", 18: "Y" }) });
    const hunks = (await work.row("a.ts"))?.hunks ?? [];
    assert.equal((await work.keep("a.ts", hunks[0]?.id)).outcome, "done");
    assert.equal((await work.undo("a.ts", hunks[1]?.id)).outcome, "done");
    assert.equal((await work.keep("a.ts", hunks[2]?.id)).outcome, "done");
    assert.equal((await work.undo("a.ts", hunks[3]?.id)).outcome, "done");
    const states = (await work.turnFiles.turns(threadId)).map(({ turnId, state }) => [turnId, state]);
    assert.deepEqual(Object.fromEntries(states), { t1: "applied", t2: "undone", t3: "partlyUndone" });
  });

  test("says of all that cannot be undone at once which file it is, and what to do", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.bin": "1" });
    await work.turn("t1", { "a.ts": "A\n" });
    await work.command("t1", "b.bin", (path) => fs.writeFile(path, new Uint8Array([0, 9])));
    await work.person("b.bin", new Uint8Array([0, 5]));
    const result = await work.undo(null);
    assert.deepEqual(
      [result.outcome, result.message],
      [
        "conflict",
        "Nothing was changed. b.bin is in the way: b.bin was changed since. Do the other files one by one, and keep what is in the way.",
      ],
    );
    assert.equal((await work.undo("a.ts")).outcome, "done");
    assert.equal((await work.keep("b.bin")).outcome, "done");
    assert.deepEqual(await work.pending(), {});
  });

  test("undoes at once what took each other's places", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.ts": "b\n", "c.ts": "c\n" });
    const before = await work.snapshot();
    await work.turn("t1", { "b.ts": ["x.ts", "b\n"] });
    await work.turn("t1", { "c.ts": ["b.ts", "c and\n"] });
    await work.turn("t1", { "a.ts": ["c.ts", "a\n"] });
    await work.turn("t1", { "a.ts": "new\n" });
    const changed = await work.snapshot();
    const undone = await work.undo(null);
    assert.deepEqual([undone.message, await work.snapshot(), await work.pending()], [null, before, {}]);
    assert.equal((await work.restore("redo", ["t1"])).outcome, "done");
    assert.deepEqual(await work.snapshot(), changed);
  });

  test("takes what the person changed elsewhere as theirs", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20) });
    await work.turn("t1", { "a.ts": lines(20, { 10: "TEN" }) });
    await work.person("a.ts", lines(20, { 2: "mine", 10: "TEN" }));
    assert.deepEqual(await work.pending(), { "a.ts": ["9,1 9,1 t1"] });
    await work.turn("t2", { "a.ts": lines(20, { 2: "mine", 10: "TEN", 15: null }) });
    await work.person("a.ts", lines(20, { 2: "mine", 5: "mine too\nand more", 10: "TEN", 15: null }));
    assert.deepEqual(await work.pending(), { "a.ts": ["10,1 10,1 t1", "15,1 15,0 t2"] });
    assert.equal((await work.undo("a.ts")).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 2: "mine", 5: "mine too\nand more" }));
    assert.deepEqual(await work.pending(), {});
  });

  test("says which hunk the person has edited, and undoes it only when that is accepted", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20) });
    await work.turn("t1", { "a.ts": lines(20, { 10: "TEN", 15: "FIFTEEN" }) });
    await work.person("a.ts", lines(20, { 10: "TEN, edited", 15: "FIFTEEN" }));
    assert.deepEqual(await work.pending(), { "a.ts": ["9,1 9,1 t1 edited", "14,1 14,1 t1"] });
    const hunk = (await work.row("a.ts"))?.hunks[0]?.id;
    const asked = await work.undo("a.ts", hunk);
    assert.deepEqual([asked.outcome, asked.files[0]?.merged], ["needsMerge", lines(20, { 15: "FIFTEEN" })]);
    assert.equal(await work.text("a.ts"), lines(20, { 10: "TEN, edited", 15: "FIFTEEN" }));
    assert.equal((await work.undo("a.ts", hunk, true)).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 15: "FIFTEEN" }));
    assert.deepEqual(await work.pending(), { "a.ts": ["14,1 14,1 t1"] });
  });

  test("survives a restart, and what is kept stays kept", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20), "b.ts": "b\n" });
    await work.turn("t1", { "a.ts": lines(20, { 2: "TWO", 10: "TEN" }), "b.ts": "B\n" });
    await work.keep("b.ts");
    await work.keep("a.ts", (await work.row("a.ts"))?.hunks[0]?.id ?? null);
    await work.person("a.ts", lines(20, { 2: "TWO", 10: "TEN", 18: "mine" }));
    await work.open();
    assert.deepEqual(await work.pending(), { "a.ts": ["9,1 9,1 t1"] });
    await work.turn("t2", { "b.ts": "BB\n", "a.ts": lines(20, { 1: "ONE", 2: "TWO", 10: "TEN", 18: "mine" }) });
    assert.deepEqual(await work.pending(), { "a.ts": ["0,1 0,1 t2", "9,1 9,1 t1"], "b.ts": ["0,1 0,1 t2"] });
    assert.equal(await work.review.text(work.path("b.ts"), "baseline"), "B\n");
    assert.equal((await work.keep(null)).outcome, "done");
    assert.deepEqual(await work.pending(), {});
  });

  test("undoes moves, deletions, new files, permissions, links and what is no text", async () => {
    const picture = Buffer.from([0x89, 0, 1, 2, 255]);
    await using work = await workspaceWith({
      "a.ts": lines(9),
      "gone.ts": "gone\n",
      "run.sh": "#!\n",
      "p.png": picture,
    });
    await fs.symlink("a.ts", work.path("link"));
    const before = await work.snapshot();
    await work.turn("t1", { "a.ts": ["sub/b.ts", lines(9, { 3: "three" })], "gone.ts": null, "new.ts": "n\n" });
    await work.command("t1", "run.sh", (path) => fs.chmod(path, 0o755));
    await work.command("t1", "p.png", (path) => fs.writeFile(path, Buffer.from([0x89, 0, 7])));
    await work.command("t1", "link", async (path) => {
      await fs.unlink(path);
      await fs.symlink("sub/b.ts", path);
    });
    const rows = await work.review.list(null);
    assert.deepEqual(
      rows.map(({ path, kind, isText, movedFrom }) => [path, kind, isText, movedFrom !== null]),
      [
        [work.path("gone.ts"), "delete", true, false],
        [work.path("link"), "update", false, false],
        [work.path("new.ts"), "add", true, false],
        [work.path("p.png"), "update", false, false],
        [work.path("run.sh"), "update", true, false],
        [work.path("sub/b.ts"), "update", true, true],
      ],
    );
    const changed = await work.snapshot();
    const undone = await work.undo(null);
    assert.deepEqual([undone.outcome, undone.message], ["done", null]);
    assert.deepEqual(await work.snapshot(), before);
    assert.deepEqual(await work.pending(), {});
    const again = await work.restore("redo", ["t1"]);
    assert.deepEqual([again.outcome, again.message], ["done", null]);
    assert.deepEqual(await work.snapshot(), changed);
    assert.equal((await work.review.list(null)).length, 6);
  });

  test("forgets a file that the person deletes, and one that is again as it was", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.ts": "b\n" });
    await work.turn("t1", { "a.ts": "A\n", "b.ts": "B\n", "c.ts": "c\n" });
    await work.person("a.ts", "a\n");
    await work.person("b.ts", null);
    await work.person("c.ts", null);
    assert.deepEqual(await work.pending(), {});
  });

  test("takes a file that is deleted for gone though its tab is open, and what is typed in there for the person's", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.ts": "b\n", "c.ts": "c\n" });
    const open = (name: string, text: string) =>
      work.documents.open({ uri: pathToFileURL(work.path(name)).href, version: 1, text });
    await work.turn("t1", { "a.ts": "A\n", "c.ts": "C\n" });
    open("a.ts", "A\n");
    open("b.ts", "b\n");
    open("c.ts", "typed\nC\n");
    await work.person("a.ts", null);
    await work.person("c.ts", null);
    await work.command("t2", "b.ts", (path) => fs.rm(path));
    const rows = await work.review.list(null);
    assert.deepEqual(
      rows.map(({ path, kind }) => [path, kind]),
      [
        [work.path("b.ts"), "delete"],
        [work.path("c.ts"), "update"],
      ],
    );
    assert.equal((await work.undo("b.ts")).outcome, "done");
    assert.equal(await work.text("b.ts"), "b\n");
  });

  test("shows what is proposed without writing it; keep writes, undo drops, hunk by hunk", async () => {
    await using work = await workspaceWith({ "a.ts": lines(20) });
    const proposal = lines(20, { 2: "TWO", 10: "TEN", 18: "LAST" });
    const before = await work.journal.keep(Buffer.from(lines(20)), { mode: 0o644, encoding: "utf8" });
    const after = await work.journal.keep(Buffer.from(proposal), { mode: 0o644, encoding: "utf8" });
    await work.journal.append({
      ...{ type: "proposed", id: "p", atMs: 0 },
      source: { kind: "patch", threadId, turnId: "t1", itemId: null, of: [] },
      files: [{ path: work.path("a.ts"), before, after, movedFrom: null }],
    });
    const [row] = await work.review.list(null);
    assert.deepEqual([row?.state, row?.hunks.length], ["proposed", 3]);
    assert.equal(await work.review.text(work.path("a.ts"), "proposed"), proposal);
    assert.equal((await work.undo("a.ts", row?.hunks[0]?.id)).outcome, "done");
    assert.deepEqual(await work.pending(), { "a.ts": ["9,1 9,1 t1", "17,1 17,1 t1"] });
    assert.equal(await work.text("a.ts"), lines(20));
    assert.equal((await work.keep("a.ts", (await work.row("a.ts"))?.hunks[0]?.id)).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 10: "TEN" }));
    assert.deepEqual(await work.pending(), { "a.ts": ["17,1 17,1 t1"] });
    await work.person("a.ts", lines(20, { 1: "mine", 10: "TEN" }));
    const asked = await work.keep("a.ts");
    assert.equal(asked.outcome, "needsMerge");
    assert.equal((await work.review.keep({ path: null, hunkId: null, acceptMerges: true })).outcome, "done");
    assert.equal(await work.text("a.ts"), lines(20, { 1: "mine", 10: "TEN", 18: "LAST" }));
    assert.deepEqual(await work.pending(), {});
    assert.deepEqual(
      (await work.turnFiles.turns(threadId)).map(({ turnId, state }) => [turnId, state]),
      [["t1", "applied"]],
    );
  });

  test("keeps what several turns proposed in one edit or not at all, and each turn can be undone", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n", "b.ts": "b\n" });
    await propose(work, "t1", "a.ts", "A\n");
    await propose(work, "t2", "b.ts", "B\n");
    const before = await work.snapshot();
    const edits: string[][] = [];
    const uri = (name: string) => pathToFileURL(work.path(name)).href;
    const editor = (applyEdit: EditPort["applyEdit"]) => work.connectEditor({ applyEdit });
    editor(async () => ({ applied: false, failureReason: "the editor is shut" }));
    assert.equal((await work.keep(null)).outcome, "failed");
    assert.deepEqual([await work.snapshot(), Object.keys(await work.pending())], [before, ["a.ts", "b.ts"]]);
    editor(async ({ edit }) => {
      edits.push(edit.documentChanges.flatMap((change) => ("textDocument" in change ? change.textDocument.uri : [])));
      for (const [name, text] of [
        ["a.ts", "A\n"],
        ["b.ts", "B\n"],
      ] as const)
        await work.person(name, text);
      return { applied: true, files: edits.flat().map((each) => ({ uri: each, isSaved: true })) };
    });
    assert.equal((await work.keep(null)).outcome, "done");
    assert.deepEqual([edits, await work.pending()], [[[uri("a.ts"), uri("b.ts")]], {}]);
    work.connectEditor(null);
    assert.equal((await work.restore("undo", ["t2"])).outcome, "done");
    assert.deepEqual([await work.text("a.ts"), await work.text("b.ts")], ["A\n", "b\n"]);
  });

  test("tells clients when it changes, and of the turns whose files did", async () => {
    await using work = await workspaceWith({ "a.ts": "a\n" });
    await work.turn("t1", { "a.ts": "A\n" });
    await work.hears("files t1 applied");
    await work.undo("a.ts");
    await work.hears("files t1 undone");
    assert.ok(work.heard.includes("review"));
  });

  test("of a thousand files is one list, and one undo for all of them", async () => {
    const names = Array.from({ length: 1000 }, (_, at) => `f${at}.ts`);
    await using work = await workspaceWith(Object.fromEntries(names.map((name) => [name, lines(30)])));
    await work.turn("t1", Object.fromEntries(names.map((name) => [name, lines(30, { 7: "seven" })])));
    assert.equal((await work.review.list(null)).length, 1000);
    assert.equal((await work.undo(null)).outcome, "done");
    assert.deepEqual(await work.review.list(null), []);
  });
});

/** A turn proposes this text for a file that is there. */
async function propose(work: TestWorkspace, turnId: string, name: string, text: string): Promise<void> {
  const keep = (content: string) => work.journal.keep(Buffer.from(content), { mode: 0o644, encoding: "utf8" });
  const [before, after] = [await keep((await work.text(name)) ?? ""), await keep(text)];
  const files = [{ path: work.path(name), before, after, movedFrom: null }];
  await work.journal.append({ type: "proposed", id: `p-${turnId}`, atMs: 0, source: sourceOf(turnId), files });
}
