// How an editor's text stands to the bytes on disk, whatever encoding, byte order mark and line ends they spell it with.
import { decode, type Encoding } from "./encoding.ts";

export interface Comparison {
  /** Null: the bytes are in an encoding that is not known here, so that the text may be theirs or not. */
  readonly isSame: boolean | null;
  /** Of the bytes; null when they are no text as we know it. */
  readonly encoding: Encoding | null;
  /** The editor took the bytes for UTF-8, which they are not: what it would save is not what was there. */
  readonly hasLost: boolean;
  /** Its lines end in several ways, of which the editor makes one when it saves. */
  readonly isMixed: boolean;
}

export function compare(text: string, bytes: Uint8Array): Comparison {
  const decoded = decode(bytes);
  const encoding = decoded.ok ? decoded.encoding : null;
  const isKnown = encoding !== null && encoding !== "bytes";
  const isMixed = decoded.ok && hasMixedEnds(decoded.text);
  return { isSame: isTextOf(text, bytes), encoding, hasLost: !isKnown && text.includes("\uFFFD"), isMixed };
}

/** A carriage return alone counts, too: editors take it for the end of a line. */
export function hasMixedEnds(text: string): boolean {
  if (!text.includes("\r")) return false;
  return /\r(?!\n)/.test(text) || /(?<!\r)\n/.test(text);
}

function isTextOf(text: string, bytes: Uint8Array): boolean | null {
  const shown = asEditorsHold(text);
  const decoded = decode(bytes);
  if (decoded.ok && asEditorsHold(decoded.text) === shown) return true;
  if (decoded.ok && isAscii(bytes)) return false;
  if (guesses.some((label) => asEditorsHold(decodeAs(label, bytes)) === shown)) return true;
  return decoded.ok && decoded.encoding !== "bytes" ? false : null;
}

// Which encodings a person may have told the editor. The first is what it shows of bytes that are not UTF-8.
const guesses = ["utf-8", "windows-1252", "utf-16le", "utf-16be"];

function decodeAs(label: string, bytes: Uint8Array): string {
  return new TextDecoder(label, { ignoreBOM: true }).decode(bytes);
}

/** No byte order mark, and one kind of line end. */
function asEditorsHold(text: string): string {
  return text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n");
}

function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}
