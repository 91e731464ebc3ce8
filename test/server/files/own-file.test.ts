// The lock on a file of Belay's own, within one process.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lockOwnFile } from "../../../server/files/own-file.ts";

test("who wants a file that this process is at gets it in the order of asking", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "belay-own-file-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "queue.json");
  const order: string[] = [];
  const use = async (name: string) => {
    const lock = await lockOwnFile(path);
    order.push(name);
    lock.release();
  };
  const held = await lockOwnFile(path);
  const waiting = ["first", "second"].map(use);
  held.release();
  await Promise.all([...waiting, use("third")]);
  assert.deepEqual(order, ["first", "second", "third"]);
});
