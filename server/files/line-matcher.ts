// Which of some lines a pattern matches, without ripgrep. A pattern that takes too long is given up, so that nobody else
// waits for it.
import { createContext, Script } from "node:vm";
import type { Pattern } from "./search-text.ts";

/** The first match of each line that has one: the line's index, and the character it begins at. Throws `TooSlow`. */
export type Matcher = (lines: readonly string[]) => { readonly index: number; readonly at: number }[];

export class TooSlow extends Error {}

/** A sentence instead when the pattern is no regular expression. */
export function lineMatcher({ text, isRegex, ignoresCase }: Pattern): Matcher | string {
  const source = isRegex ? text : text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  try {
    const expression = compiled(source, ignoresCase ? "i" : "");
    // Nearly all files have none of it, and to look for a plain text costs nearly nothing.
    const isPlain = !isRegex && !ignoresCase;
    return (lines) => (isPlain ? matchPlain(text, lines) : matchWithin(expression, lines));
  } catch (error) {
    return (error as Error).message;
  }
}

/** By the strict rules first, which know all of Unicode; the lenient ones take more of what other dialects have. */
function compiled(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `u${flags}`);
  } catch {
    return new RegExp(source, flags);
  }
}

function matchPlain(text: string, lines: readonly string[]): ReturnType<Matcher> {
  return lines.flatMap((line, index) => {
    const at = line.indexOf(text);
    return at < 0 ? [] : [{ index, at }];
  });
}

const maxMs = 500;
const script = new Script(
  "lines.flatMap((line, index) => { const at = line.search(pattern); return at < 0 ? [] : [{ index, at }]; })",
);

/** Only a script of its own context can be stopped while it runs. That is all it is for. */
function matchWithin(pattern: RegExp, lines: readonly string[]): ReturnType<Matcher> {
  try {
    return script.runInContext(createContext({ pattern, lines }), { timeout: maxMs }) as ReturnType<Matcher>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") throw new TooSlow();
    throw error;
  }
}
