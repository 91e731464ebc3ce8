// Lines that only look, and lines that must never run unasked. `/w` is the workspace.
import { readFileSync } from "node:fs";

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8").trim();

export const harmless: readonly string[] = read("harmless.txt").split("\n");

/** In the file, blocks of lines under the name of their class; `\\u0430` and the like stand for characters. */
export const attacks: readonly (readonly [line: string, kind: string])[] = read("attacks.txt")
  .split("\n\n")
  .flatMap((block) => {
    const [kind = "", ...lines] = block.split("\n");
    return lines.map((line) => [decoded(line), kind] as const);
  });

function decoded(line: string): string {
  const escape = /\\u\{([0-9a-f]+)\}|\\u([0-9a-f]{4})|\\n(?=rm|x)|\\r(?=rm)|\\t(?=-)/g;
  return line.replace(escape, (found, long?: string, short?: string) => {
    const code = long ?? short;
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    return found === "\\n" ? "\n" : found === "\\r" ? "\r" : "\t";
  });
}
