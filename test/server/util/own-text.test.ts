// Files of Belay's own, and what others may put in their place: nothing of it is waited for, or fills the memory.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileLock } from "../../../server/util/file-lock.ts";
import { ownText, ownTextSync } from "../../../server/util/own-text.ts";
import { temporary } from "../../support/temporary.ts";

test("a text is read, and one that is not there is none", async () => {
  using folder = temporary();
  const path = join(folder.path, "text");
  assert.deepEqual([await ownText(path, 10), ownTextSync(path, 10)], [null, null]);
  writeFileSync(path, "ä");
  assert.deepEqual([await ownText(path, 10), ownTextSync(path, 10)], ["ä", "ä"]);
});

const pipes = process.platform === "win32" ? "Windows has no pipes among its files" : false;

test("a pipe, a folder and what is too large are refused at once", { skip: pipes, timeout: 120_000 }, async () => {
  using folder = temporary();
  const places = ["pipe", "folder", "large"].map((name) => join(folder.path, name));
  const [pipe = "", inner = "", large = ""] = places;
  spawnSync("mkfifo", [pipe]);
  mkdirSync(inner);
  writeFileSync(large, "");
  truncateSync(large, 2 ** 40);
  for (const path of places) {
    await assert.rejects(ownText(path, 1024), /is not a file|is larger than 1 KB|EISDIR/);
    assert.throws(() => ownTextSync(path, 1024), /is not a file|is larger than 1 KB|EISDIR/);
  }
});

test("a pipe or something large in the place of a lock is nobody's", { skip: pipes, timeout: 120_000 }, () => {
  using folder = temporary();
  const path = join(folder.path, "lock");
  spawnSync("mkfifo", [path]);
  const lock = fileLock(path, { owner: "1", isAlive: () => true });
  assert.equal(lock.take(), true);
  lock.release();
});
