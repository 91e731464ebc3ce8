// How deep a value may be nested that a client hands in to be kept: anything that copies or writes it recurses.

/** Deeper than any schema, item or span needs, and far from where the stack ends. */
const MAX_DEPTH = 100;

export const tooDeep = `nested more than ${MAX_DEPTH} deep`;

/** Level by level instead of by recursion, which is what a deep value would break. */
export function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return false;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return true;
}
