// `npm run package`: builds for release and packs `belay-<version>.vsix`, which runs everywhere. With
// `-- --target linux-x64` one for that platform, which carries its terminals as well.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

// No repository is named in the manifest, so links in the README stay as they are.
const vsceFlags = ["--allow-missing-repository", "--no-rewrite-relative-links"];

const at = process.argv.indexOf("--target");
const target = at < 0 ? [] : process.argv.slice(at, at + 2);

for (const argv of [
  [process.execPath, "esbuild.mjs", "--production", ...target],
  [join("node_modules", ".bin", "vsce"), "package", "--no-dependencies", ...vsceFlags, ...process.argv.slice(2)],
]) {
  const [file = "", ...args] = argv;
  const { status, error } = spawnSync(file, args, { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
