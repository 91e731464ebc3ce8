// What is shown of a patch that is still being written.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePatch } from "../../../server/files/patch-parser.ts";
import { PatchPreview, type PreviewedFile } from "../../../server/files/patch-preview.ts";
import fc from "../../support/properties.ts";

const patch = [
  "*** Begin Patch",
  "*** Update File: src/a.ts",
  "*** Move to: src/b.ts",
  "@@ function total",
  " one",
  "-two",
  "+three",
  "",
  "*** End of File",
  "*** Add File: new.txt",
  "+first",
  "+",
  "*** Delete File: old.txt",
  "*** End Patch",
  "",
].join("\n");

const whole: PreviewedFile[] = [
  {
    ...{ path: "src/a.ts", kind: "update", movePath: "src/b.ts" },
    ...{ text: "@@ function total\n one\n-two\n+three\n \n", added: 1, removed: 1 },
  },
  { path: "new.txt", kind: "add", movePath: null, text: "first\n\n", added: 2, removed: 0 },
  { path: "old.txt", kind: "delete", movePath: null, text: "", added: 0, removed: 0 },
];

test("however a patch is cut into pieces, the same is shown of it in the end", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(patch.length)), fc.boolean(), (cuts, hasReturns) => {
      const text = hasReturns ? patch.replaceAll("\n", "\r\n") : patch;
      const preview = new PatchPreview();
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      for (const [index, from] of places.entries()) preview.push(text.slice(from, places[index + 1] ?? from));
      assert.deepEqual(preview.files(), whole);
    }),
  );
});

test("a line is shown when it is whole", () => {
  const preview = new PatchPreview();
  const more = (piece: string) => preview.push(piece);
  assert.deepEqual(
    [more("*** Begin Patch\n*** Add Fi"), more("le: a"), more("\n"), more("+on"), more("e\n+two"), more("\n+")],
    [false, false, true, false, true, true],
  );
  assert.equal(preview.files()[0]?.text, "one\ntwo\n");
});

test("files and numbers are those that the parser reads", () => {
  const path = fc.constantFrom("a.ts", "src/b c.ts", "../d", "/e");
  const added = fc.array(
    fc.string({ maxLength: 5 }).map((text) => `+${text}`),
    { minLength: 1, maxLength: 4 },
  );
  const sections = fc.oneof(
    fc.tuple(path, added).map(([name, lines]) => [`*** Add File: ${name}`, ...lines]),
    fc.tuple(path, added).map(([name, lines]) => [`*** Update File: ${name}`, "@@ f", " kept", "-gone", ...lines]),
    path.map((name) => [`*** Delete File: ${name}`]),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(sections, { selector: ([head = ""]) => head.replace(/.*: /, ""), minLength: 1 }),
      (all) => {
        const text = ["*** Begin Patch", ...all.flat(), "*** End Patch", ""].join("\n");
        const parsed = parsePatch(text);
        fc.pre(parsed.ok);
        const preview = new PatchPreview();
        preview.push(text);
        const counts = (lines: readonly { op: string }[], op: string) => lines.filter((line) => line.op === op).length;
        assert.deepEqual(
          preview.files().map(({ path: name, kind, added: plus, removed }) => [name, kind, plus, removed]),
          parsed.patch.map((file) => {
            if (file.kind === "add") return [file.path, "add", file.lines.length, 0];
            const lines = file.kind === "update" ? file.chunks.flatMap((chunk) => chunk.lines) : [];
            return [file.path, file.kind, counts(lines, "+"), counts(lines, "-")];
          }),
        );
      },
    ),
  );
});

for (const [what, text] of [
  ["prose", "I would rather not.\n*** Add File: a\n+x\n"],
  ["a heading without a path", "*** Begin Patch\n*** Add File: \n+x\n"],
  ["nothing", ""],
] as const) {
  test(`${what} shows nothing`, () => {
    const preview = new PatchPreview();
    assert.equal(preview.push(text), false);
    assert.deepEqual(preview.files(), []);
  });
}

test("of a large patch the newest lines are kept, and all of the numbers", () => {
  const preview = new PatchPreview();
  preview.push("*** Begin Patch\n*** Add File: before.txt\n");
  for (let at = 0; at < 2000; at++) preview.push(`+earlier ${at}\n`);
  preview.push("*** Add File: big.txt\n");
  for (let at = 0; at < 20_000; at++) preview.push(`+line ${at} ${"x".repeat(40)}\n`);
  const [before, big] = preview.files();
  assert.deepEqual([before?.added, big?.added], [2000, 20_000]);
  assert.ok((before?.text.length ?? 0) + (big?.text.length ?? 0) <= 32_000);
  assert.match(big?.text ?? "", /line 19999 x+\n$/);
  preview.push(`+${"y".repeat(1_000_000)}\n`);
  assert.ok((preview.files()[1]?.text.length ?? 0) <= 32_000);
});
