// Deleting threads that others begin in: whatever the index says, and whoever deletes meanwhile, no fork loses a byte.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { readChain } from "../../../server/rollout/chain.ts";
import { archivedPath, sharedFolder, sharedPath } from "../../../server/rollout/files.ts";
import type { ThreadBase } from "../../../server/rollout/line.ts";
import { removeRollout } from "../../../server/rollout/shared.ts";
import { rolloutHome, type RolloutHome } from "../../support/rollouts.ts";

const nobody = () => Promise.resolve(new Set<string>());

test("a fork keeps what it begins in when nothing but its own first line says so, in the archive too", async () => {
  using home = rolloutHome();
  const { base, second, fork } = forks(home);
  const archived = archivedPath(home.path, fork.path);
  mkdirSync(dirname(archived));
  renameSync(fork.path, archived);
  await remove(home, base);
  await remove(home, second);
  assert.deepEqual((await readChain(home.path, archived)).missing, []);
  assert.deepEqual(left(home), [`${base.id}.jsonl`, `${second.id}.jsonl`].toSorted());
  await remove(home, { ...fork, path: archived });
  assert.deepEqual(left(home), []);
});

test("a fork whose first line is damaged keeps the threads that it names", async () => {
  using home = rolloutHome();
  const { base, second } = forks(home);
  const torn = home.write(3_000);
  writeFileSync(torn.path, `{"type":"threadMeta","payload":{"base":{"threadId":"${second.id}","endOrd\n`);
  await remove(home, base);
  await remove(home, second);
  assert.equal(left(home).length, 2);
});

test("where threads cannot be looked for nothing is removed for good, and the next deletion does what was left", async () => {
  using home = rolloutHome();
  const [one, other] = [home.write(1_000), home.write(2_000)];
  const archive = join(home.path, "archived");
  writeFileSync(archive, "in the way of the folder");
  await remove(home, one);
  assert.deepEqual(left(home), [`${one.id}.jsonl`]);
  rmSync(archive);
  await remove(home, other);
  assert.deepEqual(left(home), []);
});

test("what a process left behind that ended while it deleted is put back while it is needed", async () => {
  using home = rolloutHome();
  const { base, second, fork } = forks(home);
  await remove(home, base);
  const kept = sharedPath(home.path, base.id);
  renameSync(kept, kept.replace(/\.jsonl$/, ".unneeded"));
  await remove(home, home.write(4_000));
  assert.deepEqual(left(home), [`${base.id}.jsonl`]);
  await Promise.all([remove(home, second), remove(home, fork)]);
  await remove(home, home.write(5_000));
  assert.deepEqual(left(home), []);
});

test("a fork that another process begins while its base is deleted has it, or knows that it has not", async () => {
  using home = rolloutHome();
  const base = home.write(1_000);
  const end = endOf(base);
  let hasBase: boolean | null = null;
  await removeRollout(home.path, { threadId: base.id, path: base.path }, async () => {
    // The index was read; now the fork is written, and looks whether its base is there.
    home.write(3_000, { base: end });
    hasBase = existsSync(sharedPath(home.path, base.id));
    return new Set();
  });
  assert.deepEqual([hasBase, left(home)], [true, [`${base.id}.jsonl`]]);
});

function forks(home: RolloutHome) {
  const base = home.write(1_000);
  const second = home.write(2_000, { base: endOf(base) });
  const fork = home.write(3_000, { base: endOf(second) });
  return { base, second, fork };
}

function endOf({ id, path }: { id: string; path: string }): ThreadBase {
  return { threadId: id, endOrdinal: 1, endByteOffset: readFileSync(path).length };
}

/** As a process does whose index knows nothing of forks. */
function remove(home: RolloutHome, { id, path }: { id: string; path: string }): Promise<void> {
  return removeRollout(home.path, { threadId: id, path }, nobody);
}

function left(home: RolloutHome): string[] {
  return readdirSync(sharedFolder(home.path)).toSorted();
}
