// The last look before an edit: whether its files are where they were approved to be.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { findMoved } from "../../../extension/edits/real-paths.ts";

test("files that are where they were approved to be are not moved, there or yet to be made, through links or not", {
  skip: process.platform === "win32" && "POSIX links",
}, (t) => {
  const root = folder(t);
  writeFileSync(join(root, "a"), "");
  mkdirSync(join(root, "real"));
  symlinkSync("real", join(root, "link"));
  symlinkSync("real/none", join(root, "dangling"));
  const places = { a: "a", "new/deep/b": "new/deep/b", "link/c": "real/c", dangling: "real/none" };
  const entries = Object.entries(places).map(([name, real]) => [uriIn(root, name), join(root, real)]);
  assert.equal(findMoved(Object.fromEntries(entries)), null);
});

test("a file whose folder was replaced by a link, a loop and what is no file are moved", {
  skip: process.platform === "win32" && "POSIX links",
}, (t) => {
  const root = folder(t);
  mkdirSync(join(root, "in"));
  mkdirSync(join(root, "out"));
  const approved = { [uriIn(root, "a")]: join(root, "a"), [uriIn(root, "in/b")]: join(root, "in/b") };
  assert.equal(findMoved(approved), null);
  renameSync(join(root, "in"), join(root, "elsewhere"));
  symlinkSync("out", join(root, "in"));
  assert.equal(findMoved(approved), uriIn(root, "in/b"));
  symlinkSync("loop", join(root, "loop"));
  assert.equal(findMoved({ [uriIn(root, "loop/x")]: join(root, "loop/x") }), uriIn(root, "loop/x"));
  assert.equal(findMoved({ "untitled:a": "/a" }), "untitled:a");
});

function folder(t: { after(clean: () => void): void }): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "belay-real-")));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

function uriIn(root: string, name: string): string {
  return pathToFileURL(join(root, name)).href;
}
