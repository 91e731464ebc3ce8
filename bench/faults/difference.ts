// Where two values differ first, in words.

/** Null: nowhere. What is told of them is the smallest part that has all of the difference. */
export function differenceOf(ours: unknown, theirs: unknown, path = ""): string | null {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return null;
  if (isPlain(ours) && isPlain(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    const differing = keys.filter((key) => JSON.stringify(ours[key]) !== JSON.stringify(theirs[key]));
    const [only, ...others] = differing;
    if (only !== undefined && others.length === 0) return differenceOf(ours[only], theirs[only], `${path}.${only}`);
  }
  return `${path}: ${short(ours)} and ${short(theirs)}`;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 900 ? `${text.slice(0, 900)}…` : text;
}
