// `npm run dev`: rebuilds the three bundles and checks types on every change. Press F5 in VS Code beside it; Belay
// restarts its server and reloads its panel when a bundle changes.
import { spawn } from "node:child_process";
import { join } from "node:path";

const children = [
  spawn(process.execPath, ["esbuild.mjs", "--watch"], { stdio: "inherit" }),
  spawn(join("node_modules", ".bin", "tsc"), ["-b", "--watch", "--preserveWatchOutput"], { stdio: "inherit" }),
];
for (const child of children) {
  child.once("exit", (code) => {
    for (const other of children) other.kill();
    process.exitCode = code ?? 1;
  });
}
