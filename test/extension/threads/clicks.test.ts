// Two clicks on a row and a double click.
import assert from "node:assert/strict";
import test from "node:test";
import { Clicks } from "../../../extension/threads/clicks.ts";

test("two clicks on one row soon after each other are a double click, and only those", async () => {
  let now = 0;
  const clicks = new Clicks(() => now);
  const at = (ms: number, id: string) => {
    now = ms;
    return clicks.isDouble(id);
  };
  assert.equal(at(0, "a"), false);
  assert.equal(at(300, "b"), false, "another row");
  assert.equal(at(500, "a"), false, "the row between was another");
  assert.equal(at(1001, "a"), false, "too late");
  assert.equal(at(1400, "a"), true);
  assert.equal(at(1500, "a"), false, "a third click begins anew");
  assert.equal(at(1600, "a"), true);
  await clicks.keyed(async () => assert.equal(at(1700, "a"), false, "a key"));
  assert.equal(at(1800, "a"), false, "the first click after it");
  assert.equal(at(1900, "a"), true);
  assert.equal(at(2000, "a"), false);
  clicks.shown("a");
  assert.equal(at(2100, "a"), true, "the first one showed it");
  assert.equal(at(2200, "a"), false);
  clicks.shown(null);
  assert.equal(at(2300, "a"), false, "a new thread came on show between the two");
  await clicks.keyed(async () => at(2400, "a"));
  assert.equal(at(2500, "a"), false, "a key was pressed between the two");
});

test("a key that opens no row leaves the next click one, and a row that is clicked meanwhile is told of", async () => {
  const clicks = new Clicks(() => 0);
  assert.equal(await clicks.keyed(async () => undefined), true, "it opened a group");
  assert.equal(clicks.isDouble("a"), false);
  assert.equal(clicks.isDouble("a"), true);
  const click = () => void clicks.isDouble("b");
  assert.equal(await clicks.keyed(async () => click()), true, "the key's own");
  assert.equal(await clicks.keyed(async () => [click(), click()]), false);
});
