// Where two values differ first, in words.

/** Null: nowhere. What is told of them is the first part that differs. */
export function differenceOf(ours: unknown, theirs: unknown, path = ""): string | null {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return null;
  if (isPlain(ours) && isPlain(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    const differing = keys.filter((key) => JSON.stringify(ours[key]) !== JSON.stringify(theirs[key]));
    const [first] = differing;
    if (first !== undefined && (differing.length === 1 || Array.isArray(ours))) {
      return differenceOf(ours[first], theirs[first], `${path}.${first}`);
    }
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
