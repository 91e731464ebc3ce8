// The other side of a file change: what a file was before it, or will be after it. Pure.
import { applyPatch, parsePatch, reversePatch } from "diff";

/** The text before the unified hunks were applied; null where they do not fit the text any more. */
export function textBefore(after: string, hunks: string): string | null {
  const patch = onlyPatch(hunks);
  return patch === null ? null : applied(after, reversePatch(patch));
}

/** The text with the unified hunks applied; null where they do not fit. */
export function textAfter(before: string, hunks: string): string | null {
  const patch = onlyPatch(hunks);
  return patch === null ? null : applied(before, patch);
}

type Patch = ReturnType<typeof parsePatch>[number];

function onlyPatch(hunks: string): Patch | null {
  try {
    const [patch, ...others] = parsePatch(hunks);
    return patch === undefined || others.length > 0 ? null : patch;
  } catch {
    // Not a unified diff: the caller shows the file instead.
    return null;
  }
}

function applied(text: string, patch: Patch): string | null {
  const result = applyPatch(text, patch, { fuzzFactor: 0, autoConvertLineEndings: true });
  return result === false ? null : result;
}
