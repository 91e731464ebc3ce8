// The shape of a JSON value: its members and types, and the words that decide how a client reads it.

/** `"string"`, `"null"` and so on, a quoted word, an object of shapes, or a list with the shape of its elements. */
export type Shape = string | { readonly [member: string]: Shape } | readonly [Shape];

export interface ShapeDifference {
  readonly kind: "adds" | "omits" | "differs";
  /** Such as "thread.turns[].id"; empty for the value itself. */
  readonly member: string;
  /** What ours has and what the other has. */
  readonly detail: string;
}

/** Members whose strings are words of the protocol and not data. */
const wordy = new Set([
  "type",
  "status",
  "itemsView",
  "phase",
  "kind",
  "decision",
  "approvalPolicy",
  "approvalsReviewer",
  "source",
  "historyMode",
  "mergeStrategy",
  "mode",
]);

export function shapeOf(value: unknown, member = ""): Shape {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) {
    const [first, ...rest] = value.map((element) => shapeOf(element, member));
    return first === undefined ? "[]" : [rest.reduce(merge, first)];
  }
  if (typeof value === "object") {
    const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(members.map(([name, inner]) => [isUuid(name) ? "<id>" : name, shapeOf(inner, name)]));
  }
  return typeof value === "string" && wordy.has(member) ? JSON.stringify(value) : typeof value;
}

export function compareShapes(ours: Shape, native: Shape, member = ""): ShapeDifference[] {
  if (isObject(ours) && isObject(native)) {
    const names = [...new Set([...Object.keys(ours), ...Object.keys(native)])].sort();
    return names.flatMap((name) => {
      const path = member === "" ? name : `${member}.${name}`;
      const [mine, theirs] = [ours[name], native[name]];
      if (theirs === undefined) return [{ kind: "adds", member: path, detail: print(mine) }] as const;
      if (mine === undefined) return [{ kind: "omits", member: path, detail: print(theirs) }] as const;
      return compareShapes(mine, theirs, path);
    });
  }
  if (isList(ours) && isList(native)) return compareShapes(ours[0], native[0], `${member}[]`);
  const [mine, theirs] = [print(ours), print(native)];
  return mine === theirs ? [] : [{ kind: "differs", member, detail: `${mine}, not ${theirs}` }];
}

/** Of the elements of one list, and of messages that count as one: it has what any of them has. */
export function merge(one: Shape, other: Shape): Shape {
  if (isObject(one) && isObject(other)) {
    const merged: Record<string, Shape> = { ...one };
    for (const [name, shape] of Object.entries(other)) merged[name] = merge(merged[name] ?? shape, shape);
    return merged;
  }
  if (isList(one) && isList(other)) return [merge(one[0], other[0])];
  const [first, second] = [print(one), print(other)];
  if (first === second) return one;
  if (first === "[]") return other;
  if (second === "[]") return one;
  return [...new Set([...first.split(" or "), ...second.split(" or ")])].sort().join(" or ");
}

function print(shape: Shape | undefined): string {
  if (shape === undefined) return "nothing";
  if (typeof shape === "string") return shape;
  return isList(shape) ? "a list" : "an object";
}

/** Then the object is a map by ids, and the ids say nothing. */
export function isUuid(name: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(name);
}

function isObject(shape: Shape): shape is { readonly [member: string]: Shape } {
  return typeof shape === "object" && !Array.isArray(shape);
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
