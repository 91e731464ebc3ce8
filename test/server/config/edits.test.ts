// What an edit means before any text is touched: key paths, merging, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { applyEdits, parseKeyPath } from "../../../server/config/edits.ts";
import type { ConfigEdit } from "../../../server/protocol/config.ts";

const paths: readonly [keyPath: string, parts: string[] | string][] = [
  ["model", ["model"]],
  ["a.b.c", ["a", "b", "c"]],
  ['projects."/x.y/z".trust_level', ["projects", "/x.y/z", "trust_level"]],
  ['"a\\"b"', ['a"b']],
  [" a . b ", [" a ", " b "]],
  ["", "keyPath must not be empty"],
  ["a..b", "keyPath segments must not be empty"],
  ["a.", "keyPath segments must not be empty"],
  ['a."b', "unterminated quoted keyPath segment"],
  ['a.b"c.d"', "invalid quoted keyPath segment"],
  ['"a"b', "invalid quoted keyPath segment"],
  ['"\\x"', "invalid quoted keyPath segment"],
  ["a.".repeat(40), "keyPath has more than 32 segments"],
];
for (const [keyPath, expected] of paths) {
  test(`the key path ${JSON.stringify(keyPath)}`, () => {
    if (typeof expected === "string") assert.throws(() => parseKeyPath(keyPath), { message: expected, code: -32600 });
    else assert.deepEqual(parseKeyPath(keyPath), expected);
  });
}

const values = { model: "m", t: { x: 1, u: { y: 2 } }, list: [1] };
const replace = (keyPath: string, value: ConfigEdit["value"]): ConfigEdit => ({
  keyPath,
  value,
  mergeStrategy: "replace",
});
const upsert = (keyPath: string, value: ConfigEdit["value"]): ConfigEdit => ({
  keyPath,
  value,
  mergeStrategy: "upsert",
});

const edits: readonly [name: string, edit: ConfigEdit[], expected: object | string][] = [
  ["a value is replaced", [replace("model", "n")], { ...values, model: "n" }],
  ["tables on the way are made", [replace("a.b.c", 1)], { ...values, a: { b: { c: 1 } } }],
  ["replacing a table forgets what it had", [replace("t", { z: 3 })], { ...values, t: { z: 3 } }],
  ["merging keeps it, all the way down", [upsert("t", { u: { z: 3 } })], { ...values, t: { x: 1, u: { y: 2, z: 3 } } }],
  ["merging replaces a list", [upsert("list", [2])], { ...values, list: [2] }],
  ["null takes a key out", [replace("t.x", null)], { ...values, t: { u: { y: 2 } } }],
  ["null for what is not there changes nothing", [replace("no.such", null), replace("model.x", null)], values],
  ["the last of two edits stands", [replace("model", "a"), replace("model", "b")], { ...values, model: "b" }],
  ["what is not known here is kept for others", [replace("tui.theme", "x")], { ...values, tui: { theme: "x" } }],
  ["there is nothing inside a string", [replace("model.x", 1)], "cannot set value on non-table parent"],
  [
    "TOML has no null",
    [replace("a", { b: [null] })],
    "invalid value: invalid type: null, expected any valid TOML value",
  ],
  [
    "nesting without end",
    [replace("a", JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`))],
    "invalid value: nested more than 32 deep",
  ],
  [
    "a word that is none of the choices",
    [replace("sandbox_mode", "nope")],
    "Invalid configuration: unknown variant `nope`, expected one of `read-only`, `workspace-write`, `danger-full-access`\nin `sandbox_mode`\n",
  ],
  [
    "another type, deeper than the edit",
    [replace("sandbox_workspace_write", { network_access: "x" })],
    'Invalid configuration: invalid type: string "x", expected a boolean\nin `sandbox_workspace_write.network_access`\n',
  ],
];
for (const [name, edit, expected] of edits) {
  test(name, () => {
    if (typeof expected !== "string") return assert.deepEqual(applyEdits(values, edit), expected);
    const data = { config_write_error_code: "configValidationError" };
    return assert.throws(() => applyEdits(values, edit), { message: expected, code: -32600, data });
  });
}

test("a mistake elsewhere in the file does not stand in the way, and can itself be corrected", () => {
  const spoilt = { sandbox_mode: "nope", model: 5 };
  assert.deepEqual(applyEdits(spoilt, [replace("model", "m")]), { sandbox_mode: "nope", model: "m" });
});
