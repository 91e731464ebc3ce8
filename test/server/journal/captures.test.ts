// Where commands are watched, and where they are not.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Captures } from "../../../server/journal/capture/captures.ts";
import type { ChangeSource } from "../../../server/journal/change.ts";
import { memoryJournal } from "./memory-journal.ts";

const source: ChangeSource = { kind: "command", threadId: "t", turnId: "u", itemId: "i", of: [] };
const { signal } = new AbortController();

function machine() {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "belay-captures-")));
  const userHome = join(base, "home");
  const belayHome = join(userHome, "project/.belay-home");
  mkdirSync(belayHome, { recursive: true });
  const journals = new Map<string, ReturnType<typeof memoryJournal>>();
  let ids = 0;
  const captures = new Captures({
    ...{ userHome, belayHome, now: () => 1, newId: () => String(ids++), failed: (message) => assert.fail(message) },
    saves: { mark: () => 0, since: async () => [] },
    // What a busy machine takes is no part of these tests.
    limits: { beforeMs: 60_000, behindMs: 60_000 },
    async journalOf(root) {
      const journal = journals.get(root) ?? memoryJournal(root);
      journals.set(root, journal);
      return journal;
    },
  });
  return { userHome, belayHome, captures, journals, [Symbol.dispose]: () => rmSync(base, { recursive: true }) };
}

test("a home, what it lies in, and Belay's own folder are no workspaces that are watched", async () => {
  using at = machine();
  for (const cwd of [at.userHome, dirname(at.userHome), "/", "/proc", at.belayHome, join(at.userHome, "missing")]) {
    assert.equal(await at.captures.begin([cwd], source, signal), null, cwd);
  }
});

test("a workspace is one whatever links lead to it, and Belay's own folder in it is not looked at", async () => {
  using at = machine();
  const project = join(at.userHome, "project");
  symlinkSync(project, join(at.userHome, "link"));
  const command = await at.captures.begin([join(at.userHome, "link")], source, signal);
  writeFileSync(join(project, "made.txt"), "made");
  writeFileSync(join(at.belayHome, "own.txt"), "own");
  await at.captures.settle(project, signal);
  assert.equal(await command?.end(), true);
  assert.deepEqual([...at.journals.keys()], [project]);
  const paths = (await at.journals.get(project)?.changes())?.flatMap(({ files }) => files.map(({ path }) => path));
  assert.deepEqual(paths, [join(project, "made.txt")]);
});

test("of many workspaces each is captured, also one that was forgotten meanwhile", async () => {
  using at = machine();
  const projects = Array.from({ length: 7 }, (_, index) => join(at.userHome, `project-${index}`));
  for (const project of [...projects, ...projects]) {
    mkdirSync(project, { recursive: true });
    const command = await at.captures.begin([project], source, signal);
    writeFileSync(join(project, `file-${at.journals.get(project)?.lines.length}`), "x");
    assert.equal(await command?.end(), true);
  }
});
