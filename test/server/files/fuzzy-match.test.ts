// Scores and matched letters, as the original gives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { foldPath, parseQuery, scorePath } from "../../../server/files/fuzzy-match.ts";

const name = 65_536;
const rows: [query: string, path: string, score: number | null, indices?: number[]][] = [
  ["lmain", "lmain", 3 * name + 134],
  ["main", "lmain", name + 76, [1, 2, 3, 4]],
  ["ab", "a/b/axxxb", name + 45, [4, 8]],
  ["fb", "FOO_BAR.ts", name + 53, [0, 4]],
  ["fb", "fooBar123.ts", name + 51, [0, 3]],
  ["123", "fooBar123.ts", name + 68, [6, 7, 8]],
  ["srcmain", "src/main.ts", 181, [0, 1, 2, 4, 5, 6, 7]],
  ["main src", "src/main.ts", 193, [0, 1, 2, 4, 5, 6, 7]],
  ["foo bar", "x/FooBar", 152, [2, 3, 4, 5, 6, 7]],
  ["^src", "src/main.ts", 84, [0, 1, 2]],
  ["^main", "src/main.ts", null],
  ["ts$", "src/main.ts", 56, [9, 10]],
  ["'oba", "x/FooBar", 57, [4, 5, 6]],
  ["^x/foobar$", "x/foobar", 209],
  ["!main", "src/app.ts", 0, []],
  ["!main", "src/main.ts", null],
  ["space\\ name", "dir.with/space name.txt", 259, [9, 10, 11, 12, 13, 14, 15, 16, 17, 18]],
  ["Ubung", "Übung.txt", name + 134, [0, 1, 2, 3, 4]],
  ["übung", "Übung.txt", name + 134],
  ["b.txt", "a😀b.txt", name + 128, [2, 3, 4, 5, 6]],
  ["日本", "日本/main.txt", 59, [0, 1]],
  ["srcz", "src/main.ts", null],
];

for (const [query, path, score, indices] of rows) {
  test(`${query} in ${path} is worth ${score}`, () => {
    const nameStart = path.lastIndexOf("/") + 1;
    const scored = scorePath({ path, nameStart, isDirectory: false, folded: foldPath(path) }, parseQuery(query));
    assert.deepEqual([scored?.score ?? null, indices && scored?.indices], [score, indices]);
  });
}
