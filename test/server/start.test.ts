// The server answers `initialize` without the heavy libraries: they are loaded when they are first needed.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { build, type Metafile } from "esbuild";
import { root } from "../support/test-server.ts";

const heavy = ["openai", "execa"];
const metafile = await bundle();

test("no door loads a model's or a process library before it is needed", () => {
  const [entry = ""] = Object.keys(metafile.outputs).filter(
    (path) => metafile.outputs[path]?.entryPoint === "server/main.ts",
  );
  // What main.ts imports to open a door, and what that imports at once.
  const doors = ["server/app.ts", "server/doors/app-server.ts", "server/doors/editor.ts", "server/doors/node-ipc.ts"];
  const loaded = new Set(doors.map((door) => chunkOf(door)).flatMap((chunk) => [...reachable(chunk)]));
  for (const chunk of reachable(entry)) loaded.add(chunk);
  assert.deepEqual(
    packagesIn(loaded).filter((name) => heavy.includes(name)),
    [],
  );
  assert.ok(packagesIn(loaded).includes("zod"), "the graph was read");
});

test("both libraries are in the bundle, each behind an import of its own", () => {
  const all = new Set(Object.keys(metafile.outputs));
  for (const name of heavy) assert.ok(packagesIn(all).includes(name), name);
});

/** The server as esbuild.mjs bundles it, but only its graph. */
async function bundle(): Promise<Metafile> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { belay: "server/main.ts" },
    outdir: join(root, "out/start-test"),
    outExtension: { ".js": ".mjs" },
    ...{
      bundle: true,
      splitting: true,
      platform: "node",
      format: "esm",
      target: "node22",
      mainFields: ["module", "main"],
    },
    ...{ metafile: true, write: false, logLevel: "silent" },
  });
  return result.metafile;
}

function chunkOf(source: string): string {
  const found = Object.entries(metafile.outputs).find(([, { inputs }]) => source in inputs);
  assert.ok(found, `${source} is in no chunk`);
  return found[0];
}

/** A chunk and all it imports at once. */
function reachable(chunk: string, seen = new Set<string>()): Set<string> {
  if (seen.has(chunk)) return seen;
  seen.add(chunk);
  for (const { path, kind } of metafile.outputs[chunk]?.imports ?? []) {
    if (kind === "import-statement") reachable(path, seen);
  }
  return seen;
}

function packagesIn(chunks: Iterable<string>): string[] {
  const inputs = [...chunks].flatMap((chunk) => Object.keys(metafile.outputs[chunk]?.inputs ?? {}));
  return [...new Set(inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []))];
}
