// Files of Belay's own are changed by one process at a time, also when two of them cannot see each other.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lives, ownIdentity, ownName } from "../../../server/exec/process-identity.ts";
import { lockOwnFile } from "../../../server/files/own-file.ts";
import { Silence } from "../../../server/util/silence.ts";

class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "belay-own-"));
  readonly file = join(this.path, "kept.json");
  readonly lock = join(this.path, "locks", "kept.json");

  /** As a process has left it that is not there any more, or not to be seen. */
  leave(owner: string): void {
    mkdirSync(join(this.path, "locks"));
    writeFileSync(this.lock, owner);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

const elsewhere = "0123456789abcdef01234567";
const noNamespaces =
  spawnSync("unshare", ["--pid", "--fork", "true"]).status === 0 ? false : "no namespace of processes can be made here";
const noStarts = existsSync("/proc/self/stat") ? false : "the system does not say when a process began";
const module = (path: string) => new URL(`../../../server/${path}`, import.meta.url).href;

test("a file that a process in another container is changing is not changed meanwhile", {
  skip: noNamespaces,
}, async () => {
  using folder = new Folder();
  const holder = `
    const { lockOwnFile } = await import(${JSON.stringify(module("files/own-file.ts"))});
    const lock = await lockOwnFile(${JSON.stringify(folder.file)});
    process.stdin.once("data", () => { lock.release(); process.stdout.write("free"); process.stdin.destroy(); });
    process.stdout.write("held");`;
  const argv = ["--pid", "--fork", process.execPath, "--input-type=module", "-e", holder];
  const other = spawn("unshare", argv, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(other.stdout, "data");
    const owner = readFileSync(folder.lock, "utf8");
    assert.equal(lives(owner), null);
    // However long a busy machine takes to find that out: nobody is silent for too long here.
    const noTime = new Silence(20_000, () => 0);
    await assert.rejects(lockOwnFile(folder.file, noTime), /is being changed by another process/);
    assert.equal(readFileSync(folder.lock, "utf8"), owner);
    other.stdin.write("go\n");
    await once(other.stdout, "data");
    (await lockOwnFile(folder.file)).release();
  } finally {
    other.stdin.end();
    if (other.exitCode === null) await once(other, "exit");
  }
});

test("what a process has left whose number is another's by now is nobody's", { skip: noStarts }, async () => {
  using folder = new Folder();
  const [pid, , mark] = ownName().split(" ");
  folder.leave(`${pid} 1 ${mark}`);
  (await lockOwnFile(folder.file)).release();
  assert.equal(existsSync(folder.lock), false);
});

test("what was left elsewhere is free when nobody has touched it for long, and not before", async () => {
  using folder = new Folder();
  folder.leave(`1 1 ${elsewhere}`);
  const now = { ms: 0 };
  const silence = new Silence(20_000, () => now.ms);
  await assert.rejects(lockOwnFile(folder.file, silence), /is being changed by another process/);
  now.ms = 20_001;
  const lock = await lockOwnFile(folder.file, silence);
  assert.equal(readFileSync(folder.lock, "utf8"), ownName());
  lock.release();
});

test("who was given up does not free what is somebody else's by now", async () => {
  using folder = new Folder();
  const lock = await lockOwnFile(folder.file);
  writeFileSync(folder.lock, `1 1 ${elsewhere}`);
  lock.release();
  assert.equal(existsSync(folder.lock), true);
});

test("a process is told by its number, its start and its place, as far as they can be known", {
  skip: noStarts,
}, () => {
  const [pid, start, mark = ""] = ownName().split(" ");
  const [machine, run, namespace] = [mark.slice(0, 8), mark.slice(8, 16), mark.slice(16)];
  const table: [string, boolean | null][] = [
    [ownName(), true],
    [ownIdentity(), true],
    [`${ownName()} 3`, true],
    [`${pid} 1 ${mark}`, false],
    [`${pid}`, null],
    [`${pid} ${start} ${machine}${run}00000000`, null],
    [`${pid} ${start} 00000000${run}${namespace}`, null],
    [`${pid} ${start} ${machine}00000000${namespace}`, false],
    ["", false],
  ];
  for (const [name, expected] of table) assert.equal(lives(name), expected, name);
});

test("who wants a file that this process is at gets it in the order of asking", async () => {
  using folder = new Folder();
  const order: string[] = [];
  const use = async (name: string) => {
    const lock = await lockOwnFile(folder.file);
    order.push(name);
    lock.release();
  };
  const held = await lockOwnFile(folder.file);
  const waiting = ["first", "second"].map(use);
  held.release();
  await Promise.all([...waiting, use("third")]);
  assert.deepEqual(order, ["first", "second", "third"]);
});
