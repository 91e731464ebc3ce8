// A process that is killed while it writes a patch: of each file there is the old one or the new one, whole.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { isTemporary } from "../../../server/files/replace-file.ts";
import { compileCache } from "../../support/test-server.ts";

const main = new URL("../../../server/main.ts", import.meta.url).pathname;
const killer = new URL("../../fixtures/programs/killed-at-step.ts", import.meta.url).href;

const before: Record<string, string> = {
  "changed.txt": `${"old line\n".repeat(2000)}x\n`,
  "moved.txt": "to be moved\nx\n",
  "gone.txt": "to be deleted\n",
  "other.txt": "not named\n",
};
const after: Record<string, string> = {
  "changed.txt": before["changed.txt"]?.replace(/x\n$/, "y\n") ?? "",
  "there/moved.txt": "to be moved\ny\n",
  "new/deep/added.txt": "added\n",
  "other.txt": "not named\n",
};
const patch = [
  ...["*** Begin Patch", "*** Update File: changed.txt", "@@", "-x", "+y", "*** Delete File: gone.txt"],
  ...["*** Update File: moved.txt", "*** Move to: there/moved.txt", "@@", "-x", "+y"],
  ...["*** Add File: new/deep/added.txt", "+added", "*** End Patch"],
].join("\n");

test("killed at any moment, each file is the old one or the new one, and what is left over is known by its name", {
  skip: process.platform === "win32" && "there is no SIGKILL",
  // Dozens of processes, one after the other.
  timeout: 400_000,
}, async () => {
  const seen = new Set<string>();
  let killAt = 1;
  for (; ; killAt += 1) {
    const root = await fs.mkdtemp(join(tmpdir(), "belay-killed-"));
    try {
      await fill(root, before);
      await fs.chmod(join(root, "changed.txt"), 0o750);
      const { status, signal, stderr } = apply(root, killAt);
      const found = await snapshot(root);
      if (signal === null) {
        assert.equal(status, 0, stderr);
        assert.deepEqual(found.files, after);
        assert.deepEqual(found.temporaries, []);
        break;
      }
      assert.equal(signal, "SIGKILL");
      for (const name of new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(found.files)])) {
        const allowed = [before[name], after[name]];
        assert.ok(allowed.includes(found.files[name]), `${name} after moment ${killAt}`);
      }
      // What was moved is in one of both places, or, for a moment, in both.
      assert.ok(found.files["moved.txt"] !== undefined || found.files["there/moved.txt"] !== undefined);
      assert.equal((await fs.stat(join(root, "changed.txt"))).mode & 0o777, 0o750);
      seen.add(JSON.stringify([Object.keys(found.files).toSorted(), found.files["changed.txt"]?.slice(-2)]));
    } finally {
      await fs.rm(root, { recursive: true });
    }
  }
  assert.ok(killAt > 30, `only ${killAt - 1} moments`);
  assert.ok(seen.size >= 5, `only ${seen.size} states between the old and the new one`);
});

function apply(root: string, killAt: number) {
  return spawnSync(process.execPath, ["--import", killer, main, "apply-patch", "--cwd", root], {
    input: patch,
    encoding: "utf8",
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache, KILL_AT: `${killAt}` },
  });
}

async function fill(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await fs.mkdir(dirname(join(root, name)), { recursive: true });
    await fs.writeFile(join(root, name), text);
  }
}

async function snapshot(root: string): Promise<{ files: Record<string, string>; temporaries: string[] }> {
  const entries = await fs.readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files: Record<string, string> = {};
  for (const path of paths.filter((each) => !isTemporary(each))) {
    files[relative(root, path)] = await fs.readFile(path, "utf8");
  }
  return { files, temporaries: paths.filter(isTemporary) };
}
