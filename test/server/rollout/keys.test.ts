// What the index calls the files of a home: the same on every system, and nothing outside the home.
import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { test } from "node:test";
import { isRolloutPlace, keyOf } from "../../../server/rollout/files.ts";
import { parseRow, rowLine } from "../../../server/rollout/index-rows.ts";

const name = "rollout-2026-01-02T03-04-05-01890000-0000-7000-8000-000000000000.jsonl";
const key = `threads/2026/01/02/${name}`;

test("a file has the same key on Windows as elsewhere, and a row with it is read back", () => {
  const paths = [
    [win32, "C:\\Users\\me\\.belay", `C:\\Users\\me\\.belay\\threads\\2026\\01\\02\\${name}`],
    [win32, "C:\\Users\\me\\.belay", `C:/Users/me/.belay/threads/2026/01/02/${name}`],
    [win32, "\\\\server\\share\\home", `\\\\server\\share\\home\\threads\\2026\\01\\02\\${name}`],
    [posix, "/home/me/.belay", `/home/me/.belay/threads/2026/01/02/${name}`],
  ] as const;
  for (const [platform, home, path] of paths) {
    assert.equal(keyOf(home, path, platform), key);
    assert.equal(win32.join("C:\\home", key), `C:\\home\\threads\\2026\\01\\02\\${name}`);
  }
  const gone = { path: key, isGone: true } as const;
  assert.deepEqual(parseRow(rowLine(gone)), gone);
  const folder = { folder: "threads/2026/01/02", mtimeMs: 1, files: 1, folders: 0 };
  assert.deepEqual(parseRow(rowLine(folder)), folder);
});

test("no key leads out of the home, by slashes or by backslashes", () => {
  assert.deepEqual([key, "threads", "archived", `archived/${name}`].map(isRolloutPlace), [true, true, true, true]);
  const out = ["", "..", "threads/../x", "threads/..", "threads//x", "/threads", "threads\\..\\..\\x", "threads\\x"];
  for (const each of [...out, "threads/a\\..\\b", "threads/a\0b", "threadsx", `C:\\threads\\${name}`]) {
    assert.equal(isRolloutPlace(each), false, each);
  }
});
