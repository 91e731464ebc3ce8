// What holds for every wire that carries messages as JSON text.

export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** A wire that holds more than this is not being read. */
export const FULL_BYTES = 2 * 1024 * 1024;

/** Undefined, which no JSON is: the text was bad, and `onBadText` was told why. */
export function parsed(text: string, onBadText: (reason: string) => void): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    onBadText((error as Error).message);
    return undefined;
  }
}
