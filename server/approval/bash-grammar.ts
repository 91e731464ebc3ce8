// Loads the parser of bash when it is first needed. Its two wasm files lie beside the bundle, or in their packages when
// the sources are run as they are.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Node, Parser } from "web-tree-sitter";

let loading: Promise<Parser> | null = null;

/** Calls `read` with the tree's root, which must not be kept. Rejects when the parser cannot be loaded. */
export async function withTree<T>(script: string, read: (root: Node) => T): Promise<T> {
  const parser = await (loading ??= load());
  const tree = parser.parse(script);
  if (tree === null) throw new Error("The parser of bash has no language.");
  try {
    return read(tree.rootNode);
  } finally {
    tree.delete();
  }
}

async function load(): Promise<Parser> {
  const { Language, Parser } = await import("web-tree-sitter");
  await Parser.init({ locateFile: () => locate("web-tree-sitter/web-tree-sitter.wasm") });
  const parser = new Parser();
  parser.setLanguage(await Language.load(locate("tree-sitter-bash/tree-sitter-bash.wasm")));
  return parser;
}

function locate(inPackages: string): string {
  const beside = fileURLToPath(new URL(`./${inPackages.split("/")[1] ?? ""}`, import.meta.url));
  return existsSync(beside) ? beside : createRequire(import.meta.url).resolve(inPackages);
}
