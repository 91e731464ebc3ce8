// The first bytes of an output, up to a cap. What comes after it is dropped, so that the program can go on writing.

export interface CappedOutput {
  /** Null when nothing more is wanted. `capReached` is true once, with the last bytes. */
  take(bytes: Buffer): { bytes: Buffer; capReached: boolean } | null;
}

export function cappedOutput(capBytes: number): CappedOutput {
  let left = capBytes;
  let capReached = false;
  return {
    take(bytes) {
      if (capReached) return null;
      const fitting = bytes.subarray(0, left);
      left -= fitting.length;
      capReached = left === 0;
      return { bytes: fitting, capReached };
    },
  };
}

/** The same, of which no more is taken than so many characters of JSON hold. */
export function cappedForJson(output: CappedOutput, maxChars: number): CappedOutput {
  let left = maxChars;
  return {
    take(all) {
      const taken = left > 0 ? output.take(all) : null;
      if (taken === null) return null;
      let count = 0;
      while (count < taken.bytes.length && left > 0) left -= charsInJson(taken.bytes[count++] ?? 0);
      const bytes = taken.bytes.subarray(0, count);
      return { bytes, capReached: taken.capReached || left <= 0 };
    },
  };
}

function charsInJson(byte: number): number {
  if (byte < 0x20) return 6;
  return byte === QUOTE || byte === BACKSLASH ? 2 : 1;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
