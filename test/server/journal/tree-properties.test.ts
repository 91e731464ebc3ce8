// Whatever commands make of files, folders and links, undo and redo put each back: random trees on a real disk.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { FileChange, Image } from "../../../server/journal/change.ts";
import { keyOf } from "../../../server/journal/content.ts";
import fc, { propertyRuns } from "../../support/properties.ts";
import { sourceOf, type TestWorkspace, workspaceWith } from "./workspace.ts";

const missing: Image = { kind: "missing" };
// Names that some systems take for one another, and one with a line break.
const odd = fc.constantFrom("\u00e9", "e\u0301", "B", "two\nlines", "x y ");
const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom("a", "b") }, { weight: 1, arbitrary: odd });
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const bytes = fc
  .constantFrom("", "one\n", "two", "one\ntwo\r\n", "\uFEFFone\n", "\0", "l".repeat(50_000))
  .chain((text) => fc.constantFrom<BufferEncoding>("utf8", "utf16le", "latin1").map((as) => Buffer.from(text, as)));
const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("write" as const), path, bytes }) },
  fc.record({ kind: fc.constant("remove" as const), path }),
  fc.record({ kind: fc.constant("rename" as const), path, to: path }),
  fc.record({ kind: fc.constant("swap for a link" as const), path, to: path }),
  fc.record({ kind: fc.constant("chmod" as const), path, mode: fc.constantFrom(0o600, 0o644, 0o755) }),
  fc.record({ kind: fc.constant("link" as const), path, to: path }),
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;
const actions = fc.array(action, { minLength: 1, maxLength: 8 });

test("what commands did to files, folders and links is undone to the last byte, and done again", {
  skip: process.platform === "win32" && "modes and links are not those of Windows",
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      actions,
      fc.array(actions, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (setUp, turns, restarts) => {
        await using work = await workspaceWith();
        for (const each of setUp) act(work.cwd, each);
        prune(work.cwd);
        const old = await work.snapshot();
        for (const [at, all] of turns.entries()) await command(work, `t${at}`, all);
        const now = await work.snapshot();
        const ids = turns.map((_, at) => `t${at}`);
        if (restarts) await work.open();
        const undone = await work.restore("undo", ids);
        assert.deepEqual([undone.message, await work.snapshot()], [null, old]);
        assert.deepEqual(await work.pending(), {});
        const redone = await work.restore("redo", ids);
        assert.deepEqual([redone.message, await work.snapshot()], [null, now]);
        const all = await work.undo(null);
        assert.deepEqual([all.message, await work.snapshot()], [null, old]);
      },
    ),
    propertyRuns(15),
  );
});

/** What the system refuses is not done. */
function act(root: string, action: Action): void {
  const at = join(root, action.path);
  try {
    if (action.kind !== "remove" && action.kind !== "chmod") fs.mkdirSync(dirname(at), { recursive: true });
    if (action.kind === "write") fs.writeFileSync(at, action.bytes);
    if (action.kind === "remove") fs.rmSync(at, { recursive: true });
    if (action.kind === "rename") fs.renameSync(at, join(root, action.to));
    if (action.kind === "chmod" && fs.lstatSync(at).isFile()) fs.chmodSync(at, action.mode);
    if (action.kind === "link") fs.symlinkSync(action.to, at);
    if (action.kind === "swap for a link") {
      fs.renameSync(at, join(root, action.to));
      fs.symlinkSync(join(root, action.to), at);
    }
  } catch {
    // Something is in the way, or nothing is there.
  }
}

/** Folders with nothing in them are in no journal. */
function prune(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const at = join(folder, entry.name);
    if (!entry.isDirectory()) continue;
    prune(at);
    if (fs.readdirSync(at).length === 0) fs.rmdirSync(at);
  }
}

/** As it would be captured: what differs, and files told to be moved where just one went and came. */
async function command(work: TestWorkspace, turnId: string, all: readonly Action[]): Promise<void> {
  const before = await images(work);
  for (const each of all) act(work.cwd, each);
  prune(work.cwd);
  const after = await images(work);
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const changed = paths.flatMap((at): FileChange[] => {
    const [old, now] = [before.get(at) ?? missing, after.get(at) ?? missing];
    return JSON.stringify(old) === JSON.stringify(now) ? [] : [{ path: at, before: old, after: now, movedFrom: null }];
  });
  const went = changed.filter((file) => file.before.kind === "file" && file.after.kind === "missing");
  const files = changed.map((file): FileChange => {
    if (file.before.kind !== "missing" || file.after.kind !== "file") return file;
    const from = went.filter((other) => keyOf(other.before) === keyOf(file.after));
    const here = changed.filter((other) => other.before.kind === "missing" && keyOf(other.after) === keyOf(file.after));
    return { ...file, movedFrom: from.length === 1 && here.length === 1 ? (from[0]?.path ?? null) : null };
  });
  if (files.length === 0) return;
  const source = { ...sourceOf(turnId), kind: "command" as const };
  await work.journal.append({ ...{ type: "captured", id: `by ${turnId}`, atMs: 0, source }, files });
}

async function images(work: TestWorkspace): Promise<Map<string, Image>> {
  const found = new Map<string, Image>();
  for (const entry of fs.readdirSync(work.cwd, { recursive: true, withFileTypes: true })) {
    const at = join(entry.parentPath, entry.name);
    if (!entry.isDirectory()) found.set(at, await work.captured(at));
  }
  return found;
}

type Patched = { from: string; to: string | null; text: string | null };
const patched: fc.Arbitrary<Patched> = fc.record({
  from: path,
  to: fc.option(path),
  text: fc.option(fc.constantFrom("", "new\n", "one\nmore\n")),
});
const mixed = fc.array(
  fc.oneof(
    fc.record({ by: fc.constant("command" as const), all: actions }),
    fc.record({ by: fc.constant("patch" as const), all: fc.array(patched, { minLength: 1, maxLength: 3 }) }),
    fc.record({ by: fc.constant("person" as const), all: actions }),
  ),
  { minLength: 1, maxLength: 5 },
);

test("where others change files and links too, an undo changes what it says or nothing, and can be taken back", {
  skip: process.platform === "win32" && "modes and links are not those of Windows",
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      actions,
      mixed,
      fc.nat(4),
      fc.constantFrom("turn", "turn", "review"),
      async (setUp, steps, which, what) => {
        await using work = await workspaceWith();
        for (const each of setUp) act(work.cwd, each);
        prune(work.cwd);
        for (const [at, { by, all }] of steps.entries()) {
          if (by === "command") await command(work, `t${at}`, all);
          else if (by === "patch") await patch(work, `t${at}`, all);
          else for (const each of all) act(work.cwd, each);
        }
        prune(work.cwd);
        const now = await work.snapshot();
        const turn = `t${which % steps.length}`;
        const result =
          what === "review"
            ? await work.undo(null, null, true)
            : await work.restore("undo", [turn], { acceptMerges: true });
        const behind = await work.snapshot();
        assert.notEqual(result.outcome, "failed", result.message ?? "");
        if (result.outcome !== "done") {
          assert.deepEqual(behind, now);
          return;
        }
        const told = new Set(result.files.flatMap(({ path, movedTo }) => [path, movedTo ?? path]));
        for (const each of new Set([...Object.keys(now), ...Object.keys(behind)]))
          if (!told.has(work.path(each))) assert.equal(behind[each], now[each], each);
        if (what === "review") return;
        const redone = await work.restore("redo", [turn], { acceptMerges: true });
        assert.deepEqual([redone.message, await work.snapshot()], [null, now]);
      },
    ),
    propertyRuns(15),
  );
});

/** In one plan; what cannot be planned or written is not done. */
async function patch(work: TestWorkspace, turnId: string, all: readonly Patched[]): Promise<void> {
  const texts: Record<string, string | null | readonly [string, string]> = {};
  for (const { from, to, text } of all) {
    const view = await work.documents.read(work.path(from));
    if (view.kind === "refused" || !(await isReal(work, from))) continue;
    if (to === null || view.kind === "missing") texts[from] = text;
    else if (await isReal(work, to)) texts[from] = [to, text ?? view.text];
  }
  await work.turn(turnId, texts).catch(() => undefined);
}

/** Patches name the places that links lead to. */
async function isReal(work: TestWorkspace, name: string): Promise<boolean> {
  return (await work.documents.realTarget(work.path(name)).catch(() => null)) === work.path(name);
}
