// Streams a command's output to the clients no faster than they can draw it. What comes in a burst is told in full; of a
// flood behind that the newest is told, with a count of what is left out. The completed item has head and tail of all.

const PACE_MS = 33;
/** So much of a command's output is told whatever its pace. */
const BURST_BYTES = 4 * 1024 * 1024;
/** Behind it, so much at a time. */
const PIECE_BYTES = 256 * 1024;

export interface PacedOutput {
  /** Whole characters: pieces are left out as they came. They are the receiver's from then on, who may empty them. */
  push(bytes: Buffer): void;
  /** Emits what is still held back, at once. */
  end(): void;
}

export function pacedOutput(emit: (delta: string) => void): PacedOutput {
  let burstLeft = BURST_BYTES;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let omittedBytes = 0;
  let timer: NodeJS.Timeout | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waitingBytes === 0) return;
    const text = Buffer.concat(waiting).toString("utf8");
    for (const bytes of waiting) giveBack(bytes);
    const note = omittedBytes === 0 ? "" : `\n[... ${omittedBytes} bytes not shown ...]\n`;
    burstLeft = Math.max(0, burstLeft - waitingBytes);
    waiting = [];
    waitingBytes = 0;
    omittedBytes = 0;
    timer = setTimeout(flush, PACE_MS);
    emit(note + text);
  }

  return {
    push(bytes) {
      waiting.push(bytes);
      waitingBytes += bytes.length;
      const limit = Math.max(burstLeft, PIECE_BYTES);
      while (waitingBytes > limit && waiting.length > 1) {
        const oldest = waiting.shift();
        if (oldest === undefined) break;
        waitingBytes -= oldest.length;
        omittedBytes += oldest.length;
        giveBack(oldest);
      }
      const isPiece = burstLeft > 0 && waitingBytes >= PIECE_BYTES;
      if (timer === null || isPiece) flush();
    },
    end() {
      flush();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

/** What was read of a pipe, at once: the collector would let it grow to the size of the output. Node 20 cannot. */
function giveBack(bytes: Buffer): void {
  const { buffer } = bytes as { buffer: { byteLength: number; transfer?: (length: number) => unknown } };
  if (bytes.length === buffer.byteLength) buffer.transfer?.(0);
}
