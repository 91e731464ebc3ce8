// Which paths of a model's text may be opened.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openablePath } from "../../../extension/panel/openable-path.ts";

test("paths of this machine are opened, below the folder where they are relative", () => {
  assert.equal(openablePath("src/a.ts", "/shop"), "/shop/src/a.ts");
  assert.equal(openablePath("/etc/hosts", "/shop"), "/etc/hosts");
  assert.equal(openablePath("src/a:b.ts", "/shop"), "/shop/src/a:b.ts");
});

test("addresses of other machines and other schemes are not", () => {
  for (const path of [
    "\\\\evil.test\\share\\x.txt",
    "//evil.test/share",
    "\\/evil.test/x",
    "file:///etc/passwd",
    "vscode-vfs://x/y",
    "command:x",
    "a\0b",
  ]) {
    assert.equal(openablePath(path, "/shop"), null, path);
  }
});
