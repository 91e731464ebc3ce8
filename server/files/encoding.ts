// Between the bytes of a file and the text that is edited, so that what nobody edits stays byte for byte. Pure.
// The law: whatever `decode` takes, `encode` turns back into the very same bytes.
import { createHash } from "node:crypto";

/**
 * How the bytes of a text stand for its characters. A byte order mark is the first character of the text, whatever the
 * encoding, and no encoding adds one. `bytes` is what is none of the others: each byte is the character of its number
 * (Latin-1), so that it can be kept exactly without knowing what it means.
 */
export type Encoding = "utf8" | "utf16le" | "utf16be" | "bytes";

export type Decoded =
  | { readonly ok: true; readonly text: string; readonly encoding: Encoding }
  | { readonly ok: false /** With cause and cure, to follow the name of the file. */; readonly reason: string };

/** UTF-16 is believed only with its byte order mark. What has NUL characters is no text. */
export function decode(bytes: Uint8Array): Decoded {
  const wide = wideEncoding(bytes);
  if (wide !== null) {
    const text = decodeWide(bytes, wide);
    if (text !== null && !text.includes("\0")) return { ok: true, text, encoding: wide };
  }
  if (bytes.includes(0)) return { ok: false, reason: "it is a binary file. Edit it with a command." };
  try {
    return { ok: true, text: strictUtf8.decode(bytes), encoding: "utf8" };
  } catch {
    // Not UTF-8, which is all that a strict decoder throws for.
    return { ok: true, text: bufferOf(bytes).toString("latin1"), encoding: "bytes" };
  }
}

/** Null when the text has characters that the encoding has no bytes for, among them NUL. */
export function encode(text: string, encoding: Encoding): Uint8Array | null {
  if (text.includes("\0")) return null;
  switch (encoding) {
    case "utf8":
      return text.isWellFormed() ? Buffer.from(text) : null;
    case "utf16le":
    case "utf16be": {
      // Without its mark the file would be read as something else next time.
      if (!text.startsWith("\uFEFF") || !text.isWellFormed()) return null;
      const bytes = Buffer.from(text, "utf16le");
      return encoding === "utf16le" ? bytes : bytes.swap16();
    }
    case "bytes":
      return /[^\0-\u00ff]/.test(text) ? null : Buffer.from(text, "latin1");
    default:
      return encoding satisfies never;
  }
}

/** SHA-256 (hex) of the bytes of a text on disk. Throws for a text that its encoding cannot spell. */
export function hashOf(text: string, encoding: Encoding): string {
  const bytes = encode(text, encoding);
  if (bytes === null) throw new RangeError(`a text is not ${nameOf(encoding)}`);
  return createHash("sha256").update(bytes).digest("hex");
}

/** For people and the model. */
export function nameOf(encoding: Encoding): string {
  return names[encoding];
}

const names: Record<Encoding, string> = {
  utf8: "UTF-8",
  utf16le: "UTF-16 (LE)",
  utf16be: "UTF-16 (BE)",
  bytes: "bytes that are not UTF-8",
};
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function wideEncoding(bytes: Uint8Array): "utf16le" | "utf16be" | null {
  if (bytes.length % 2 !== 0) return null;
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf16be" : null;
}

/** Null where a surrogate stands alone. */
function decodeWide(bytes: Uint8Array, encoding: "utf16le" | "utf16be"): string | null {
  const littleEndian = encoding === "utf16le" ? bufferOf(bytes) : Buffer.from(bytes).swap16();
  const text = littleEndian.toString("utf16le");
  return text.isWellFormed() ? text : null;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
