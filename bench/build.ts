// The bundles as they are packaged, built beside the checkout so that its own dist stays as it is.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

// esbuild.mjs reads and writes where it is started.
const sources = ["server", "extension", "webview-ui", "node_modules", "package.json", "esbuild.mjs"];

/** Builds in `dir`, which it creates; returns the server's file. */
export function buildServer(checkout: string, dir: string): string {
  mkdirSync(dir);
  for (const name of sources) symlinkSync(join(checkout, name), join(dir, name));
  const built = spawnSync(process.execPath, ["esbuild.mjs", "--production"], { cwd: dir, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`the bundles cannot be built; run \`npm run build\`:\n${built.stderr}`);
  return join(dir, "dist", "belay.mjs");
}

/** Of all that lies beside the server and is packaged with it. */
export function bundleBytes(server: string): number {
  return readdirSync(dirname(server), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".map"))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
