// The only build file: the bundles, and what lies beside them. `--watch` rebuilds on change. `--target linux-x64` adds
// what is made for one platform; without it a build for release has nothing of the kind, and any other what is here.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build, context } from "esbuild";

const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");
const target = process.argv.includes("--target")
  ? process.argv[process.argv.indexOf("--target") + 1]
  : !production && `${process.platform}-${process.arch}`;
const { version } = JSON.parse(await readFile("package.json", "utf8"));

const shared = {
  bundle: true,
  sourcemap: production ? false : "linked",
  minify: production,
  logLevel: "warning",
  metafile: true,
  define: { __BELAY_VERSION__: JSON.stringify(version) },
  mainFields: ["module", "main"],
};

// Most of the extension's weight is the language client, which is not needed before the server starts. As a file of its
// own it costs nothing when the extension is activated.
const languageClient = "vscode-languageclient/node";
const languageClientApart = {
  name: "language client apart",
  setup(build) {
    build.onResolve({ filter: new RegExp(`^${languageClient}$`) }, ({ kind }) =>
      kind === "entry-point" ? null : { path: "./languageclient.cjs", external: true },
    );
  },
};

// What starts it stays small: it opens the cache of compiled code that the rest is read from.
const serverApart = {
  name: "server apart",
  setup(build) {
    build.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: "./lib/server.cjs", external: true }));
  },
};

// The same for the server's heavy libraries, each behind import(). Our own code stays one file: a dozen small ones cost
// more to find than this one to read, and what is behind import() in it is not run before it is asked for.
const serverLibraries = ["openai", "execa", "ws", "jose", "web-tree-sitter"];
const serverLibrariesApart = {
  name: "server libraries apart",
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(${serverLibraries.join("|")})$`) }, ({ path, kind }) =>
      kind === "entry-point" ? null : { path: `./${path}.mjs`, external: true },
    );
  },
};

const serverCode = {
  ...shared,
  outExtension: { ".js": ".mjs" },
  platform: "node",
  target: "node20",
  format: "esm",
  banner: {
    js: [
      "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
      // All that execa needs of a newer Node than 20, and needs it while it loads.
      "Set.prototype.union??=function(other){return new Set([...this,...other])};",
    ].join("\n"),
  },
};

/** @type {import("esbuild").BuildOptions[]} */
const bundles = [
  {
    ...shared,
    entryPoints: { extension: "extension/main.ts", languageclient: languageClient },
    plugins: [languageClientApart],
    // As `require`, which sees all exports of a CommonJS file; a native import() sees only those it can guess.
    supported: { "dynamic-import": false },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    platform: "node",
    target: "node22",
    format: "cjs",
    external: ["vscode"],
  },
  { ...serverCode, entryPoints: { belay: "server/start.ts" }, outdir: "dist", plugins: [serverApart] },
  {
    ...serverCode,
    entryPoints: { server: "server/main.ts" },
    outdir: "dist/lib",
    plugins: [serverLibrariesApart],
    // Node builds a module facade for each of its own modules that ESM imports, and none for those that are required.
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    define: { ...shared.define, "import.meta.url": "__importMetaUrl" },
    banner: { js: "const __importMetaUrl=require('node:url').pathToFileURL(__filename).href;" },
  },
  { ...serverCode, entryPoints: serverLibraries, outdir: "dist/lib", plugins: [serverLibrariesApart] },
  {
    ...shared,
    entryPoints: { main: "webview-ui/main.tsx" },
    outdir: "dist/webview",
    platform: "browser",
    target: "chrome130",
    format: "iife",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
  },
];

await rm("dist", { recursive: true, force: true });
await mkdir("dist/webview", { recursive: true });
await cp("server/model/demo-script.json", "dist/demo-script.json");
for (const wasm of ["web-tree-sitter/web-tree-sitter.wasm", "tree-sitter-bash/tree-sitter-bash.wasm"]) {
  await cp(`node_modules/${wasm}`, `dist/lib/${wasm.split("/")[1]}`);
}

await copyTerminals();

if (watch) {
  for (const options of bundles) await (await context({ ...options, logLevel: "info" })).watch();
} else {
  const results = await Promise.all(bundles.map((options) => build(options)));
  await chmod("dist/belay.mjs", 0o755);
  await mkdir("out", { recursive: true });
  await writeFile("out/metafile.json", JSON.stringify(results.map(({ metafile }) => metafile)));
}

/** node-pty's native part and what it starts: of its JavaScript nothing is used (server/exec/native-pty.ts). */
async function copyTerminals() {
  if (!target || target.startsWith("win32")) return;
  try {
    const from = dirname(createRequire(import.meta.url).resolve(`@lydell/node-pty-${target}/pty.node`));
    for (const name of await readdir(from)) {
      if (name === "pty.node" || name === "spawn-helper") await cp(join(from, name), join("dist/lib/pty", name));
    }
  } catch (error) {
    // npm installs it for one platform only, and may leave it out.
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    if (production) console.warn(`@lydell/node-pty-${target} is not installed: this build has no terminals of its own`);
  }
}
