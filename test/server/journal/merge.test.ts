// Three-way merges and hunks, as tables and properties.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hunksBetween, keepHunk, undoHunk } from "../../../server/journal/review/hunks.ts";
import { linesOf, merge } from "../../../server/journal/review/merge.ts";
import fc from "../../support/properties.ts";

/** Few different lines, so that texts have much in common, with any line ends. */
const text = fc
  .array(fc.tuple(fc.constantFrom("a", "b", "c", "", "}"), fc.constantFrom("\n", "\n", "\r\n")), { maxLength: 14 })
  .chain((lines) => fc.constantFrom("", "last").map((last) => lines.map(([line, end]) => line + end).join("") + last));

describe("a three-way merge", () => {
  const cases: [string, string, string, string, string | null][] = [
    [
      "edits apart from each other",
      "1\n2\n3\n4\n5\n",
      "one\n2\n3\n4\n5\n",
      "1\n2\n3\n4\nfive\n",
      "one\n2\n3\n4\nfive\n",
    ],
    ["the same edit on both sides", "1\n2\n3\n", "1\nX\n3\n", "1\nX\n3\n", "1\nX\n3\n"],
    ["the same edit and one more", "1\n2\n3\n4\n5\n", "1\nX\n3\n4\n5\n", "1\nX\n3\n4\nY\n", "1\nX\n3\n4\nY\n"],
    ["different edits of one line", "1\n2\n3\n", "1\nX\n3\n", "1\nY\n3\n", null],
    ["edits that touch", "1\n2\n3\n4\n", "1\nX\n3\n4\n", "1\n2\nY\n4\n", null],
    ["two texts at the same place", "1\n2\n", "1\nX\n2\n", "1\nY\n2\n", null],
    ["a line that one edits and the other deletes", "1\n2\n3\n", "1\n3\n", "1\nX\n3\n", null],
    ["line ends of ours", "1\n2\n3\n4\n", "1\r\n2\r\n3\r\nfour\r\n", "one\n2\n3\n4\n", "one\r\n2\r\n3\r\nfour\r\n"],
    ["line ends that theirs changed", "1\n2\n3\n", "1\n2\nthree\n", "1\r\n2\r\n3\r\n", "1\n2\nthree\n"],
    ["an end of the last line", "1\n2\n3", "one\n2\n3", "1\n2\n3\n", "one\n2\n3\n"],
    ["a text that both emptied", "1\n", "", "", ""],
  ];
  for (const [name, base, ours, theirs, expected] of cases) {
    test(`${expected === null ? "refuses" : "takes"} ${name}`, () => {
      const merged = merge(base, ours, theirs);
      assert.equal(merged.kind === "clean" ? merged.text : null, expected);
    });
  }

  test("names the lines that do not fit together", () => {
    assert.deepEqual(merge("1\n2\n3\n", "0\n1\nX\n3\n", "1\nY\nZ\n3\n"), {
      kind: "conflict",
      regions: [{ base: { start: 1, count: 1 }, ours: { start: 2, count: 1 }, theirs: { start: 1, count: 2 } }],
    });
  });

  test("of a text that only one side changed is that side's", () => {
    fc.assert(
      fc.property(text, text, (base, other) => {
        assert.deepEqual(merge(base, base, other), { kind: "clean", text: other });
        assert.deepEqual(merge(base, other, base), { kind: "clean", text: other });
        assert.deepEqual(merge(base, other, other), { kind: "clean", text: other });
      }),
    );
  });

  test("fails for both orders of the sides or for none", () => {
    fc.assert(
      fc.property(text, text, text, (base, ours, theirs) => {
        assert.equal(merge(base, ours, theirs).kind, merge(base, theirs, ours).kind);
      }),
      { numRuns: 500 },
    );
  });

  test("has all edits of both sides where a line lies between any two", () => {
    const edit = fc.record({
      side: fc.constantFrom("ours", "theirs"),
      lines: fc.array(
        fc.nat(9).map((n) => `new ${n}\n`),
        { maxLength: 3 },
      ),
      deletes: fc.nat(3),
      gap: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 8 }), fc.constantFrom("", "no end"), (edits, last) => {
        const sides = { base: "", ours: "", theirs: "", both: "" };
        let line = 0;
        const add = (names: (keyof typeof sides)[], added: string) => {
          for (const name of names) sides[name] += added;
        };
        for (const { side, lines, deletes, gap } of edits) {
          for (let at = 0; at < gap; at += 1) add(["base", "ours", "theirs", "both"], `line ${line++}\n`);
          const other = side === "ours" ? "theirs" : "ours";
          for (let at = 0; at < deletes; at += 1) add(["base", other], `line ${line++}\n`);
          add([side === "ours" ? "ours" : "theirs", "both"], lines.join(""));
        }
        add(["base", "ours", "theirs", "both"], `line ${line}\n${last}`);
        assert.deepEqual(merge(sides.base, sides.ours, sides.theirs), { kind: "clean", text: sides.both });
      }),
      { numRuns: 500 },
    );
  });
});

describe("hunks", () => {
  test("that are all kept make the baseline the text that is there; undone, the text the baseline", () => {
    fc.assert(
      fc.property(text, text, fc.infiniteStream(fc.nat()), (baseline, current, picks) => {
        for (const [act, goal] of [
          ["keep", current],
          ["undo", baseline],
        ] as const) {
          const state = { baseline, current };
          const side = act === "keep" ? "baseline" : "current";
          for (let left = hunksBetween(baseline, current).length; left > 0; left -= 1) {
            const hunks = hunksBetween(state.baseline, state.current);
            const hunk = hunks[(picks.next().value ?? 0) % hunks.length];
            if (hunk === undefined) break;
            state[side] = (act === "keep" ? keepHunk : undoHunk)(state.baseline, state.current, hunk);
          }
          for (const hunk of hunksBetween(state.baseline, state.current))
            state[side] = (act === "keep" ? keepHunk : undoHunk)(state.baseline, state.current, hunk);
          assert.equal(state[side], goal);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("tell a rewritten line from a function that was added behind it", () => {
    const baseline = "f() {\n  old\n  old too\n}\n\ng() {\n";
    const current = "f() {\n  new\n}\n\nadded() {\n  more\n}\n\ng() {\n";
    assert.deepEqual(
      hunksBetween(baseline, current).map(({ baseline: a, current: b }) => [a.start, a.count, b.start, b.count]),
      [
        [1, 2, 1, 1],
        [5, 0, 4, 4],
      ],
    );
    assert.deepEqual(
      hunksBetween(current, baseline).map(({ baseline: a, current: b }) => [a.start, a.count, b.start, b.count]),
      [
        [1, 1, 1, 2],
        [4, 4, 5, 0],
      ],
    );
  });

  test("lie apart, in order, and are all that differs", () => {
    fc.assert(
      fc.property(text, text, (baseline, current) => {
        const [old, now] = [linesOf(baseline), linesOf(current)];
        let [a, b] = [0, 0];
        for (const hunk of hunksBetween(baseline, current)) {
          assert.ok(a === 0 || hunk.baseline.start > a);
          assert.deepEqual(old.slice(a, hunk.baseline.start), now.slice(b, hunk.current.start));
          a = hunk.baseline.start + hunk.baseline.count;
          b = hunk.current.start + hunk.current.count;
        }
        assert.deepEqual(old.slice(a), now.slice(b));
      }),
      { numRuns: 500 },
    );
  });

  test("count lines as an editor does", () => {
    const [hunk] = hunksBetween("a\r\nb\r\nc", "a\r\nB\r\nnew\r\nc");
    assert.deepEqual(hunk && { ...hunk, likeness: "" }, {
      likeness: "",
      baseline: { start: 1, count: 1 },
      current: { start: 1, count: 2 },
    });
    assert.deepEqual(linesOf(""), []);
  });
});
