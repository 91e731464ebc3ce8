// Says why a chunk of a patch does not fit its file, in words that a model can act on. Pure.
import type { LineSearch } from "./line-search.ts";
import { likeness } from "./patch-fuzzy.ts";

export type Miss =
  | { readonly kind: "lines"; readonly wanted: readonly string[] }
  | { readonly kind: "ambiguous"; readonly wanted: readonly string[] /** 0-based. */; readonly hits: readonly number[] }
  | { readonly kind: "out-of-order"; readonly wanted: readonly string[] /** 0-based. */; readonly at: number }
  | { readonly kind: "not-at-end"; readonly wanted: readonly string[] /** 0-based. */; readonly at: number }
  | {
      readonly kind: "context";
      readonly context: string;
      /** 0-based: where such lines are, though none that may be meant. */
      readonly hits: readonly number[];
    };

export interface MissPlace {
  readonly path: string;
  /** 1-based, within the file. */
  readonly chunk: number;
  readonly search: LineSearch;
}

export function describeMiss(miss: Miss, { path, chunk, search }: MissPlace): string {
  if (miss.kind === "context") {
    const cure = 'The "@@" line must be one whole line of the file, above the lines of its chunk.';
    const alike = `Lines ${numbered(miss.hits)} are like it, and none is clearly meant: copy one exactly, and order the chunks as the file does.`;
    const found = miss.hits.length > 0 ? alike : nearestLines([miss.context], search);
    return `Failed to find context '${miss.context}' in ${path}.\n\nChunk ${chunk} of this file. ${cure} ${found}`;
  }
  const lookedFor = shorten(miss.wanted, maxWantedLines).join("\n");
  return `Failed to find expected lines in ${path}:\n${lookedFor}\n\nChunk ${chunk} of this file. ${cureOf(miss, search)}`;
}

// Caps on what one failure adds to the model's context.
const maxWantedLines = 100;
const maxShownLines = 10;
const maxShownCharacters = 200;
// Bounds on the search, so that a miss in a large file costs no more than a hit.
const maxWords = 5;
const maxPlacesOfWord = 20;

function cureOf(miss: Exclude<Miss, { kind: "context" }>, search: LineSearch): string {
  switch (miss.kind) {
    case "lines":
      return `Read the file and copy its lines exactly. ${nearestLines(miss.wanted, search)}`;
    case "ambiguous": {
      const places = numbered(miss.hits);
      return `Only without regard to white space and punctuation are they found, at lines ${places}. Copy one place exactly.`;
    }
    case "out-of-order":
      return `They are at line ${miss.at + 1}, above where this chunk may start: order the chunks as the file does, each below its "@@" lines.`;
    case "not-at-end":
      return `They are at line ${miss.at + 1}, not at the end of the file: leave out "*** End of File".`;
    default:
      return miss satisfies never;
  }
}

function numbered(hits: readonly number[]): string {
  return shorten(
    hits.map((hit) => `${hit + 1}`),
    maxShownLines,
  ).join(", ");
}

function nearestLines(wanted: readonly string[], search: LineSearch): string {
  const { lines } = search;
  if (lines.count === 0) return "The file is empty.";
  const start = nearestStart(wanted, search);
  if (start === null && lines.count > maxShownLines) {
    return `Nothing like them is in the file, which has ${lines.count} lines.`;
  }
  const from = lines.count <= maxShownLines ? 0 : (start ?? 0);
  const count = lines.count <= maxShownLines ? lines.count : Math.min(wanted.length, maxShownLines);
  const shown = lines.texts(from, Math.min(lines.count, from + count));
  const listed = shown.map((text, index) => `${from + index + 1}: ${cut(text)}`).join("\n");
  return `The nearest lines are:\n${listed}${start === null ? "" : firstDifference(wanted, start, search)}`;
}

/** Spelled so that also white space can be told apart. */
function firstDifference(wanted: readonly string[], start: number, { lines }: LineSearch): string {
  const index = wanted.findIndex((text, at) => start + at >= lines.count || lines.text(start + at) !== text);
  if (index === -1) return "";
  const expected = `the patch has ${JSON.stringify(cut(wanted[index] ?? ""))}`;
  if (start + index >= lines.count) return `\nThe file ends after line ${lines.count}, where ${expected}.`;
  const found = JSON.stringify(cut(lines.text(start + index)));
  return `\nThe first that differs is line ${start + index + 1}: the file has ${found}, ${expected}.`;
}

/** Where the first wanted lines are most alike, line by line; null where hardly any are. */
function nearestStart(wanted: readonly string[], search: LineSearch): number | null {
  const needles = wanted.slice(0, maxShownLines);
  let best: { start: number; score: number } | null = null;
  for (const start of candidates(needles, search)) {
    const score = needles.reduce((sum, text, index) => sum + likeness(text, search.lines.text(start + index)), 0);
    if (best === null || score > best.score) best = { start, score };
  }
  return best !== null && best.score >= needles.length / 4 ? best.start : null;
}

/** Lines that hold one of the wanted words, as places where the first wanted line could be. */
function candidates(needles: readonly string[], { lines }: LineSearch): number[] {
  const starts = new Set<number>();
  for (const [index, text] of needles.entries()) {
    const words = new Set(text.slice(0, 2 * maxShownCharacters).match(/[\p{L}\p{N}_]{2,}|[^\s\p{L}\p{N}_]+/gu));
    for (const word of [...words].toSorted((a, b) => b.length - a.length).slice(0, maxWords)) {
      let at = lines.source.indexOf(word);
      for (let count = 0; at !== -1 && count < maxPlacesOfWord; count += 1) {
        const line = lines.lineAt(at);
        if (line >= index) starts.add(line - index);
        at = lines.source.indexOf(word, lines.start(line + 1));
      }
    }
  }
  return [...starts].toSorted((a, b) => a - b);
}

function shorten(lines: readonly string[], max: number): readonly string[] {
  return lines.length <= max ? lines : [...lines.slice(0, max), `… and ${lines.length - max} more`];
}

function cut(text: string): string {
  return text.length <= maxShownCharacters ? text : `${text.slice(0, maxShownCharacters)}…`;
}
