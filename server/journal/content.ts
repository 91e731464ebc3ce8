// What a file had in it at some moment, as far as it can be compared and merged: a text, or something else as a whole.
import { decode, type Encoding } from "../files/encoding.ts";
import type { Image, WorkspaceJournal } from "./change.ts";

export type Content =
  | { readonly kind: "missing" }
  | { readonly kind: "text"; readonly text: string; readonly encoding: Encoding }
  /** Bytes that are no text, a link, or what is not to be had any more; `key` tells two of them apart. */
  | { readonly kind: "other"; readonly key: string };

/** What is larger is compared and put back as a whole. */
export const maxComparedBytes = 20 * 1024 * 1024;

export async function contentOf(journal: Pick<WorkspaceJournal, "bytesOf">, image: Image): Promise<Content> {
  if (image.kind === "missing") return { kind: "missing" };
  const other: Content = { kind: "other", key: keyOf(image) };
  if (image.kind !== "file" || image.encoding === "binary" || image.size > maxComparedBytes) return other;
  const bytes = await journal.bytesOf(image);
  return bytes === null ? other : contentOfBytes(bytes, other);
}

/** As text where it is one; else what the caller says it is. */
export function contentOfBytes(bytes: Uint8Array, other: Content): Content {
  const decoded = bytes.length > maxComparedBytes ? null : decode(bytes);
  return decoded?.ok ? { kind: "text", text: decoded.text, encoding: decoded.encoding } : other;
}

/** Equal for images of the same bytes, or of the same target; permissions are left out. */
export function keyOf(image: Image): string {
  switch (image.kind) {
    case "missing":
      return "missing";
    case "file":
      return image.hash;
    case "link":
      return `link ${image.target}`;
    case "notCaptured":
      return image.hash ?? `unknown ${image.reason}`;
    default:
      return image satisfies never;
  }
}
