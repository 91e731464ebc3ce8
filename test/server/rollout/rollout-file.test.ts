// The open file of a rollout, and what others do to it meanwhile.
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RolloutFile } from "../../../server/rollout/rollout-file.ts";
import { noSmallDisks, smallDisk } from "../../support/small-disk.ts";
import { temporary } from "../../support/temporary.ts";

/** A file of this size has no room for one more byte on a disk that is full. */
const BLOCK_BYTES = 4096;

test("half a line of another process is sealed once the disk has room again", { skip: noSmallDisks }, () => {
  using folder = temporary();
  using disk = smallDisk(folder.path);
  const path = join(folder.path, "r.jsonl");
  const file = new RolloutFile(path);
  file.write(Buffer.from('{"ours":1}\n'));
  const half = '{"theirs":"'.padEnd(BLOCK_BYTES - file.size, "x");
  appendFileSync(path, half);
  disk.fill();
  assert.throws(() => file.look(), { code: "ENOSPC" });
  disk.free();
  assert.equal(file.look(), "changed");
  file.write(Buffer.from('{"ours":2}\n'));
  file.close();
  assert.deepEqual(readFileSync(path, "utf8").split("\n"), ['{"ours":1}', half, '{"ours":2}', ""]);
});
