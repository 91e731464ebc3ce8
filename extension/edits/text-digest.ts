// The digest by which the server and the editor agree on a file's text. Pure.
import { createHash } from "node:crypto";

/** SHA-256 (hex) of the text without BOM and with "\n" line ends, whatever the file has on disk. */
export function textDigest(text: string): string {
  const plain = text.replace(/^\u{feff}/u, "").replaceAll("\r\n", "\n");
  return createHash("sha256").update(plain, "utf8").digest("hex");
}
