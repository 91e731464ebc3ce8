// `npm run dev`: rebuilds the bundles and checks types on every change.
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
