// Keys that are probably meant to be another.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../../server/config/load.ts";
import { misspelledKeys } from "../../../server/config/misspelled.ts";

test("a key that is a typing error away from a known one is named with the one that was meant", () => {
  assert.deepEqual(
    misspelledKeys(["aproval_policy", "sandbox_mod", "model"], ["approval_policy", "sandbox_mode", "model"]),
    [
      { key: "aproval_policy", meant: "approval_policy" },
      { key: "sandbox_mod", meant: "sandbox_mode" },
    ],
  );
});

test("a key of another program is left in peace", () => {
  assert.deepEqual(misspelledKeys(["projects", "mcp_servers", "tui"], ["approval_policy", "model"]), []);
});

test("a misspelled restriction does not pass in silence", async () => {
  const home = mkdtempSync(join(tmpdir(), "belay-config-"));
  try {
    const path = join(home, "config.toml");
    writeFileSync(path, 'aproval_policy = "untrusted"\n');
    const { warnings } = await loadConfig(home, []);
    assert.deepEqual(warnings, [
      {
        summary: "There is no configuration key aproval_policy.",
        details: `Did you mean approval_policy? Correct it in ${path} and restart the server.`,
        path,
      },
    ]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
