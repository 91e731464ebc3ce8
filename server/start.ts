#!/usr/bin/env node
// What `belay` runs: reads back what was compiled before, then hands over to main.ts. Nothing else may stand here, for
// what is imported before the cache is open is compiled anew at each start.
import { mkdirSync } from "node:fs";
import * as module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { belayHome, homeRefusal } from "./util/belay-home.ts";

// Node 22.8 and later. The folder is ours alone: one that others may write to could hold their code. The doctor looks at
// the home as it is, and leaves nothing there.
const home = belayHome(process.env, homedir());
const isOurs = homeRefusal(home, process.getuid?.() ?? null) === null;
if (isOurs && !process.argv.includes("doctor")) module.enableCompileCache?.(privateFolder());
// Node keeps it when the process ends; a server that is killed should have left it as well.
setTimeout(() => module.flushCompileCache?.(), 2_000).unref();

await import("./main.ts");

/** Node would make it for everybody to read, and the home around it, too. */
function privateFolder(): string {
  const folder = join(home, "cache", "code");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // Node cannot use it either, says nothing, and compiles anew.
  }
  return folder;
}
