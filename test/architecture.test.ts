// The shape of the house: arrows point down, no import loops, no forbidden modules, no room over 600 lines.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const root = new URL("..", import.meta.url).pathname;

// A file of `server` imports only from its own folder and from lines below. As drawn in ARCHITECTURE.md.
const serverLayers = [
  ["start.ts"],
  ["main.ts"],
  ["doors", "commands"],
  ["app.ts"],
  ["handlers"],
  ["thread"],
  ["agent"],
  ["tools"],
  ["journal"],
  ["approval", "files", "rollout", "mcp", "instructions"],
  ["model"],
  ["sandbox", "exec", "config"],
  ["protocol"],
  ["util"],
];

/** Packages and built-ins that only these places may import. */
const reserved: Record<string, (file: string) => boolean> = {
  vscode: (file) => file.startsWith("extension/") || file.startsWith("test/vscode/"),
  "vscode-languageclient": (file) => file.startsWith("extension/"),
  openai: (file) => file === "server/model/responses.ts" || file === "server/model/responses-events.ts",
  execa: (file) => file === "server/exec/spawn.ts",
  preact: (file) => file.startsWith("webview-ui/"),
};

const MAX_LINES = 600;
const allowedLong = new Map<string, string>();

interface Import {
  from: string;
  to: string;
  isTypeOnly: boolean;
}

const files = ["server", "extension", "webview-ui", "test", "bench"].flatMap((folder) => listSources(folder));
const imports = files.flatMap(readImports);

test("folders import each other only through server/protocol", () => {
  const crossing = imports.filter(({ from, to }) => {
    const [source, target] = [from.split("/")[0], to.split("/")[0]];
    if (source === target || source === "test" || source === "bench" || !isOurs(to)) return false;
    return !to.startsWith("server/protocol/");
  });
  assert.deepEqual(crossing, []);
});

test("inside server every import points down", () => {
  const upward = imports.filter(({ from, to }) => {
    if (!from.startsWith("server/") || !to.startsWith("server/") || folderOf(from) === folderOf(to)) return false;
    return layerOf(to) <= layerOf(from);
  });
  assert.deepEqual(upward, []);
});

test("the protocol opens nothing: it imports zod and itself", () => {
  const outside = imports.filter(({ from, to }) => {
    return from.startsWith("server/protocol/") && to !== "zod" && !to.startsWith("server/protocol/");
  });
  assert.deepEqual(outside, []);
});

test("there are no import loops", () => {
  const edges = new Map<string, string[]>();
  for (const { from, to } of imports) edges.set(from, [...(edges.get(from) ?? []), to]);
  const loops: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) loops.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (done.has(file) || path.includes(file)) return;
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  // Types of a record and of the class that keeps it may name each other: nothing is loaded for them.
  const typeOnly = new Set(imports.filter(({ isTypeOnly }) => isTypeOnly).map(({ from, to }) => `${from} -> ${to}`));
  assert.deepEqual(
    loops.filter((loop) => !pairsOf(loop).some((pair) => typeOnly.has(pair))),
    [],
  );
});

test("packages stay where they belong", () => {
  const strays = imports.filter(({ from, to }) => {
    if (from.startsWith("test/") && !to.startsWith("vscode")) return false;
    const owner = Object.entries(reserved).find(([name]) => to === name || to.startsWith(`${name}/`));
    return owner !== undefined && !owner[1](from);
  });
  assert.deepEqual(strays, []);
});

test("the server uses nothing that Node 20 does not have", () => {
  const newer = /Promise\.withResolvers|URL\.parse\(|Object\.groupBy|Array\.fromAsync|import\.meta\.dirname/;
  assert.deepEqual(
    files.filter((file) => file.startsWith("server/") && newer.test(code(file))),
    [],
  );
});

test("only server/main.ts, and what starts it, touches the process it runs in", () => {
  const touching = files.filter(
    (file) =>
      file.startsWith("server/") &&
      file !== "server/main.ts" &&
      file !== "server/start.ts" &&
      /(?<![.\w])process\.\w/.test(code(file)),
  );
  assert.deepEqual(touching, []);
});

test("the server and the extension print nothing: stdout is a wire, and the log has its own way", () => {
  const printing = files.filter((file) => /^(server|extension)\//.test(file) && /\bconsole\./.test(code(file)));
  assert.deepEqual(printing, []);
});

test("zod is imported as a namespace, which leaves its locales out of the bundle", () => {
  assert.deepEqual(
    files.filter((file) => /import \{[^}]*\bz\b[^}]*\} from "zod"/.test(code(file))),
    [],
  );
});

test("no file is over 600 lines", () => {
  const long = files.filter((file) => code(file).split("\n").length > MAX_LINES && !allowedLong.has(file));
  assert.deepEqual(long, []);
});

test("every file says in its first lines what it is", () => {
  const silent = files.filter((file) => !/^(#!.*\n)?(\/\/ \S|\/\*\* \S)/.test(code(file)));
  assert.deepEqual(silent, []);
});

function listSources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith("test/fixtures/"));
}

function readImports(from: string): Import[] {
  const found = code(from).matchAll(
    /^\s*(?:import|export)\s(type\s)?[^;"']*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm,
  );
  return [...found].map(([, type, name, dynamic, bare]) => {
    const to = name ?? dynamic ?? bare ?? "";
    return {
      from,
      to: to.startsWith(".") ? relative(root, join(root, dirname(from), to)) : to,
      isTypeOnly: type !== undefined,
    };
  });
}

function code(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function isOurs(target: string): boolean {
  return /^(server|extension|webview-ui|test|bench)\//.test(target);
}

function folderOf(file: string): string {
  return file.split("/")[1] ?? "";
}

function layerOf(file: string): number {
  const at = serverLayers.findIndex((layer) => layer.includes(folderOf(file)));
  assert.notEqual(at, -1, `${file} is in no layer: add its folder to ARCHITECTURE.md and to this test`);
  return at;
}

function pairsOf(loop: string): string[] {
  const names = loop.split(" -> ");
  return names.slice(1).map((to, index) => `${names[index]} -> ${to}`);
}
