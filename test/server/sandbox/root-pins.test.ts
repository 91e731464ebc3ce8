// A writable root stays what it was when its thread first used it.
import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { diskFacts } from "../../../server/sandbox/facts.ts";
import { RootPins } from "../../../server/sandbox/root-pins.ts";
import { temporary } from "../../support/temporary.ts";

test("a root that leads elsewhere than before is refused, for the thread that used it", () => {
  using folder = temporary();
  const [root, outside] = [join(folder.path, "packages/a"), join(folder.path, "outside")];
  mkdirSync(root, { recursive: true });
  mkdirSync(outside);
  const pins = new RootPins(diskFacts);
  assert.equal(pins.refusal("t", [root]), null);
  assert.equal(pins.refusal("t", [root]), null);
  renameSync(join(folder.path, "packages"), join(folder.path, "old"));
  assert.equal(pins.refusal("t", [root]), null, "what is not there cannot be written");
  mkdirSync(join(folder.path, "packages"));
  symlinkSync(outside, root);
  assert.equal(
    pins.refusal("t", [root]),
    `The command was not run: ${root} was ${root} when this thread first used it, and is ${outside} now, which nobody allowed to be written. Put it back, or start a new thread.`,
  );
  assert.equal(pins.refusal("another", [root]), null);
});

test("a root that did not exist may appear as a directory, and not as a link", () => {
  using folder = temporary();
  const root = join(folder.path, "later/root");
  const pins = new RootPins(diskFacts);
  assert.equal(pins.refusal("t", [root]), null);
  mkdirSync(root, { recursive: true });
  assert.equal(pins.refusal("t", [root]), null);
  rmdirSync(root);
  symlinkSync("/", root);
  assert.match(pins.refusal("t", [root]) ?? "", / and is \/ now/);
});
