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
