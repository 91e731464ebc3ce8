// Characters that a person does not see, or that make text look like other text. In front of a decision each one is
// shown by its code.

/** A run of ordinary text, or one hidden character by its escape, e.g. `\u{202E}`. */
export type TextRun = { kind: "text"; text: string } | { kind: "hidden"; escape: string; name: string };

// Controls, formats (bidirectional ones, zero width), unassigned and private ones, what renderers ignore, separators
// and every space but the ordinary one.
const hidden = /[[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\p{Zs}]--[ \n\t]]/v;
const allHidden = new RegExp(hidden.source, "gv");
// As much blank as pushes what follows out of sight: to the right, or down.
const wideGap = /[ \t]{40,}|\n(?:[ \t]*\n){3,}/;
const allHiddenAndGaps = new RegExp(`${wideGap.source}|${hidden.source}`, "gv");

/** `gaps`: long runs of spaces and of empty lines are shown by their length too. */
export function textRuns(text: string, options: { gaps: boolean } = { gaps: false }): TextRun[] {
  if (!hidden.test(text) && !(options.gaps && wideGap.test(text))) return text === "" ? [] : [{ kind: "text", text }];
  const runs: TextRun[] = [];
  let from = 0;
  for (const match of text.matchAll(options.gaps ? allHiddenAndGaps : allHidden)) {
    if (match.index > from) runs.push({ kind: "text", text: text.slice(from, match.index) });
    runs.push(...(wideGap.test(match[0]) ? describeGap(match[0]) : [describe(match[0])]));
    from = match.index + match[0].length;
  }
  if (from < text.length) runs.push({ kind: "text", text: text.slice(from) });
  return runs;
}

/** The same as one string, for names that a screen reader speaks and for titles. */
export function visibleText(text: string): string {
  return hidden.test(text) ? text.replaceAll(allHidden, (character) => describe(character).escape) : text;
}

function describe(character: string): Extract<TextRun, { kind: "hidden" }> {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return { kind: "hidden", escape: `\\u{${code}}`, name: names[code] ?? `Hidden character U+${code.padStart(4, "0")}` };
}

function describeGap(gap: string): TextRun[] {
  const lines = gap.split("\n").length - 1;
  if (lines === 0) return [{ kind: "hidden", escape: `\u{23b5}×${gap.length}`, name: `${gap.length} spaces` }];
  // What follows still begins on a line of its own.
  const lineEnd = { kind: "text" as const, text: "\n" };
  return [lineEnd, { kind: "hidden", escape: `\u{21b5}×${lines}`, name: `${lines} line ends` }, lineEnd];
}

// Only those met in practice; any other is named by its number.
const names: Record<string, string> = {
  "7": "Bell",
  "8": "Backspace",
  D: "Carriage return",
  "1B": "Escape",
  A0: "No-break space",
  AD: "Soft hyphen",
  "200B": "Zero width space",
  "200C": "Zero width non-joiner",
  "200D": "Zero width joiner",
  "200E": "Left-to-right mark",
  "200F": "Right-to-left mark",
  "2028": "Line separator",
  "2029": "Paragraph separator",
  "202A": "Left-to-right embedding",
  "202B": "Right-to-left embedding",
  "202C": "Pop directional formatting",
  "202D": "Left-to-right override",
  "202E": "Right-to-left override",
  "2066": "Left-to-right isolate",
  "2067": "Right-to-left isolate",
  "2068": "First strong isolate",
  "2069": "Pop directional isolate",
  FEFF: "Zero width no-break space",
};
