// The colour themes that come with VS Code, by the name a person sees, and how the page shows that one is on.
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type { VscodeInstall } from "./install.ts";

type ThemeManifest = {
  publisher: string;
  name: string;
  contributes?: { themes?: { id?: string; label: string; path: string }[] };
};

/** The class that `.monaco-workbench` carries while the theme is on. Throws when there is no such theme. */
export function themeClass(install: VscodeInstall, theme: string): string {
  const known = new Map<string, string>();
  for (const folder of readdirSync(install.builtinExtensions).filter((name) => name.startsWith("theme-"))) {
    const manifest = readManifest(path.join(install.builtinExtensions, folder, "package.json"));
    for (const { id, label, path: file } of manifest.contributes?.themes ?? []) {
      // The same derivation as in VS Code (workbenchThemeService: toCSSSelector).
      const css = `${manifest.publisher}.${manifest.name}-${file.replace(/^\.\//, "")}`.replaceAll(/[^\w-]/g, "-");
      known.set(id ?? label, css);
    }
  }
  const found = known.get(theme);
  if (!found)
    throw new Error(`No built-in colour theme ${JSON.stringify(theme)}. There are: ${[...known.keys()].join(", ")}.`);
  return found;
}

function readManifest(file: string): ThemeManifest {
  return JSON.parse(readFileSync(file, "utf8"));
}
