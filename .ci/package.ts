// `npm run package`: builds for release and packs `belay-<version>.vsix`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

for (const argv of [
  [process.execPath, "esbuild.mjs", "--production"],
  [join("node_modules", ".bin", "vsce"), "package", "--no-dependencies", ...process.argv.slice(2)],
]) {
  const [file = "", ...args] = argv;
  const { status, error } = spawnSync(file, args, { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
