// Editing a TOML text: it says what was asked for, and everything else stays as it was written.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "smol-toml";
import { editToml } from "../../../server/config/toml-edit.ts";
import { isTable, sameValue, type Table, valueAt } from "../../../server/config/values.ts";
import fc from "../../support/properties.ts";

/** `after` is what the edit `path = value` makes of `before`; undefined takes the key out. */
interface Row {
  name: string;
  before: string[];
  path: string[];
  value: unknown;
  after: string[];
}

const rows: Row[] = [
  {
    name: "a value is replaced where it stands",
    before: ["# mine", 'model = "a"   # why', "", "[t]", "x = 1"],
    path: ["model"],
    value: "b",
    after: ["# mine", 'model = "b"   # why', "", "[t]", "x = 1"],
  },
  {
    name: "a key without a section goes behind the others, before the first section",
    before: ["a = 1 # one", "# b = 2", "", "[t]", "x = 1"],
    path: ["model"],
    value: "m",
    after: ["a = 1 # one", 'model = "m"', "# b = 2", "", "[t]", "x = 1"],
  },
  {
    name: "the first key stands before the first section and its comment, and behind the comment on the file",
    before: ["# my file", "", "# about t", "[t]", "x = 1"],
    path: ["a"],
    value: 1,
    after: ["# my file", "", "a = 1", "", "# about t", "[t]", "x = 1"],
  },
  {
    name: "an empty file begins with the key",
    before: [""],
    path: ["a"],
    value: true,
    after: ["a = true", ""],
  },
  {
    name: "a key goes to the end of its section, as far in as the others",
    before: ["[t]", "  x = 1", "  # y = 2", "", "[u]"],
    path: ["t", "z"],
    value: [1, "two"],
    after: ["[t]", "  x = 1", '  z = [1, "two"]', "  # y = 2", "", "[u]"],
  },
  {
    name: "a new table is a section, next to its family",
    before: ["[providers.a]", 'url = "a"', "", "# about u", "[u]", "x = 1"],
    path: ["providers", "b.c"],
    value: { url: "b", headers: { k: "v" } },
    after: [
      "[providers.a]",
      'url = "a"',
      "",
      '[providers."b.c"]',
      'url = "b"',
      'headers = { k = "v" }',
      "",
      "# about u",
      "[u]",
      "x = 1",
    ],
  },
  {
    name: "a table written with dots is continued with dots",
    before: ["a.b = 1", "c = 2"],
    path: ["a", "d", "e"],
    value: 3,
    after: ["a.b = 1", "a.d = { e = 3 }", "c = 2"],
  },
  {
    name: "an inline table is edited inside",
    before: ["p = { a = 1, b = { c = 2 } } # p"],
    path: ["p", "b", "d"],
    value: "x",
    after: ['p = { a = 1, b = { c = 2, d = "x" } } # p'],
  },
  {
    name: "a member leaves an inline table with its comma",
    before: ["p = { a = 1, b = 2, c = 3 }"],
    path: ["p", "c"],
    value: undefined,
    after: ["p = { a = 1, b = 2 }"],
  },
  {
    name: "a key that goes takes its line along, and no other comment",
    before: ["# before", "a = [", "  1, # one", "] # a", "# after", "b = 2"],
    path: ["a"],
    value: undefined,
    after: ["# before", "# after", "b = 2"],
  },
  {
    name: "a table that goes takes its sections along",
    before: ["[t]", "x = 1", "", "[u]", "y = 2", "", "[[t.s]]", "z = 3"],
    path: ["t"],
    value: undefined,
    after: ["", "[u]", "y = 2", "", ""],
  },
  {
    name: "merging a table touches only what differs",
    before: ["[t] # t", "x = 1 # x", "y = 2 # y", "[t.u]", "z = 3"],
    path: ["t"],
    value: { x: 1, y: 5, u: { z: 3 } },
    after: ["[t] # t", "x = 1 # x", "y = 5 # y", "[t.u]", "z = 3"],
  },
  {
    name: "a list changes where it differs, and its comments stay",
    before: ["l = [", "  1, # one", "  2, # two", "  3 # three", "] # l"],
    path: ["l"],
    value: [1, 5, 3, 4],
    after: ["l = [", "  1, # one", "  5, # two", "  3, # three", "  4,", "] # l"],
  },
  {
    name: "a value leaves a list with its line, or leaves its comment there",
    before: ["l = [", "  1,", "  2, # two", "  3,", "]"],
    path: ["l"],
    value: [3],
    after: ["l = [", "  # two", "  3,", "]"],
  },
  {
    name: "quoted keys, strings with signs of the syntax in them, and long strings are read for what they are",
    before: ['"a.b" = "# [x]"', 's = """', "[t]", 'q = 1"""', "'#' = 'x = 1'", "[t]", "x = ']'"],
    path: ["a.b"],
    value: '\u007F"\\\n',
    after: ['"a.b" = "\\u007F\\"\\\\\\n"', 's = """', "[t]", 'q = 1"""', "'#' = 'x = 1'", "[t]", "x = ']'"],
  },
];

for (const { name, before, path, value, after } of rows) {
  test(name, () => {
    for (const eol of ["\n", "\r\n"]) {
      const text = before.join(eol);
      assert.equal(
        editToml(text, edited(parse(text), path, value)).replace(/\r?\n$/, ""),
        after.join(eol).replace(/\r?\n$/, ""),
      );
    }
  });
}

test("a text that cannot be made to say it is refused, not damaged", () => {
  assert.throws(() => editToml("a = 1\n", { a: 2 ** 60 }), /./);
  assert.throws(() => editToml("a = 1\n", { a: Symbol("no TOML") }), /./);
});

test("whatever the file and the edit: it says what was asked for, and comments on lines of their own survive", () => {
  fc.assert(
    fc.property(document, edit, (text, [path, value]) => {
      const before = parses(text);
      fc.pre(before !== null && isPlace(before, path));
      const target = edited(before ?? {}, path, value);
      const after = editToml(text, target);
      assert.ok(sameValue(parse(after), target));
      const old = valueAt(before, path);
      // In a value that goes there may be comments, too.
      const kept = old === undefined ? marks(text) : marks(text).filter((mark) => mark.startsWith("#lone"));
      assert.deepEqual(
        marks(after).filter((mark) => kept.includes(mark)),
        kept,
      );
      if (old !== undefined && JSON.stringify(old) === JSON.stringify(value)) assert.equal(after, text);
      if (/^[^\n]*\r\n/.test(text)) assert.doesNotMatch(after, /[^\r]\n/);
    }),
    { numRuns: 3_000 },
  );
});

test("what an edit does not name stays to the byte", () => {
  fc.assert(
    fc.property(document, scalarEdit, (text, [path, value]) => {
      const before = parses(text);
      fc.pre(before !== null && isPlace(before, path) && !isTable(valueAt(before, path)));
      fc.pre(!Array.isArray(valueAt(before, path)));
      const after = editToml(text, edited(before ?? {}, path, value)).split("\n");
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      const missing = lines.filter((line) => !after.includes(line) && !after.includes(`${line}\r`));
      // The line of the value itself, or of the inline table it stands in; a long string had four.
      assert.ok(missing.length <= 4, missing.join("\n"));
      if (valueAt(before, path) === undefined) assert.ok(missing.length <= 1, missing.join("\n"));
    }),
    { numRuns: 3_000 },
  );
});

test("whatever becomes of a list: it says so, and every comment in it survives", () => {
  const item = fc.tuple(
    fc.constantFrom("1", "2", "'#'", "[1, 2]", "{ a = 1 }"),
    fc.constantFrom(",", ", ", ",\n", " ,\n  ", ", #in@\n", "\n#in@\n,\n"),
  );
  const end = fc.constantFrom("", " ", "\n", " #in@\n", "\n  #in@\n");
  const list = fc
    .tuple(end, fc.array(item, { maxLength: 5 }), fc.boolean(), end)
    .map(([first, items, hasComma, last]) => {
      const body = items.map(([value, comma], index) => (index < items.length - 1 || hasComma ? value + comma : value));
      let mark = 0;
      return `[${first}${body.join("")}${last}]`.replace(/@/g, () => `@${mark++}`);
    });
  const change = fc.tuple(
    fc.nat(5),
    fc.nat(3),
    fc.array(fc.constantFrom<unknown>(1, 2, "#", [1, 2], { a: 1 }), { maxLength: 3 }),
  );
  fc.assert(
    fc.property(list, change, fc.boolean(), (text, [at, gone, added], isInline) => {
      const before = isInline ? `t = { l = ${text} }\n` : `l = ${text} # after\n`;
      const old = parse(`l = ${text}`)["l"] as unknown[];
      const l = old.toSpliced(at, gone, ...added);
      const target = isInline ? { t: { l } } : { l };
      const after = editToml(before, target);
      assert.ok(sameValue(parse(after), target));
      assert.deepEqual(marks(after), marks(before));
    }),
    { numRuns: 3_000 },
  );
});

const key = fc.constantFrom("a", "b", "c", "model", "x-y", '"q.r"', "'sp ace'");
const scalar = fc.constantFrom(
  ..."1 -5 0x1F 1_000 1.5 inf true 2020-01-01 07:32:00 's' \"#\" '[x]' \"\"".split(" "),
  '"""\n[a]\nb = 1\n"""',
  "'''\n#'''",
);
const array = fc
  .array(scalar, { maxLength: 3 })
  .chain((all) =>
    fc.constantFrom(`[${all.join(", ")}]`, `[ #in@\n${all.map((each) => `  ${each}, #in@\n`).join("")}]`),
  );
const table = fc
  .uniqueArray(fc.tuple(key, scalar), { maxLength: 3, selector: ([name]) => name })
  .map((all) => `{ ${all.map(([name, value]) => `${name} = ${value}`).join(" , ")} }`);
const pair = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: key },
      fc.tuple(key, key).map(([a, b]) => `${a} . ${b}`),
    ),
    fc.constantFrom(" = ", "=", "  =\t"),
    fc.oneof({ weight: 4, arbitrary: scalar }, array, table),
    fc.constantFrom("", " #end@"),
  )
  .map((parts) => parts.join(""));
const line = fc.oneof({ weight: 4, arbitrary: pair }, fc.constantFrom("", "  #lone@", "#lone@ a = 1", "\t"));
const header = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.array(key, { minLength: 1, maxLength: 3 }).map((keys) => `[${keys.join(".")}]`) },
      key.map((name) => ` [[ ${name} ]]`),
    ),
    fc.constantFrom("", " #end@"),
  )
  .map((parts) => parts.join(""));
const section = fc.tuple(header, fc.array(line, { maxLength: 4 })).map(([first, rest]) => [first, ...rest]);
/** Every comment has a number. */
const document = fc
  .tuple(
    fc.array(line, { maxLength: 5 }),
    fc.array(section, { maxLength: 4 }),
    fc.constantFrom("\n", "\r\n"),
    fc.boolean(),
  )
  .map(([top, sections, eol, hasEnd]) => {
    let mark = 0;
    const text = `${[...top, ...sections.flat()].join("\n")}${hasEnd ? "\n" : ""}`;
    return text.replace(/@/g, () => `@${mark++}`).replace(/\n/g, eol);
  });

const plainKey = fc.constantFrom("a", "b", "c", "model", "x-y", "q.r", "sp ace", "new");
const path = fc.array(plainKey, { minLength: 1, maxLength: 3 });
const plainScalar = fc.oneof(
  fc.integer(),
  fc.string({ unit: "grapheme" }),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => Math.abs(number) < 2 ** 53),
);
const { value: plainValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { weight: 5, arbitrary: plainScalar },
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(plainKey, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const edit = fc.tuple(path, fc.option(plainValue, { nil: undefined }));
const scalarEdit = fc.tuple(path, plainScalar);

function parses(text: string): Table | null {
  try {
    return parse(text);
  } catch {
    // Not every document that was made up is one.
    return null;
  }
}

function marks(text: string): string[] {
  return text.match(/#(?:lone|end|in)@\d+/g) ?? [];
}

function isPlace(values: Table, at: readonly string[]): boolean {
  return at.slice(0, -1).every((_, index) => {
    const value = valueAt(values, at.slice(0, index + 1));
    return value === undefined || isTable(value);
  });
}

function edited(values: Table, [first = "", ...rest]: readonly string[], value: unknown): Table {
  const { [first]: old, ...others } = values;
  if (rest.length === 0) return value === undefined ? others : { ...values, [first]: value };
  if (old === undefined && value === undefined) return values;
  return { ...values, [first]: edited(isTable(old) ? old : {}, rest, value) };
}
