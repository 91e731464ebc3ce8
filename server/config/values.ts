// Plain values as TOML and JSON have them: what is a table, which are equal.

export type Table = Record<string, unknown>;

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** An own member: a key may be named like a property that every object has. */
export function member(value: unknown, key: string): unknown {
  return isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce(member, value);
}

/** By contents. A table without contents equals no table: TOML cannot always say the one or the other. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, index) => sameValue(each, b[index]));
  }
  if (a instanceof Date) return b instanceof Date && JSON.stringify(a) === JSON.stringify(b);
  if (isTable(a) ? b === undefined || isTable(b) : a === undefined && isTable(b)) {
    const keys = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
    return [...keys].every((key) => sameValue(member(a, key), member(b, key)));
  }
  return false;
}

/** Changes `target`. Never reaches a prototype. */
export function setAt(target: Table, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined || key === "__proto__") return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const next = typeof inner === "object" && inner !== null ? (inner as Table) : {};
  target[key] = next;
  setAt(next, rest, value);
}
