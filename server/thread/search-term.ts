// What a line of a rollout that has a text in it must look like, to ripgrep and to ourselves. Wrong only in one
// direction: a line that passes is read, and then the text itself is looked for. Pure.
import { folded } from "./find-text.ts";

export interface LineFilter {
  /** For ripgrep, which is to ignore case. */
  readonly pattern: string;
  /** Of one line or many. */
  mayHold(text: string): boolean;
}

/**
 * An escape that `JSON.stringify`, which writes our lines, would not have made: someone else wrote this line, and any
 * character may stand in it in two ways. An odd number of backslashes begins an escape.
 */
const foreignEscape = String.raw`(?:^|[^\\])(?:\\\\)*\\(?:/|u(?:000[89acd]|00[2-9a-f][0-9a-f]|0[1-9a-f]|[1-9a-f]))`;

export function lineFilter(term: string): LineFilter {
  // Half a character, and what stands for bytes that are no text, look different on the disk: all lines may have them.
  if (!term.isWellFormed() || term.includes("\uFFFD")) return { pattern: "", mayHold: () => true };
  const written = JSON.stringify(term).slice(1, -1);
  const needle = folded(written);
  const foreign = new RegExp(foreignEscape, "im");
  return {
    pattern: `${written.replace(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`)}|${foreignEscape}`,
    mayHold: (text) => folded(text).includes(needle) || (text.includes("\\") && foreign.test(text)),
  };
}
