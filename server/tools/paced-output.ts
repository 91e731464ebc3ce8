// Streams a command's output to the clients no faster than they can draw it. What comes too fast is put together; what
// is too much for one piece is left out, with a count. The completed item has head and tail of all of it.

const PACE_MS = 33;
const KEPT_CHARS = 1024 * 1024;

export interface PacedOutput {
  push(text: string): void;
  /** Emits what is still held back, at once. */
  end(): void;
}

export function pacedOutput(emit: (delta: string) => void): PacedOutput {
  let pending = "";
  let omittedChars = 0;
  let timer: NodeJS.Timeout | null = null;

  function flush(): void {
    timer = null;
    if (pending === "") return;
    const text = omittedChars === 0 ? pending : `\n[... ${omittedChars} characters not shown ...]\n${pending}`;
    pending = "";
    omittedChars = 0;
    timer = setTimeout(flush, PACE_MS);
    emit(text);
  }

  return {
    push(text) {
      pending += text;
      // Cut seldom: each cut copies what is kept.
      if (pending.length > 2 * KEPT_CHARS) {
        const start = pending.length - KEPT_CHARS;
        const cut = isLowSurrogate(pending.charCodeAt(start)) ? start + 1 : start;
        omittedChars += cut;
        pending = pending.slice(cut);
      }
      if (timer === null) flush();
    },
    end() {
      if (timer !== null) clearTimeout(timer);
      flush();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
