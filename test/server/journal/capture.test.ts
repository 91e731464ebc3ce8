// What commands change in a workspace, and whose changes are not theirs. The commands are played by the tests.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { type Capture, type CaptureDeps, WorkspaceCapture } from "../../../server/journal/capture/capture.ts";
import type { ChangeSource, FileChange, Image } from "../../../server/journal/change.ts";
import { type MemoryJournal, memoryJournal } from "./memory-journal.ts";
import fc from "../../support/properties.ts";

interface Workspace extends Disposable {
  readonly root: string;
  readonly journal: MemoryJournal;
  readonly saved: Set<string>;
  /** A command with this name begins. */
  begin(itemId?: string, signal?: AbortSignal): Promise<Capture>;
  /** A command may come. */
  warm(): void;
  settle(): Promise<void>;
  /** All that was captured. */
  captured(): { itemId: string | null; files: FileChange[] }[];
  write(name: string, text: string | Buffer): void;
  read(name: string): string;
}

/** What a busy machine takes is no part of these tests. */
const unhurried = { beforeMs: 60_000, behindMs: 60_000 };

function workspace(files: Record<string, string | Buffer>, options: Partial<CaptureDeps> = {}): Workspace {
  const base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "belay-capture-")));
  const root = join(base, "workspace");
  const journal = memoryJournal(root);
  const saved = new Set<string>();
  let ids = 0;
  const capture = new WorkspaceCapture(root, {
    journal: async () => journal,
    saves: { mark: () => 0, since: async () => [...saved] },
    home: join(base, "home"),
    now: () => 1,
    newId: () => `change-${ids++}`,
    failed: (message) => assert.fail(message),
    ...options,
    limits: { ...unhurried, ...options.limits },
  });
  const made: Workspace = {
    ...{ root, journal, saved },
    begin: (itemId = "command", signal = new AbortController().signal) => capture.begin(source(itemId), signal),
    warm: () => capture.warm(),
    settle: () => capture.settle(new AbortController().signal),
    captured: () =>
      journal.lines.flatMap((line) =>
        line.type === "captured" ? [{ itemId: line.source.itemId, files: line.files }] : [],
      ),
    write(name, text) {
      fs.mkdirSync(dirname(join(root, name)), { recursive: true });
      fs.writeFileSync(join(root, name), text);
    },
    read: (name) => fs.readFileSync(join(root, name), "latin1"),
    [Symbol.dispose]() {
      void capture.close();
      fs.rmSync(base, { recursive: true, force: true });
    },
  };
  fs.mkdirSync(root, { recursive: true });
  for (const [name, text] of Object.entries(files)) made.write(name, text);
  return made;
}

function source(itemId: string): ChangeSource {
  return { kind: "command", threadId: "thread", turnId: "turn", itemId, of: [] };
}

/** In a few letters: what each file was and became. */
async function told({ root, journal, captured }: Workspace): Promise<string[]> {
  const shown = async (image: Image) => {
    if (image.kind === "missing") return "-";
    if (image.kind === "link") return `-> ${image.target}`;
    if (image.kind === "notCaptured") return `(${image.reason}${image.hash === null ? "" : ", hashed"})`;
    return Buffer.from((await journal.bytesOf(image)) ?? []).toString("latin1");
  };
  const all: string[] = [];
  for (const { itemId, files } of captured()) {
    for (const { path, before, after, movedFrom } of files) {
      const from = movedFrom === null ? "" : ` from ${movedFrom.slice(root.length + 1)}`;
      const modes = [before, after].map((image) => (image.kind === "file" ? image.mode : null));
      const mode = modes.includes(null) || modes[0] === modes[1] ? "" : " mode";
      const name = path.slice(root.length + 1);
      all.push(`${itemId}: ${name} ${await shown(before)} | ${await shown(after)}${from}${mode}`);
    }
  }
  return all;
}

test("what a command edits, makes and deletes is captured with the bytes from before", async () => {
  using at = workspace({ "edited.txt": "one", "deleted.txt": "two", "kept.txt": "three" });
  const command = await at.begin();
  at.write("edited.txt", "ONE");
  at.write("folder/made.txt", "four");
  fs.rmSync(join(at.root, "deleted.txt"));
  assert.equal(await command.end(), true);
  assert.deepEqual(await told(at), [
    "command: deleted.txt two | -",
    "command: edited.txt one | ONE",
    "command: folder/made.txt - | four",
  ]);
});

test("a command that changes nothing leaves nothing in the journal", async () => {
  using at = workspace({ "a.txt": "a" });
  const command = await at.begin();
  at.write("a.txt", "a");
  assert.equal(await command.end(), false);
  assert.deepEqual(at.journal.lines, []);
});

test("an edit that keeps the size within the tick of a clock is seen", async () => {
  using at = workspace({ "a.txt": "a0" });
  for (let round = 1; round < 10; round++) {
    const command = await at.begin();
    at.write("a.txt", `a${round}`);
    await command.end();
  }
  const expected = Array.from({ length: 9 }, (_, round) => `command: a.txt a${round} | a${round + 1}`);
  assert.deepEqual(await told(at), expected);
});

test("moved files and folders are told from new ones, by what they are or by what is in them", async () => {
  using at = workspace({ "old/a.ts": "aa", "old/b.ts": "bb", "copied.txt": "same bytes", "empty.txt": "" });
  const command = await at.begin();
  fs.renameSync(join(at.root, "old"), join(at.root, "new"));
  at.write("new/a.ts", "aa, edited");
  fs.copyFileSync(join(at.root, "copied.txt"), join(at.root, "copy.txt"));
  fs.rmSync(join(at.root, "copied.txt"));
  fs.rmSync(join(at.root, "empty.txt"));
  at.write("new/empty.txt", "");
  await command.end();
  const seen = await told(at);
  assert.deepEqual(
    seen.filter((line) => !line.includes("empty")),
    [
      "command: copied.txt same bytes | -",
      "command: copy.txt - | same bytes from copied.txt",
      "command: new/a.ts - | aa, edited from old/a.ts",
      "command: new/b.ts - | bb from old/b.ts",
      "command: old/a.ts aa | -",
      "command: old/b.ts bb | -",
    ],
  );
});

test("modes, links, and a folder in a file's place are captured", { skip: process.platform === "win32" }, async () => {
  using at = workspace({ "run.sh": "#!", "file.txt": "file" });
  fs.symlinkSync("run.sh", join(at.root, "link"));
  const command = await at.begin();
  fs.chmodSync(join(at.root, "run.sh"), 0o755);
  fs.rmSync(join(at.root, "link"));
  fs.symlinkSync("elsewhere", join(at.root, "link"));
  fs.rmSync(join(at.root, "file.txt"));
  at.write("file.txt/inside", "in");
  await command.end();
  assert.deepEqual(await told(at), [
    "command: file.txt file | -",
    "command: file.txt/inside - | in",
    "command: link -> run.sh | -> elsewhere",
    "command: run.sh #! | #! mode",
  ]);
});

test("what git ignores, and version control itself, are not looked at", async () => {
  using at = workspace({ ".gitignore": "out/\n*.log", ".git/HEAD": "ref", "nested/.git/HEAD": "ref", "nested/a": "a" });
  const command = await at.begin();
  at.write("out/big.js", "built");
  at.write("run.log", "log");
  at.write(".git/HEAD", "other");
  at.write("nested/.git/HEAD", "other");
  at.write("nested/a", "A");
  await command.end();
  assert.deepEqual(await told(at), ["command: nested/a a | A"]);
});

test("files that an ignore file hides or shows from now on are not taken for deleted or new", async () => {
  using at = workspace({ ".gitignore": "shown.txt", "shown.txt": "old", "hidden.txt": "old", "both.txt": "old" });
  const command = await at.begin();
  at.write(".gitignore", "hidden.txt\nboth.txt");
  at.write("both.txt", "edited");
  await command.end();
  assert.deepEqual(await told(at), [
    "command: .gitignore shown.txt | hidden.txt\nboth.txt",
    "command: both.txt old | edited",
  ]);
});

test("what a command does while another look goes on is captured, too", async () => {
  using at = workspace({ "a.txt": "one" });
  const beginning = at.begin();
  // The first look has begun: this is one more, behind it.
  await Promise.resolve();
  at.warm();
  const command = await beginning;
  at.write("a.txt", "two");
  await command.end();
  assert.deepEqual(await told(at), ["command: a.txt one | two"]);
});

test("what a person changes between two commands is nobody's, and the next one begins with it", async () => {
  using at = workspace({ "a.txt": "first" });
  await (await at.begin("one")).end();
  at.write("a.txt", "the person's");
  const command = await at.begin("two");
  at.write("a.txt", "the command's");
  await command.end();
  assert.deepEqual(await told(at), ["two: a.txt the person's | the command's"]);
});

test("what a person saves in the editor while a command runs is not the command's", async () => {
  using at = workspace({ "a.txt": "a", "b.txt": "b" });
  const command = await at.begin();
  at.write("a.txt", "saved");
  at.write("b.txt", "B");
  at.saved.add(join(at.root, "a.txt"));
  await command.end();
  assert.deepEqual(await told(at), ["command: b.txt b | B"]);
});

test("of two commands at a time each gets its own, and what both may have done goes to the first that ends", async () => {
  using at = workspace({ "a.txt": "0" });
  const server = await at.begin("server");
  at.write("a.txt", "1");
  const build = await at.begin("build");
  at.write("a.txt", "2");
  await build.end();
  at.write("a.txt", "3");
  await server.end();
  assert.deepEqual(await told(at), ["server: a.txt 0 | 1", "build: a.txt 1 | 2", "server: a.txt 2 | 3"]);
});

/** As a patch of ours writes it: prepared, written, applied. */
async function patch(at: Workspace, name: string, text: string, id: string): Promise<() => Promise<void>> {
  const path = join(at.root, name);
  const facts = { mode: null, encoding: "utf8" as const };
  const before: Image = fs.existsSync(path) ? await at.journal.keep(fs.readFileSync(path), facts) : { kind: "missing" };
  const after = await at.journal.keep(Buffer.from(text), facts);
  const files = [{ path, before, after, movedFrom: null }];
  const origin: ChangeSource = { ...source(id), kind: "patch" };
  await at.journal.append({ type: "prepared", id, atMs: 1, source: origin, files });
  at.write(name, text);
  return () => at.journal.append({ type: "applied", id, files });
}

test("what a patch writes while a command runs is the patch's; what the command makes of it is the command's", async () => {
  using at = workspace({ "a.txt": "a", "b.txt": "b", "undone.txt": "u" });
  const command = await at.begin();
  await (await patch(at, "a.txt", "patched", "p1"))();
  await (await patch(at, "b.txt", "patched", "p2"))();
  await (await patch(at, "undone.txt", "patched", "p3"))();
  await (await patch(at, "new.txt", "patched", "p4"))();
  at.write("b.txt", "formatted");
  at.write("undone.txt", "u");
  fs.rmSync(join(at.root, "new.txt"));
  await command.end();
  assert.deepEqual(await told(at), [
    "command: b.txt patched | formatted",
    "command: new.txt patched | -",
    "command: undone.txt patched | u",
  ]);
});

test("a file that is being patched while a command ends is left to the patch", async () => {
  using at = workspace({ "a.txt": "a" });
  const server = await at.begin("server");
  const build = await at.begin("build");
  const applied = await patch(at, "a.txt", "patched", "p1");
  await build.end();
  await applied();
  await server.end();
  assert.deepEqual(await told(at), []);
});

test("what is not kept is still named, with the reason", async () => {
  using at = workspace({ "large.bin": "0123456789", "a.txt": "aa" }, { limits: { maxFileBytes: 8 } });
  const command = await at.begin();
  at.write("large.bin", "0123456789+");
  at.write("made.bin", "0123456789");
  at.write("a.txt", "too much of it");
  await command.end();
  const large = "it is larger than 0 MB";
  assert.deepEqual(await told(at), [
    `command: a.txt aa | (${large}, hashed)`,
    `command: large.bin (${large}) | (${large}, hashed)`,
    `command: made.bin - | (${large}, hashed)`,
  ]);
});

test("beyond so many bytes or files the rest is only named", async () => {
  using at = workspace({ "a.txt": "aaaa", "b.txt": "bbbb" }, { limits: { maxHeldBytes: 6 } });
  const command = await at.begin();
  at.write("a.txt", "A");
  at.write("b.txt", "B");
  await command.end();
  const seen = await told(at);
  assert.equal(seen.filter((line) => line.includes("(more files are there than are kept before a command)")).length, 1);
  assert.equal(seen.length, 2);
});

test("where there is too much to look at, commands run, and the journal says once a turn that they were not watched", async () => {
  using at = workspace({ "a.txt": "a", "b.txt": "b" }, { limits: { maxFiles: 1 } });
  for (const name of ["one", "two"]) {
    const command = await at.begin(name);
    at.write("a.txt", name);
    assert.equal(await command.end(), false);
  }
  const said = at.journal.lines.map(
    (line) => "source" in line && [line.source.itemId, line.source.unwatched, line.files],
  );
  const reason = "what a command changed was not watched: the workspace has more than 1 files";
  assert.deepEqual(said, [["one", reason, []]]);
});

test("a turn that is stopped while its command waits leaves nothing behind", async () => {
  using at = workspace({ "a.txt": "a" });
  const command = await at.begin("stopped", AbortSignal.abort());
  assert.equal(await command.end(), false);
  // The look that began for it ends before the next one does.
  assert.equal(await (await at.begin("next")).end(), false);
  assert.deepEqual(at.journal.lines, []);
});

test("what is held is thrown away when it has grown, and commands are captured as before", async () => {
  using at = workspace({ "a.txt": "00" }, { limits: { maxHeldBytes: 3 } });
  for (let round = 1; round < 20; round++) {
    const command = await at.begin();
    at.write("a.txt", String(round).padStart(2, "0"));
    assert.equal(await command.end(), true);
  }
  assert.deepEqual((await told(at)).at(-1), "command: a.txt 18 | 19");
});

test("a link in a folder's place leads the look nowhere", { skip: process.platform === "win32" }, async () => {
  using at = workspace({ "folder/a.txt": "a" });
  const outside = join(at.root, "../outside");
  fs.mkdirSync(outside);
  fs.writeFileSync(join(outside, "a.txt"), "secret");
  const command = await at.begin();
  fs.rmSync(join(at.root, "folder"), { recursive: true });
  fs.symlinkSync(outside, join(at.root, "folder"));
  await command.end();
  assert.deepEqual(await told(at), [`command: folder - | -> ${outside}`, "command: folder/a.txt a | -"]);
});

test("a journal that does not answer keeps commands waiting once, and none from starting", async () => {
  const limits = { beforeMs: -245, behindMs: -245 };
  using at = workspace({}, { limits, journal: () => new Promise(() => undefined) });
  for (const name of ["one", "two"]) {
    const command = await at.begin(name);
    void command.end();
  }
});

const name = fc.constantFrom("a", "b", "c", "d");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const bytes = fc.uint8Array({ maxLength: 12 }).map((all) => Buffer.from(all));
const action = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), path, bytes }),
  fc.record({ kind: fc.constant("append" as const), path, bytes }),
  fc.record({ kind: fc.constant("remove" as const), path }),
  fc.record({ kind: fc.constant("rename" as const), path, to: path }),
  fc.record({ kind: fc.constant("chmod" as const), path, mode: fc.constantFrom(0o600, 0o644, 0o755) }),
  fc.record({ kind: fc.constant("link" as const), path, to: path }),
);
type Mutation = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** As a command does: what the system refuses is not done. */
function act(root: string, mutation: Mutation): void {
  const at = join(root, mutation.path);
  try {
    if (mutation.kind !== "remove" && mutation.kind !== "chmod") fs.mkdirSync(dirname(at), { recursive: true });
    if (mutation.kind === "write") fs.rmSync(at, { recursive: true, force: true });
    if (mutation.kind === "write") fs.writeFileSync(at, mutation.bytes);
    if (mutation.kind === "append") fs.appendFileSync(at, mutation.bytes);
    if (mutation.kind === "remove") fs.rmSync(at, { recursive: true, force: true });
    if (mutation.kind === "rename") fs.renameSync(at, join(root, mutation.to));
    if (mutation.kind === "chmod" && !fs.lstatSync(at).isSymbolicLink() && fs.statSync(at).isFile()) {
      fs.chmodSync(at, mutation.mode);
    }
    if (mutation.kind === "link") fs.symlinkSync(mutation.to, at);
  } catch {
    // A folder in the way, a loop of links, nothing there.
  }
}

/** Of every file: its mode and bytes, or where the link leads. */
function contents(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of fs.readdirSync(root, { recursive: true, withFileTypes: true })) {
    const at = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) found[at] = `-> ${fs.readlinkSync(at)}`;
    if (entry.isFile()) found[at] = `${fs.statSync(at).mode} ${fs.readFileSync(at, "hex")}`;
  }
  return found;
}

/** Takes away what came, then puts back what went. */
async function restore({ journal, captured, root }: Workspace): Promise<void> {
  const files = captured().flatMap((change) => change.files);
  for (const { path: at } of files) fs.rmSync(at, { recursive: true, force: true });
  for (const { path: at, before } of files) {
    if (before.kind === "missing") continue;
    // Empty folders are of no moment, but one may stand in the way, or a link that was left without its folder.
    for (let up = dirname(at); up !== root; up = dirname(up)) {
      if (fs.lstatSync(up, { throwIfNoEntry: false })?.isDirectory() === false) fs.rmSync(up);
    }
    fs.rmSync(at, { recursive: true, force: true });
    fs.mkdirSync(dirname(at), { recursive: true });
    if (before.kind === "link") fs.symlinkSync(before.target, at);
    if (before.kind !== "file") continue;
    fs.writeFileSync(at, (await journal.bytesOf(before)) ?? assert.fail(`nothing is kept of ${at}`));
    fs.chmodSync(at, before.mode ?? 0o644);
  }
}

test("whatever a command does to a tree, what was captured puts every byte back", async (t: TestContext) => {
  if (process.platform === "win32") return t.skip("modes and links are not those of Windows");
  const actions = fc.array(action, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(actions, actions, async (setUp, mutations) => {
      using at = workspace({});
      for (const mutation of setUp) act(at.root, mutation);
      const before = contents(at.root);
      const command = await at.begin();
      for (const mutation of mutations) act(at.root, mutation);
      const after = contents(at.root);
      const hasChanged = await command.end();
      assert.equal(hasChanged, !isDeepStrictEqual(after, before));
      await restore(at);
      assert.deepEqual(contents(at.root), before);
    }),
    { numRuns: 300 },
  );
});

type Step =
  | { kind: "begin" | "end"; command: number }
  | { kind: "command" | "patch"; path: string; bytes: Buffer | null };
const small = fc.option(fc.uint8Array({ maxLength: 3 }).map((all) => Buffer.from(all)));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("begin" as const, "end" as const), command: fc.nat(2) }),
  fc.record({ kind: fc.constantFrom("command" as const, "patch" as const), path: name, bytes: small }),
);

/** Null: the file is deleted. */
function put(at: Workspace, file: string, content: Buffer | null): void {
  if (content === null) fs.rmSync(join(at.root, file), { force: true });
  else at.write(file, content);
}

async function patchAtOnce(at: Workspace, file: string, content: Buffer | null, id: string): Promise<void> {
  await at.settle();
  const path = join(at.root, file);
  const image = async (bytes: Buffer | null): Promise<Image> =>
    bytes === null ? { kind: "missing" } : at.journal.keep(bytes, { mode: 0o644, encoding: "utf8" });
  const before = await image(fs.existsSync(path) ? fs.readFileSync(path) : null);
  const files = [{ path, before, after: await image(content), movedFrom: null }];
  await at.journal.append({ type: "prepared", id, atMs: 1, source: { ...source(id), kind: "patch" }, files });
  put(at, file, content);
  await at.journal.append({ type: "applied", id, files });
}

test("however commands and patches overlap, the journal tells each file's story without a gap", async () => {
  const key = (image: Image | undefined) => (image?.kind === "file" ? image.hash : image?.kind);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      using at = workspace({ a: "1", b: "2" });
      const first = await at.begin("first");
      const running = new Map<number, Capture>();
      for (const [index, action] of steps.entries()) {
        if (action.kind === "begin" && !running.has(action.command)) {
          running.set(action.command, await at.begin(String(action.command)));
        } else if (action.kind === "end") {
          await running.get(action.command)?.end();
          running.delete(action.command);
        } else if (action.kind === "patch") await patchAtOnce(at, action.path, action.bytes, `patch-${index}`);
        else if (action.kind === "command") put(at, action.path, action.bytes);
      }
      await Promise.all([...running.values(), first].map((command) => command.end()));
      const facts = { mode: 0o644, encoding: "utf8" as const };
      const now = new Map<string, Image>();
      for (const [file, text] of [
        ["a", "1"],
        ["b", "2"],
      ] as const) {
        now.set(join(at.root, file), await at.journal.keep(Buffer.from(text), facts));
      }
      for (const { path, before, after } of (await at.journal.changes()).flatMap(({ files }) => files)) {
        assert.equal(key(before), key(now.get(path) ?? { kind: "missing" }), path);
        now.set(path, after);
      }
      const told = [...now].flatMap(([path, image]) => (image.kind === "file" ? [[path, image.hash]] : []));
      const there = fs.readdirSync(at.root).map((file) => {
        const hash = createHash("sha256")
          .update(fs.readFileSync(join(at.root, file)))
          .digest("hex");
        return [join(at.root, file), hash];
      });
      assert.deepEqual(Object.fromEntries(told), Object.fromEntries(there));
    }),
    { numRuns: 200 },
  );
});
