// How much one call of a tool may add to what the model is told. Each tool keeps to it where its output begins; what a
// tool could not know of (a client's own, a long message) is cut here, so that no call can fill a context.
/** Of a command, at four bytes each. */
export const MAX_OUTPUT_TOKENS = 10_000;
/** Of text from files. */
export const MAX_OUTPUT_CHARS = 40_000;
/** Of one call. */
export const MAX_PICTURES = 8;

/** What a tool may have beyond that: a last long line, and where it goes on. */
const MORE_CHARS = 10_000;

interface Told {
  readonly output: string;
  readonly images?: readonly string[] | undefined;
}

/** The very same where it is within bounds. */
export function bounded<T extends Told>(told: T): T {
  const { output, images = [] } = told;
  const text = output.length <= MAX_OUTPUT_CHARS + MORE_CHARS ? output : shortened(output);
  if (images.length <= MAX_PICTURES) return text === output ? told : { ...told, output: text };
  const note = `[${images.length - MAX_PICTURES} more pictures left out]`;
  return { ...told, output: `${text}\n${note}`, images: images.slice(0, MAX_PICTURES) };
}

function shortened(output: string): string {
  const half = MAX_OUTPUT_CHARS / 2;
  // Half a character is none.
  const [head, tail] = [output.slice(0, half).toWellFormed(), output.slice(-half).toWellFormed()];
  return `${head}\n[... ${output.length - 2 * half} characters left out ...]\n${tail}`;
}
