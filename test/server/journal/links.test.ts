// Undo where links have come into the place of folders and files, on a real disk with a real journal.
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { sourceOf, type TestWorkspace, workspaceWith } from "./workspace.ts";

const noLinks = process.platform === "win32" && "links need rights there";

/** A command of turn `t1` that puts a link in the place of the folder `sub`, whose files go to `other` first. */
async function linkedAway(work: TestWorkspace, how: "copied" | "moved"): Promise<void> {
  const names = ["a.txt", "deep/b.bin"];
  const images = new Map<string, Awaited<ReturnType<TestWorkspace["captured"]>>>();
  for (const name of names) images.set(name, await work.captured(work.path(`sub/${name}`)));
  await fs.cp(work.path("sub"), work.path("other"), { recursive: true });
  await fs.rm(work.path("sub"), { recursive: true });
  await fs.symlink("other", work.path("sub"));
  const missing = { kind: "missing" } as const;
  const link = { kind: "link", target: "other" } as const;
  const files = names.map((name) => {
    const image = images.get(name) ?? missing;
    const movedFrom = how === "moved" ? work.path(`sub/${name}`) : null;
    return [
      { path: work.path(`other/${name}`), before: missing, after: image, movedFrom },
      { path: work.path(`sub/${name}`), before: image, after: missing, movedFrom: null },
    ] as const;
  });
  await work.journal.append({
    ...{ type: "captured", id: "linked", atMs: 0, source: { ...sourceOf("t1"), kind: "command" } },
    files: [
      ...files.map(([made]) => made),
      { path: work.path("sub"), before: missing, after: link, movedFrom: null },
      ...files.map(([, gone]) => gone),
    ],
  });
}

describe("undo where a link is in the place of a folder", { skip: noLinks }, () => {
  const files = { "sub/a.txt": "a\n", "sub/deep/b.bin": new Uint8Array([0, 1]), "z.txt": "z\n" };

  for (const how of ["copied", "moved"] as const) {
    test(`puts the folder back where the link came with the turn, whose files were ${how}, and makes it again`, async () => {
      await using work = await workspaceWith(files);
      const old = await work.snapshot();
      await linkedAway(work, how);
      const changed = await work.snapshot();
      const undone = await work.restore("undo", ["t1"]);
      assert.deepEqual([undone.message, undone.outcome, await work.snapshot()], [null, "done", old]);
      const redone = await work.restore("redo", ["t1"]);
      assert.deepEqual([redone.message, redone.outcome, await work.snapshot()], [null, "done", changed]);
      await work.open();
      const all = await work.undo(null);
      assert.deepEqual([all.message, all.outcome, await work.snapshot()], [null, "done", old]);
    });
  }

  test("leaves all as it is where the person has put the link there, and says what to do, which then works", async () => {
    await using work = await workspaceWith(files);
    await work.turn("t1", { "sub/a.txt": "A\n", "sub/new.txt": "n\n", "z.txt": "Z\n" });
    const changed = await work.snapshot();
    await fs.rename(work.path("sub"), work.path("other"));
    await fs.symlink("other", work.path("sub"));
    const linked = await work.snapshot();
    const reason = "the folder sub is a link to other now; put the folder back in its place, or undo the link as well";
    const result = await work.restore("undo", ["t1"], { acceptMerges: true });
    const reasons = result.files.map((file) => [file.path.slice(work.cwd.length + 1), file.reason]);
    const expected = [
      ["sub/a.txt", reason],
      ["sub/new.txt", reason],
      ["z.txt", null],
    ];
    assert.deepEqual([result.outcome, reasons], ["conflict", expected]);
    assert.match(result.message ?? "", /^Nothing was changed\. sub\/a\.txt is in the way: the folder sub is a link/);
    assert.deepEqual(await work.snapshot(), linked);
    await fs.rm(work.path("sub"));
    await fs.rename(work.path("other"), work.path("sub"));
    assert.deepEqual(await work.snapshot(), changed);
    assert.equal((await work.restore("undo", ["t1"])).outcome, "done");
    assert.deepEqual([await work.text("sub/a.txt"), await work.text("sub/new.txt")], ["a\n", null]);
  });

  test("puts a file back in the place of a folder in which nothing was but a link, and takes that back", async () => {
    await using work = await workspaceWith({ sub: "x\n" });
    const old = await work.snapshot();
    await work.command("t1", "sub", (path) => fs.rm(path));
    await fs.mkdir(work.path("sub/deep"), { recursive: true });
    await work.command("t1", "sub/deep/link", (path) => fs.symlink("../out", path));
    const changed = await work.snapshot();
    const undone = await work.restore("undo", ["t1"]);
    assert.deepEqual([undone.message, await work.snapshot()], [null, old]);
    const redone = await work.restore("redo", ["t1"]);
    assert.deepEqual([redone.message, await work.snapshot()], [null, changed]);
  });

  test("leaves a link alone that leads elsewhere by now", async () => {
    await using work = await workspaceWith({ ...files, "third/a.txt": "mine\n" });
    await linkedAway(work, "copied");
    await fs.rm(work.path("sub"));
    await fs.symlink("third", work.path("sub"));
    const now = await work.snapshot();
    const result = await work.restore("undo", ["t1"], { acceptMerges: true });
    const reasons = Object.fromEntries(result.files.map((file) => [file.path, file.reason]));
    assert.equal(result.outcome, "conflict");
    assert.match(reasons[work.path("sub")] ?? "", /^sub is a link to third now; /);
    assert.deepEqual(await work.snapshot(), now);
  });

  test("does not take one file of the folder out of its link", async () => {
    await using work = await workspaceWith(files);
    await linkedAway(work, "copied");
    const now = await work.snapshot();
    const results = [await work.restore("undo", ["t1"], { paths: ["sub/a.txt"] }), await work.undo("sub/a.txt")];
    for (const { outcome, files } of results) {
      assert.deepEqual([outcome, files.length], ["conflict", 1]);
      assert.match(files[0]?.reason ?? "", /^the folder sub is a link to other now; .* undo the link as well$/);
    }
    assert.deepEqual(await work.snapshot(), now);
  });

  test("puts back nothing while what is open there is unsaved", async () => {
    await using work = await workspaceWith(files);
    await linkedAway(work, "copied");
    const now = await work.snapshot();
    work.connectEditor({ applyEdit: () => assert.fail("nothing is to be edited") });
    const { href: uri } = pathToFileURL(work.path("sub/a.txt"));
    work.documents.open({ uri, version: 1, text: "a\n" });
    work.documents.change({ textDocument: { uri, version: 2 }, contentChanges: [{ text: "mine\n" }] });
    const result = await work.restore("undo", ["t1"], { paths: ["sub", "sub/a.txt"] });
    assert.deepEqual([result.outcome, await work.snapshot()], ["failed", now]);
    assert.match(result.message ?? "", /a\.txt has unsaved changes in the editor\. Save it or close it first/);
  });
});

test("a file that the person made a link is left alone by undo, and named with what to do", {
  skip: noLinks,
}, async () => {
  await using work = await workspaceWith({ "a.txt": "a\n", "out.txt": "out\n" });
  await work.turn("t1", { "a.txt": "A\n" });
  await work.turn("t2", { "new.txt": "n\n" });
  for (const name of ["a.txt", "new.txt"]) {
    await fs.rm(work.path(name));
    await fs.symlink("out.txt", work.path(name));
  }
  const now = await work.snapshot();
  const cure = "put the file back in its place, or keep it as it is";
  for (const [turn, name] of [
    ["t1", "a.txt"],
    ["t2", "new.txt"],
  ] as const) {
    const result = await work.restore("undo", [turn], { acceptMerges: true });
    const one = await work.undo(name, null, true);
    for (const { outcome, files } of [result, one])
      assert.deepEqual([outcome, files[0]?.reason], ["conflict", `${name} is a link to out.txt now; ${cure}`]);
  }
  assert.deepEqual([await work.snapshot(), await work.text("out.txt")], [now, "out\n"]);
  assert.equal((await work.keep(null)).outcome, "done");
});
