// Base64 as RFC 4648 has it and no other: standard alphabet, padded, nothing between. Pure.

export type Decoded = { readonly ok: true; readonly bytes: Buffer } | { readonly ok: false; readonly reason: string };

/** The reason counts in bytes, in the original's words. */
export function decodeBase64(text: string): Decoded {
  const bytes = Buffer.from(text, "base64");
  // Node skips what it does not understand: only what encodes to the same text was understood as a whole.
  if (bytes.toString("base64") === text) return { ok: true, bytes };
  return { ok: false, reason: describe(Buffer.from(text)) };
}

/** `input` is not valid: why. Whole groups of four are looked at first, then the last one. */
function describe(input: Buffer): string {
  const rest = input.length % 4;
  const last = input.at(-1);
  if (rest === 1 && last !== undefined && last !== pad && !isSymbol(last)) return symbol(last, input.length - 1);
  const tail = input.length - (rest === 0 ? Math.min(4, input.length) : rest);
  for (let at = 0; at < tail; at++) {
    const byte = input[at] ?? pad;
    if (!isSymbol(byte)) return symbol(byte, at);
  }
  return describeTail(input, tail);
}

function describeTail(input: Buffer, tail: number): string {
  let firstPad = -1;
  for (let at = tail; at < input.length; at++) {
    const byte = input[at] ?? pad;
    if (byte === pad) {
      if (at - tail < 2) return symbol(pad, firstPad === -1 ? at : firstPad);
      if (firstPad === -1) firstPad = at;
    } else if (firstPad !== -1) return symbol(pad, firstPad);
    else if (!isSymbol(byte)) return symbol(byte, at);
  }
  const end = firstPad === -1 ? input.length : firstPad;
  if (end - tail < 2) return `Invalid input length: ${end}`;
  if (input.length % 4 !== 0) return "Invalid padding";
  // What is left is a last symbol with bits that belong to no byte.
  return `Invalid last symbol ${input[end - 1] ?? pad}, offset ${end - 1}.`;
}

const pad = 0x3d;

function isSymbol(byte: number): boolean {
  return /[A-Za-z0-9+/]/.test(String.fromCharCode(byte));
}

function symbol(byte: number, offset: number): string {
  return `Invalid symbol ${byte}, offset ${offset}.`;
}
