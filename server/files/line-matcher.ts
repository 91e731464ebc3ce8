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
    // To look for a plain text takes no time to speak of.
    if (!isRegex && !ignoresCase) return (lines) => matchPlain(text, lines);
    return matchWithin(compiled(source, ignoresCase ? "i" : ""));
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
/** The time may have passed while this process could not run; hardly so twice in a row. */
const maxTries = 2;
const code =
  "lines.flatMap((line, index) => { const at = line.search(pattern); return at < 0 ? [] : [{ index, at }]; })";

/** Only a script of its own context can be stopped while it runs. That is all it is for. */
function matchWithin(pattern: RegExp): Matcher {
  const script = new Script(code);
  const surroundings = { pattern, lines: [] as readonly string[] };
  const context = createContext(surroundings);
  return (lines) => {
    surroundings.lines = lines;
    for (let left = maxTries; ; left--) {
      try {
        return script.runInContext(context, { timeout: maxMs }) as ReturnType<Matcher>;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
        if (left === 1) throw new TooSlow();
      }
    }
  };
}
