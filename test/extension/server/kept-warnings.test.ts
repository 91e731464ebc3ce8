// Warnings about the configuration: for every panel of a server run, and only of that run.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptWarnings } from "../../../extension/server/kept-warnings.ts";

test("each panel hears what the present server said of its configuration, and nothing older", () => {
  const warnings = new KeptWarnings();
  const heard = () => {
    const said: unknown[] = [];
    warnings.panelReady({ notify: (method, params) => void said.push([method, params]) });
    return said;
  };
  warnings.runStarts();
  warnings.heard("configWarning", { summary: "No such key." });
  warnings.heard("warning", { message: "Hm." });
  assert.deepEqual([heard(), heard()], [[["configWarning", { summary: "No such key." }]], heard()]);
  warnings.runStarts();
  assert.deepEqual(heard(), []);
});
