// Lines are found where a plain comparison of each place finds them, at every stage.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LineSearch, type Stage, stages } from "../../../server/files/line-search.ts";
import { TextLines } from "../../../server/files/text-lines.ts";
import fc from "../../support/properties.ts";

const line = fc.constantFrom("", " ", "a", "a ", "\ta", "b", "“a”", '"a"', "a\u00a0", "a–b", "a-b", "\ufeffa", "a\r");
const text = fc
  .tuple(fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { maxLength: 30 }), fc.boolean())
  .map(([all, isEnded]) => all.flat().join("") + (isEnded ? "" : "a"));

test("every place is found, first place first, from any line on", () => {
  fc.assert(
    fc.property(text, fc.array(line, { minLength: 1, maxLength: 4 }), fc.nat(5), (source, wanted, from) => {
      const lines = new TextLines(source);
      const search = new LineSearch(lines);
      for (const stage of stages) {
        const expected = [];
        for (let at = from; at + wanted.length <= lines.count; at += 1) {
          if (wanted.every((one, index) => plainly(lines.text(at + index), stage) === plainly(one, stage)))
            expected.push(at);
        }
        assert.deepEqual([...search.hits(wanted, stage, from)], expected, stage);
      }
    }),
    { numRuns: 1000 },
  );
});

test("a line is found by its beginning, whatever stands before it and however it is quoted", () => {
  const search = new LineSearch(new TextLines('  def “run”(self):\n\tdef "run"\nrun\n'));
  assert.deepEqual([...search.beginning('def "run"')], [0, 1]);
  assert.deepEqual([...search.beginning('def "run"(self):x')], []);
});

test("lines know the text they stand in", () => {
  fc.assert(
    fc.property(text, fc.boolean(), (source, hasMark) => {
      const marked = hasMark ? `\ufeff${source}` : source;
      const lines = new TextLines(marked);
      assert.equal(lines.bom + lines.spelled(0), marked);
      for (let at = 0; at < lines.count; at += 1) {
        assert.equal(lines.spelled(at, at + 1), lines.text(at) + lines.ending(at));
        assert.equal(lines.lineAt(lines.start(at)), at);
        assert.equal(lines.lineAt(lines.start(at + 1) - 1), at);
      }
    }),
  );
});

/** In the words of the grammar, one line at a time. */
function plainly(one: string, stage: Stage): string {
  if (stage === "exact") return one;
  if (stage === "trailing-space") return one.trimEnd();
  if (stage === "space") return one.trim();
  return one
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\u2018-\u201b]/g, "'")
    .replaceAll(/[\u201c-\u201f]/g, '"')
    .replaceAll(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " ")
    .trim();
}
