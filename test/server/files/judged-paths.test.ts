// Whatever a patch looks like: the paths that are shown, judged and written are the same ones, and no spelling of a
// protected name gets past the judgement. With real links, on a real disk.
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { writeFilesAtomically } from "../../../server/files/disk.ts";
import { readTextFile } from "../../../server/files/disk-read.ts";
import { parsePatch } from "../../../server/files/patch-parser.ts";
import { planPatch } from "../../../server/files/patch-plan.ts";
import { realTarget, resolveInside } from "../../../server/files/paths.ts";
import { judgeTargets } from "../../../server/tools/patch-targets.ts";
import type { FileTarget } from "../../../server/tools/tool.ts";
import fc from "../../support/properties.ts";

const skip = process.platform === "win32" && "POSIX links";
const sandbox = {
  type: "workspaceWrite" as const,
  ...{ writableRoots: [], networkAccess: false, excludeTmpdirEnvVar: false, excludeSlashTmp: false },
};
const files = { realTarget: (path: string) => realTarget(path, fs), deniedTo: () => () => false };

const spelling = fc.constantFrom(
  ...["a", "./a", "d/../a", "a ", " a", "A", "a.", "d/e", "d//e", "d/./e", "b", "b/../b", "new", "d/new", "n/m/o"],
  ...[
    "link",
    "linked/e",
    "linked/../a",
    "dangling",
    "../ws/a",
    "../out",
    "away/out",
    "loop",
    "loop/x",
    "a/x",
    "d",
    "d/",
  ],
  ...[
    "caf\u00e9",
    "cafe\u0301",
    "a\u202e",
    "\u2066a",
    "a\u0007",
    "a\u200d",
    "a\u2028",
    "*** Add File: a",
    "-",
    "\\a",
    "d\\e",
  ],
);
const end = fc.constantFrom("\n", "\n", "\n", "\r\n");
const section = fc
  .record({
    kind: fc.constantFrom("Add", "Update", "Update", "Delete"),
    path: spelling,
    move: spelling,
    dice: fc.nat(11),
    end,
  })
  .map(({ kind, path, move, dice, end: close }) => {
    const moved = dice % 3 === 0 ? [`*** Move to: ${move}`] : [];
    const again = dice === 11 ? [`*** Update File: ${path}`] : [];
    const lines = {
      Add: ["+new"],
      Delete: [],
      Update: [...moved, ...again, ...(dice === 6 ? [] : ["@@", "-1", "+2"])],
    };
    const odd = dice === 10 ? ["*** Move to: b"] : [];
    return [`*** ${kind} File: ${path}`, ...lines[kind], ...odd].map((one) => one + close).join("");
  });

test("the paths that a patch shows are those that are judged and those that are written, and a refusal writes none", {
  skip,
}, async () => {
  let written = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(section, { minLength: 1, maxLength: 3 }), async (sections) => {
      await inTree(async (root) => {
        const cwd = join(root, "ws");
        const before = await snapshot(root);
        const outcome = await apply(`*** Begin Patch\n${sections.join("")}*** End Patch`, cwd);
        const after = await snapshot(root);
        const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])]
          .filter((path) => before[path] !== after[path])
          .map((path) => join(root, path))
          .toSorted();
        if (outcome === null) return assert.deepEqual(changed, []);
        written += 1;
        assert.deepEqual(outcome.shown, outcome.judged.map(({ path }) => path).toSorted());
        assert.deepEqual(changed, outcome.judged.map(({ realPath }) => realPath).toSorted());
        assert.deepEqual(changed, outcome.written);
        for (const target of outcome.judged) {
          assert.deepEqual([target.isWritable, target.isProtected], [true, false]);
          assert.ok(target.realPath.startsWith(`${cwd}/`));
        }
      });
    }),
    { numRuns: 250 },
  );
  assert.ok(written > 20, `only ${written} patches were written`);
});

const names = [".git", ".vscode", ".codex", ".belay", ".mcp.json", "x.code-workspace"];
const unseen = fc.constantFrom("\u200c", "\u200d", "\u200e", "\u202a", "\u206f", "\ufeff");
const protectedName = fc
  .record({
    name: fc.constantFrom(...names),
    cases: fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
    hidden: fc.option(fc.tuple(unseen, fc.nat(9))),
    tail: fc.constantFrom("", "", ".", " ", ". .", "...", "::$DATA", ":x", "::$INDEX_ALLOCATION"),
    isLongS: fc.boolean(),
    isComposed: fc.boolean(),
  })
  .map(({ name, cases, hidden, tail, isLongS, isComposed }) => {
    let text = [...name].map((letter, at) => (cases[at] ? letter.toUpperCase() : letter)).join("");
    if (isLongS) text = text.replace(/s/i, "\u017f");
    if (hidden !== null) text = text.slice(0, hidden[1]) + hidden[0] + text.slice(hidden[1]);
    return (isComposed ? text.normalize("NFC") : text.normalize("NFD")) + tail;
  });
const way = fc.constantFrom(
  "",
  "./",
  "d/../",
  "d//../",
  "d/./../",
  "d/deep/../../",
  "d/",
  "new/",
  "d/none/",
  "../ws/",
  "to-ws/",
);
const below = fc.constantFrom("", "/x", "//x", "/./x", "/y/../x", "/hooks/pre-commit", "\\x");
// Links that are there: to the folder, to a link to it, to a file in it, to what is not there yet, and one above it.
const linked = fc.constantFrom(
  "git/x",
  "git-again/x",
  "git/none/x",
  "config",
  "coming",
  "coming-too/x",
  "up/ws/.git/x",
);

test("no spelling of a protected name, and no link to one, is judged as free", { skip }, async () => {
  const spelled = fc.oneof(
    fc.tuple(way, protectedName, below).map((parts) => parts.join("")),
    fc.tuple(way, linked).map((parts) => parts.join("")),
  );
  let guardedCount = 0;
  await inTree(async (root) => {
    const cwd = join(root, "ws");
    const before = await snapshot(root);
    await fc.assert(
      fc.asyncProperty(spelled, fc.constantFrom("add", "delete", "update", "move"), async (path, kind) => {
        const body = {
          add: `*** Add File: ${path}\n+x\n`,
          delete: `*** Delete File: ${path}\n`,
          update: `*** Update File: ${path}\n@@\n-1\n+2\n`,
          move: `*** Update File: a\n*** Move to: ${path}\n@@\n-1\n+2\n`,
        };
        // A way through a link that is only there for some of these leads nowhere, and so may be free.
        fc.pre(!/^(d|new)\/.*(git|config|coming|up)/.test(path) || /\.git|\.GIT/i.test(path));
        const parsed = parsePatch(`*** Begin Patch\n${body[kind]}*** End Patch`);
        if (!parsed.ok || !resolveInside(cwd, path.trim()).ok) return;
        const judged = await judgeTargets(parsed.patch, { cwd, sandbox, files });
        if (!judged.ok) return;
        const guarded = judged.targets.some(({ isProtected, isWritable }) => isProtected || !isWritable);
        assert.ok(guarded, JSON.stringify(judged.targets));
        guardedCount += 1;
      }),
      { numRuns: 3000 },
    );
    assert.deepEqual(await snapshot(root), before);
  });
  assert.ok(guardedCount > 1500, `only ${guardedCount} spellings got as far as the judgement`);
});

/** As `belay apply-patch` does it; null when it was refused at some step. */
async function apply(patch: string, cwd: string) {
  const parsed = parsePatch(patch);
  if (!parsed.ok) return null;
  const judged = await judgeTargets(parsed.patch, { cwd, sandbox, files });
  if (!judged.ok || judged.targets.some(isKept)) return null;
  const places = new Map(judged.targets.map(({ path, realPath }) => [path, realPath]));
  const read = (path: string) => readTextFile(path, (realPath) => realPath === places.get(path));
  const planned = await planPatch(parsed.patch, { cwd, read });
  if (!planned.ok) return null;
  const approved = new Set(places.values());
  const result = await writeFilesAtomically(planned.plan, { permits: (realPath) => approved.has(realPath) });
  if (!result.ok) return null;
  const shown = planned.plan.flatMap(({ path, change }) =>
    change.kind === "update" && change.movePath !== null ? [path, change.movePath] : [path],
  );
  return { shown: shown.toSorted(), judged: judged.targets, written: result.paths.toSorted() };
}

function isKept({ isWritable, isProtected }: FileTarget): boolean {
  return !isWritable || isProtected;
}

async function inTree(work: (root: string) => Promise<void>): Promise<void> {
  const root = await fs.realpath(await fs.mkdtemp(join(tmpdir(), "belay-judged-")));
  const ws = (name: string) => join(root, "ws", name);
  try {
    for (const folder of ["d/deep", ".git/hooks"]) await fs.mkdir(ws(folder), { recursive: true });
    await fs.mkdir(join(root, "other"));
    for (const name of ["a", "b", "d/e", ".git/config", "../out", "../other/out"]) await fs.writeFile(ws(name), "1\n");
    const links = { link: "b", linked: "d", dangling: "d/coming", loop: "loop", away: "../other", "to-ws": "../ws" };
    const toGit = {
      git: ".git",
      "git-again": "git",
      config: ".git/config",
      coming: ".git/none",
      "coming-too": ".git/nones",
    };
    for (const [name, target] of Object.entries({ ...links, ...toGit, up: ".." })) await fs.symlink(target, ws(name));
    await work(root);
  } finally {
    await fs.rm(root, { recursive: true });
  }
}

/** Every file below `root` with its text, every link with its target. */
async function snapshot(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await fs.readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) found[relative(root, path)] = `-> ${await fs.readlink(path)}`;
    else if (entry.isFile()) found[relative(root, path)] = await fs.readFile(path, "utf8");
  }
  return found;
}
