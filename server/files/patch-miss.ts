// Says why a chunk of a patch does not fit its file, in words that a model can act on. Pure.

export type Miss =
  | { readonly kind: "lines"; readonly wanted: readonly string[] }
  | { readonly kind: "ambiguous"; readonly wanted: readonly string[] /** 0-based. */; readonly hits: readonly number[] }
  | { readonly kind: "out-of-order"; readonly wanted: readonly string[] /** 0-based. */; readonly at: number }
  | { readonly kind: "not-at-end"; readonly wanted: readonly string[] /** 0-based. */; readonly at: number }
  | { readonly kind: "context"; readonly context: string };

export interface MissPlace {
  readonly path: string;
  /** 1-based, within the file. */
  readonly chunk: number;
  readonly lines: readonly string[];
}

export function describeMiss(miss: Miss, { path, chunk, lines }: MissPlace): string {
  if (miss.kind === "context") {
    const cure = 'The "@@" line must be one whole line of the file, above the lines of its chunk.';
    const nearest = nearestLines([miss.context], lines);
    return `Failed to find context '${miss.context}' in ${path}.\n\nChunk ${chunk} of this file. ${cure} ${nearest}`;
  }
  const lookedFor = shorten(miss.wanted, maxWantedLines).join("\n");
  return `Failed to find expected lines in ${path}:\n${lookedFor}\n\nChunk ${chunk} of this file. ${cureOf(miss, lines)}`;
}

// Caps on what one failure adds to the model's context.
const maxWantedLines = 100;
const maxShownLines = 10;
const maxShownCharacters = 200;

function cureOf(miss: Exclude<Miss, { kind: "context" }>, lines: readonly string[]): string {
  switch (miss.kind) {
    case "lines":
      return `Read the file and copy its lines exactly. ${nearestLines(miss.wanted, lines)}`;
    case "ambiguous": {
      const places = shorten(
        miss.hits.map((hit) => `${hit + 1}`),
        maxShownLines,
      ).join(", ");
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

function nearestLines(wanted: readonly string[], lines: readonly string[]): string {
  if (lines.length === 0) return "The file is empty.";
  const start = lines.length <= maxShownLines ? 0 : nearestStart(wanted, lines);
  if (start === null) return `Nothing like them is in the file, which has ${lines.length} lines.`;
  const count = lines.length <= maxShownLines ? lines.length : Math.min(wanted.length, maxShownLines);
  const shown = lines.slice(start, start + count).map((text, index) => `${start + index + 1}: ${cut(text)}`);
  return `The nearest lines are:\n${shown.join("\n")}`;
}

/** Where as many words as possible of the first wanted lines are, line by line; null where hardly any are. */
function nearestStart(wanted: readonly string[], lines: readonly string[]): number | null {
  const needles = wanted.slice(0, maxShownLines).map(wordsOf);
  const scores = new Float64Array(lines.length);
  for (const [at, text] of lines.entries()) {
    const words = wordsOf(text);
    for (const [index, needle] of needles.entries()) {
      const start = at - index;
      if (start >= 0) scores[start] = (scores[start] ?? 0) + shared(needle, words);
    }
  }
  const best = scores.reduce((top, score, at) => (score > (scores[top] ?? 0) ? at : top), 0);
  return (scores[best] ?? 0) >= needles.length / 4 ? best : null;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(
    text
      .slice(0, 2 * maxShownCharacters)
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu),
  );
}

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  let count = 0;
  for (const word of a) if (b.has(word)) count += 1;
  return count / Math.max(a.size, b.size);
}

function shorten(lines: readonly string[], max: number): readonly string[] {
  return lines.length <= max ? lines : [...lines.slice(0, max), `… and ${lines.length - max} more`];
}

function cut(text: string): string {
  return text.length <= maxShownCharacters ? text : `${text.slice(0, maxShownCharacters)}…`;
}
