// How lines and names of files are shown to the model: numbered, bounded, and one line each whatever is in them. Pure.

export interface NumberedLine {
  readonly number: number;
  readonly text: string;
  /** There is more of it that was not even read. */
  readonly isCut?: boolean;
}

/** In characters, of one line. */
const MAX_LINE_CHARS = 8_000;

/** As many as fit into `maxChars`; `next` is the first line that did not, null when all did. The first one always fits. */
export function numbered(lines: readonly NumberedLine[], maxChars: number): { text: string; next: number | null } {
  const shown: string[] = [];
  let left = maxChars;
  for (const line of lines) {
    const text = `${line.number}\t${cut(line)}`;
    left -= text.length + 1;
    if (left < 0 && shown.length > 0) return { text: shown.join("\n"), next: line.number };
    shown.push(text);
  }
  return { text: shown.join("\n"), next: null };
}

function cut({ text, isCut = false }: NumberedLine): string {
  const more = text.length - MAX_LINE_CHARS;
  if (more <= 0 && !isCut) return text;
  return `${text.slice(0, MAX_LINE_CHARS)} … [line cut, ${isCut ? "much more" : `${more} more characters`}]`;
}

/** A name that cannot pass for anything else: control characters, and those that change a line's direction, escaped. */
export function shownName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === "\n" ? "\\n" : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
