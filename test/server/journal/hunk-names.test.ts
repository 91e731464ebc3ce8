// Ids of hunks: an id that was shown means that hunk or nothing, and holds while others come and go.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HunkNames } from "../../../server/journal/review/hunk-names.ts";
import { hunksBetween, keepHunk, undoHunk } from "../../../server/journal/review/hunks.ts";
import fc from "../../support/properties.ts";

describe("the id of a hunk", () => {
  test("is no other hunk's, and stays when one far away is kept or undone", () => {
    const { baseline, current } = changedAt(3, 20);
    for (const act of ["keep", "undo"] as const) {
      const names = new HunkNames("written");
      const [first, second] = look(names, baseline, current);
      assert.ok(first && second);
      assert.notEqual(first.id, second.id);
      names.use("a", first.id);
      const left =
        act === "keep"
          ? look(names, keepHunk(baseline, current, first), current)
          : look(names, baseline, undoHunk(baseline, current, first));
      assert.deepEqual(idsOf(left), [second.id]);
    }
  });

  test("stays while the person types elsewhere, and while a turn changes other lines", () => {
    const names = new HunkNames("written");
    const { baseline, current } = changedAt(3, 20);
    const ids = idsOf(look(names, baseline, current));
    assert.deepEqual(idsOf(look(names, `typed\n${baseline}`, `typed\n${current}`)), ids);
    const more = look(names, `typed\n${baseline}`, `typed\n${current}`.replace("line 10\n", "line ten\n"));
    assert.deepEqual([more.length, more[0]?.id, more[2]?.id], [3, ids[0], ids[1]]);
  });

  test("is not that of the next one which looks alike, though the lines above it have moved it there", () => {
    const names = new HunkNames("written");
    const block = (...lines: string[]) => ["{\n", ...lines, "}\n"].join("");
    const [, second] = look(names, block().repeat(2), block("x\n").repeat(2));
    assert.ok(second);
    // The person takes the second one back, and writes above the first as many lines as stood between.
    const typed = "1\n2\n";
    const left = look(names, typed + block().repeat(2), typed + block("x\n") + block());
    assert.equal(left.length, 1);
    assert.notEqual(left[0]?.id, second.id);
  });

  test("of one that looks alike and was used is nobody's any more", () => {
    const [block, changed] = ["{\n\n}\n".repeat(8), "{\n\nx\n}\n".repeat(8)];
    const names = new HunkNames("written");
    const hunks = look(names, block, changed);
    assert.equal(new Set(idsOf(hunks)).size, hunks.length);
    const [first, ...others] = hunks;
    assert.ok(first);
    names.use("a", first.id);
    assert.deepEqual(idsOf(look(names, block, undoHunk(block, changed, first))), idsOf(others));
  });

  test("stays when what was asked for did not happen", () => {
    const names = new HunkNames("written");
    const { baseline, current } = changedAt(3, 20);
    const ids = idsOf(look(names, baseline, current));
    names.use("a", ids[0] ?? "");
    assert.deepEqual(idsOf(look(names, baseline, current)), ids);
  });

  test("means the same in a server that has just started and finds the same texts, and nothing where they are others", () => {
    const { baseline, current } = changedAt(3, 20);
    const ids = idsOf(look(new HunkNames("written"), baseline, current));
    assert.deepEqual(idsOf(look(new HunkNames("written"), baseline, current)), ids);
    const others = idsOf(look(new HunkNames("written"), baseline, `${current}more\n`));
    assert.ok(!others.some((id) => ids.includes(id)));
  });

  test("means the hunk that it was given to, or nothing, whatever was kept and undone between equal lines", () => {
    const text = fc.array(fc.constantFrom("one\n", "two\n", "}\n", "\n"), { maxLength: 12 }).map((all) => all.join(""));
    const acts = fc.array(fc.tuple(fc.constantFrom("keep", "undo"), fc.nat()), { maxLength: 6 });
    fc.assert(
      fc.property(text, text, acts, (baseline, current, all) => {
        const names = new HunkNames("written");
        const used = new Set<string>();
        let texts = { baseline, current };
        for (const [act, pick] of all) {
          const before = look(names, texts.baseline, texts.current);
          const hunk = before[pick % Math.max(1, before.length)];
          if (hunk === undefined) return;
          names.use("a", hunk.id);
          used.add(hunk.id);
          const same = act === "keep" ? "current" : "baseline";
          const acted = (act === "keep" ? keepHunk : undoHunk)(texts.baseline, texts.current, hunk);
          texts = same === "current" ? { ...texts, baseline: acted } : { ...texts, current: acted };
          const behind = look(names, texts.baseline, texts.current);
          assert.equal(new Set(idsOf(behind)).size, behind.length);
          for (const { id, likeness, ...spans } of behind) {
            assert.ok(!used.has(id), "an id that was used");
            const known = before.find((other) => other.id === id);
            if (known !== undefined) assert.deepEqual([likeness, spans[same]], [known.likeness, known[same]]);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function look(names: HunkNames, baseline: string, current: string) {
  return names.named("a", { baseline, current }, hunksBetween(baseline, current));
}

function idsOf(hunks: readonly { id: string }[]): string[] {
  return hunks.map(({ id }) => id);
}

function changedAt(...changed: number[]): { baseline: string; current: string } {
  const lines = Array.from({ length: 40 }, (_, at) => `line ${at}\n`);
  const current = lines.map((line, at) => (changed.includes(at) ? `line ${at} is new\nand more\n` : line));
  return { baseline: lines.join(""), current: current.join("") };
}
