// Patches on real files of every encoding and kind of line end: only the lines that a patch changes differ afterwards,
// and the plan back restores every byte.
import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { writeFilesAtomically } from "../../../server/files/disk.ts";
import { readTextFile } from "../../../server/files/disk-read.ts";
import type { Encoding } from "../../../server/files/encoding.ts";
import { parsePatch } from "../../../server/files/patch-parser.ts";
import { type FilePlan, planPatch, planTexts, type TextChange } from "../../../server/files/patch-plan.ts";
import fc from "../../support/properties.ts";

// How bytes are made here is on purpose not how the server makes them.
const scripts: Record<string, { mark: number[]; bytes: (character: string) => number[]; encoding: Encoding }> = {
  "UTF-8": { mark: [], bytes: (character) => [...new TextEncoder().encode(character)], encoding: "utf8" },
  "UTF-8 with a mark": {
    mark: [0xef, 0xbb, 0xbf],
    bytes: (character) => [...new TextEncoder().encode(character)],
    encoding: "utf8",
  },
  "UTF-16 LE": {
    mark: [0xff, 0xfe],
    bytes: (character) => units(character).flatMap(([high = 0, low = 0]) => [low, high]),
    encoding: "utf16le",
  },
  "UTF-16 BE": { mark: [0xfe, 0xff], bytes: (character) => units(character).flat(), encoding: "utf16be" },
  "Latin-1": { mark: [], bytes: (character) => [character.charCodeAt(0) & 0xff], encoding: "bytes" },
};

interface Line {
  readonly text: string;
  readonly end: string;
  readonly fate: "keep" | "drop" | "replace" | "insert above";
}

const line: fc.Arbitrary<Line> = fc.record({
  text: fc.constantFrom("", "x", "\tif (a) {", "  }  ", "é", "ü\rß", "+", "-", "@@", "xÿþ", "*** End of File"),
  end: fc.constantFrom("\n", "\r\n"),
  fate: fc.constantFrom("keep", "keep", "keep", "drop", "replace", "insert above"),
});
const file = fc.record({
  script: fc.constantFrom(...Object.keys(scripts)),
  lines: fc.array(line, { minLength: 1, maxLength: 10 }),
  ends: fc.constantFrom("\n", "\r\n", "mixed"),
  isEnded: fc.boolean(),
  what: fc.constantFrom("update", "update", "move", "move and update", "delete", "replace"),
});
type File = typeof file extends fc.Arbitrary<infer T> ? T : never;

test("a patch changes only the lines it names, and the plan back restores every byte of every file", async () => {
  let edited = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), fc.boolean(), async (files, isCrlfPatch) => {
      const root = await fs.realpath(await fs.mkdtemp(join(tmpdir(), "belay-bytes-")));
      try {
        const made = files.map((each, index) => numbered(each, index));
        for (const [index, each] of made.entries())
          await fs.writeFile(join(root, `f${index}`), bytesOf(each, each.lines));
        const before = await snapshot(root);
        const body = made.map(sectionOf).join("");
        const patch = `*** Begin Patch\n${body}*** Add File: new/file\n+é\n*** End Patch`;
        const parsed = parsePatch(isCrlfPatch ? patch.replaceAll("\n", "\r\n") : patch);
        assert.ok(parsed.ok, parsed.ok ? "" : parsed.message);
        const planned = await planPatch(parsed.patch, { cwd: root, read: readTextFile });
        assert.ok(planned.ok, planned.ok ? "" : `${planned.message} ${JSON.stringify(patch)}`);
        const written = await writeFilesAtomically(planned.plan);
        assert.ok(written.ok, written.ok ? "" : written.message);

        const expected: Record<string, string> = { "new/file": Buffer.from("é\n").toString("hex") };
        for (const [index, each] of made.entries()) {
          const place = each.what.startsWith("move") ? `moved/f${index}` : `f${index}`;
          if (each.what !== "delete") expected[place] = intended(each).toString("hex");
        }
        assert.deepEqual(await snapshot(root), expected);
        edited += planned.plan.length;

        const back = planTexts(planned.plan.map(inverse));
        const restored = await writeFilesAtomically(back);
        assert.ok(restored.ok, restored.ok ? "" : restored.message);
        assert.deepEqual(await snapshot(root), before);
      } finally {
        await fs.rm(root, { recursive: true });
      }
    }),
    { numRuns: 100 },
  );
  assert.ok(edited > 100);
});

test("a plan from two texts is what a patch between them would be", async () => {
  const text = fc
    .array(fc.tuple(fc.constantFrom("a", "b", "c", "", "é"), fc.constantFrom("\n", "\r\n")), { maxLength: 12 })
    .map((lines) => lines.flat().join(""));
  const root = await fs.realpath(await fs.mkdtemp(join(tmpdir(), "belay-texts-")));
  await fc.assert(
    fc.asyncProperty(text, text, async (before, after) => {
      const view = { encoding: "utf8", version: 3, dirty: true } as const;
      const [one, ...none] = planTexts([{ path: join(root, "a"), before, after, ...view }]);
      assert.deepEqual(none, []);
      if (before === after) return assert.equal(one, undefined);
      assert.ok(one?.change.kind === "update" && Object.isFrozen(one.change.edits));
      const marks = one.diff.split("\n").map((each) => each.charAt(0));
      assert.deepEqual([one.before, one.after, one.version, one.dirty], [before, after, 3, true]);
      const counts = [marks.filter((mark) => mark === "+").length, marks.filter((mark) => mark === "-").length];
      assert.deepEqual([one.added, one.removed], counts);
      await fs.writeFile(join(root, "a"), before);
      assert.ok((await writeFilesAtomically([one])).ok);
      assert.equal(await fs.readFile(join(root, "a"), "utf8"), after);
    }),
  );
  await fs.rm(root, { recursive: true });
});

/** Each line unlike all others, so that there is one place for it; the last one unended, or not. */
function numbered(each: File, index: number): File {
  const lines = each.lines.map((one, at) => ({
    ...one,
    // What is not UTF-8 has to have something that is not.
    text: `${one.text}${each.script === "Latin-1" && at === 0 ? "é" : ""}${index}_${at}`,
    end: at === each.lines.length - 1 && !each.isEnded ? "" : each.ends === "mixed" ? one.end : each.ends,
  }));
  // What is to be edited has at least one line that is.
  const last = lines.at(-1);
  if (last !== undefined && lines.every(({ fate }) => fate === "keep"))
    lines[lines.length - 1] = { ...last, fate: "replace" };
  return { ...each, lines };
}

function sectionOf({ what, lines }: File, index: number): string {
  if (what === "delete") return `*** Delete File: f${index}\n`;
  if (what === "replace") return `*** Add File: f${index}\n+all new\n`;
  const move = what.startsWith("move") ? `*** Move to: moved/f${index}\n` : "";
  if (what === "move") return `*** Update File: f${index}\n${move}`;
  const marked = lines.flatMap(({ text, fate }) => {
    if (fate === "keep") return [` ${text}`];
    if (fate === "insert above") return ["+added", ` ${text}`];
    return fate === "drop" ? [`-${text}`] : [`-${text}`, `+${changed(text)}`];
  });
  return `*** Update File: f${index}\n${move}@@\n${marked.join("\n")}\n`;
}

/** In characters that every encoding takes. */
function changed(text: string): string {
  return `new ${text.replaceAll(/[^ -~]/g, "?")}`;
}

/** Byte for byte, line by line: a new line takes the end of the one it replaces, else of the one above, else below. */
function intended({ lines, what, ...each }: File): Buffer {
  if (what === "move") return bytesOf(each, lines);
  if (what === "replace") {
    const [end = "\n", ...others] = new Set(lines.flatMap(({ end }) => (end === "" ? [] : [end])));
    return bytesOf(each, [{ text: "all new", end: others.length === 0 ? end : "\n" }]);
  }
  const result: { text: string; end: string }[] = [];
  let replaced: string[] = [];
  let added: string[] = [];
  const close = (below: string) => {
    for (const [at, text] of added.entries()) {
      const end = replaced[at] || (result.at(-1)?.end ?? "") || below || "\n";
      result.push({ text, end });
    }
    replaced = [];
    added = [];
  };
  for (const { text, end, fate } of lines) {
    if (fate === "insert above") added.push("added");
    if (fate === "keep" || fate === "insert above") {
      close(end);
      result.push({ text, end });
    } else {
      replaced.push(end);
      if (fate === "replace") added.push(changed(text));
    }
  }
  close("");
  return bytesOf(each, result);
}

function bytesOf({ script }: Pick<File, "script">, lines: readonly { text: string; end: string }[]): Buffer {
  const { mark, bytes } = scripts[script] ?? { mark: [], bytes: () => [] };
  return Buffer.from([...mark, ...lines.flatMap(({ text, end }) => [...(text + end)].flatMap(bytes))]);
}

function units(character: string): number[][] {
  return Array.from({ length: character.length }, (_, at) => {
    const unit = character.charCodeAt(at);
    return [unit >> 8, unit & 0xff];
  });
}

function inverse({ path, change, before, after, encoding }: FilePlan): TextChange {
  const moved = change.kind === "update" ? change.movePath : null;
  const place = { path: moved ?? path, movePath: moved === null ? null : path };
  return { ...place, before: after, after: before, encoding, version: null, dirty: false };
}

/** The bytes of every file below `root`, in hex. */
async function snapshot(root: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(files.map(async (path) => [relative(root, path), await fs.readFile(path, "hex")]));
  return Object.fromEntries(found) as Record<string, string>;
}
