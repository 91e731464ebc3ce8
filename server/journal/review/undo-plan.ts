// What files would be if some changes had never been made, or were made again. Pure but for what it is given: it looks at
// the files as they are now, and writes nothing.
import type { Encoding } from "../../files/encoding.ts";
import type { FileChange, Image } from "../change.ts";
import { type Content, keyOf } from "../content.ts";
import { becameLink } from "../links.ts";
import { merge } from "./merge.ts";
import type { Present } from "./present.ts";

/** What one file is to become. */
export type Goal =
  | { readonly kind: "missing" }
  /** Its bytes are those of the image. */
  | { readonly kind: "image"; readonly image: Extract<Image, { kind: "file" | "link" }> }
  /** Put together of two texts. */
  | { readonly kind: "text"; readonly text: string; readonly encoding: Encoding };

export interface Restoration {
  /** Where it is now. */
  readonly path: string;
  /** Where it is to be, when that is elsewhere. */
  readonly movedTo: string | null;
  readonly now: Present;
  readonly goal: Goal;
  readonly outcome: "exact" | "merged" | "conflict";
  /** Of a conflict: why, as a sentence. */
  readonly reason: string | null;
}

/** Where the file is to be. */
export function placeOf({ path, movedTo }: Restoration): string {
  return movedTo ?? path;
}

/** Where nothing is left of it; null: it stays. */
export function leaves({ path, movedTo, goal }: Restoration): string | null {
  return goal.kind === "missing" || movedTo !== null ? path : null;
}

/** The places that are given up. */
export function leftBy(restorations: readonly Restoration[]): Set<string> {
  return new Set(restorations.flatMap((each) => leaves(each) ?? []));
}

/** A change of a file to be turned back; to make one again, `before` and `after` are swapped. */
export interface Reversal {
  readonly path: string;
  readonly before: Image;
  readonly after: Image;
  /** The file came from there: it goes back. */
  readonly movedFrom: string | null;
}

export interface PlanInput {
  /** In the order in which they are turned back. */
  readonly reversals: readonly Reversal[];
  present(path: string): Promise<Present>;
  contentOf(image: Image): Promise<Content>;
  /** Whether the bytes of an image are still there. */
  hasBytes(image: Image): Promise<boolean>;
  /** Where a file is now that was at `path`, if others have moved it since. */
  placeNow?(path: string): string;
  /** For sentences. */
  shown(path: string): string;
}

/** Files that are already as they would be are left out. */
export async function planReversals(input: PlanInput): Promise<Restoration[]> {
  const ground = new Ground(input);
  for (const reversal of joined(input.reversals)) await ground.turnBack(reversal);
  return ground.restorations();
}

/** As one patch file that was added, changed and moved is one: pairs of a change become one reversal. */
export function reversalsOf(files: readonly FileChange[]): Reversal[] {
  const movedAway = new Set(files.flatMap(({ movedFrom }) => movedFrom ?? []));
  const byPath = new Map(files.map((file) => [file.path, file]));
  return files.flatMap(({ path, before, after, movedFrom }): Reversal[] => {
    const from = movedFrom === null ? undefined : byPath.get(movedFrom);
    if (from !== undefined && before.kind === "missing") return [{ path, before: from.before, after, movedFrom }];
    const isOtherHalf = movedAway.has(path) && after.kind === "missing" && isMovedCleanly(files, path);
    return isOtherHalf ? [] : [{ path, before, after, movedFrom: null }];
  });
}

/** The same the other way round: from before to after. */
export function repetitionsOf(files: readonly FileChange[]): Reversal[] {
  return reversalsOf(files).map(({ path, before, after, movedFrom }) =>
    movedFrom === null
      ? { path, before: after, after: before, movedFrom }
      : { path: movedFrom, before: after, after: before, movedFrom: path },
  );
}

function isMovedCleanly(files: readonly FileChange[], from: string): boolean {
  return files.some(({ movedFrom, before }) => movedFrom === from && before.kind === "missing");
}

/** Steps of one file that follow each other without anything between are one. */
function joined(reversals: readonly Reversal[]): Reversal[] {
  const result: Reversal[] = [];
  for (const reversal of reversals) {
    const at = result.findLastIndex(({ path, movedFrom }) => path === reversal.path || movedFrom === reversal.path);
    const newer = result[at];
    const follows =
      newer !== undefined &&
      newer.movedFrom === null &&
      reversal.movedFrom === null &&
      keyOf(newer.before) === keyOf(reversal.after);
    if (follows) result[at] = { ...newer, before: reversal.before };
    else result.push(reversal);
  }
  return result;
}

/** What would be at a path. */
interface Node {
  /** What is there now. */
  readonly here: Present;
  /** The file that it is now, there or elsewhere; null where it would be made anew. */
  readonly origin: { readonly path: string; readonly now: Present } | null;
  readonly content: Content;
  /** Known where its bytes are. */
  readonly image: Image | null;
  readonly isMerged: boolean;
  readonly reason: string | null;
}

/** The files as they would be, on top of those that are there. */
class Ground {
  readonly #input: PlanInput;
  readonly #nodes = new Map<string, Node>();

  constructor(input: PlanInput) {
    this.#input = input;
  }

  async turnBack(reversal: Reversal): Promise<void> {
    const path = this.#input.placeNow?.(reversal.path) ?? reversal.path;
    const node = await this.#node(path);
    if (node.reason !== null) return;
    const next = await this.#reverted(node, reversal, path);
    if (reversal.movedFrom === null || next.reason !== null) {
      this.#nodes.set(path, next);
      return;
    }
    const back = await this.#node(reversal.movedFrom);
    if (back.content.kind !== "missing") {
      const reason = `another file is at ${this.#input.shown(reversal.movedFrom)} now`;
      this.#nodes.set(path, { ...node, reason });
      return;
    }
    this.#nodes.set(reversal.movedFrom, { ...next, here: back.here });
    this.#nodes.set(path, { ...node, ...gone });
  }

  restorations(): Restoration[] {
    const moved = new Set([...this.#nodes].flatMap(([path, node]) => this.#moveOf(path, node)?.path ?? []));
    return [...this.#nodes].flatMap(([path, node]): Restoration[] => {
      const { here, image, content, isMerged, reason } = node;
      const move = this.#moveOf(path, node);
      const place = move === null ? { path, movedTo: null, now: here } : { ...move, movedTo: path };
      const shared = { ...place, goal: goalOf(node) };
      if (reason !== null) return [{ ...shared, outcome: "conflict", reason }];
      // It is told where it goes to.
      if (content.kind === "missing" && moved.has(path)) return [];
      if (move === null && image !== null && isSameFile(image, here.image) && !this.#isBehindLink(here)) return [];
      return [{ ...shared, outcome: isMerged ? "merged" : "exact", reason: null }];
    });
  }

  /** Where nothing is, but people see something. A link that goes as well is none. */
  #isBehindLink({ behind }: Present): boolean {
    return behind !== undefined && this.#nodes.get(behind)?.content.kind !== "missing";
  }

  /** Where the file comes from that would be at the path. None where another one is in the place of either: written anew. */
  #moveOf(path: string, { here, origin, content }: Node): { path: string; now: Present } | null {
    if (origin === null || origin.path === path || content.kind === "missing") return null;
    const isLeft = this.#nodes.get(origin.path)?.content.kind === "missing";
    return isLeft && here.content.kind === "missing" ? origin : null;
  }

  async #node(path: string): Promise<Node> {
    const known = this.#nodes.get(path);
    if (known !== undefined) return known;
    const here = await this.#input.present(path);
    const { content, image } = here;
    const origin = content.kind === "missing" ? null : { path, now: here };
    const node = { here, origin, content, image, isMerged: false, reason: null };
    this.#nodes.set(path, node);
    return node;
  }

  async #reverted(node: Node, { before, after }: Reversal, path: string): Promise<Node> {
    const name = this.#input.shown(path);
    if (before.kind === "notCaptured") return { ...node, reason: `its earlier content was not kept: ${before.reason}` };
    const isUntouched = node.image !== null && isSameBytes(node.image, after);
    const target = await this.#input.contentOf(before);
    if (isUntouched || (node.image !== null && isSameBytes(node.image, before))) {
      if (!(await this.#input.hasBytes(before))) return { ...node, reason: "its earlier content is not kept any more" };
      const origin = target.kind === "missing" ? null : node.origin;
      return { ...node, origin, content: target, image: withMode(before, after, node.image) };
    }
    if (node.content.kind === "missing") {
      return { ...node, reason: before.kind === "missing" ? null : `${name} was deleted since` };
    }
    if (node.image?.kind === "link") return { ...node, reason: becameLink(name, node.image.target) };
    if (before.kind === "missing") return { ...node, reason: `${name} was changed since it was created` };
    if (after.kind === "missing") return { ...node, reason: `${name} was created again since` };
    if (after.kind === "notCaptured" && after.hash === null)
      return { ...node, reason: `how it was left is not known: ${after.reason}` };
    return this.#mergedInto(node, target, await this.#input.contentOf(after), name);
  }

  #mergedInto(node: Node, target: Content, left: Content, name: string): Node {
    const ours = node.content;
    if (ours.kind !== "text" || target.kind !== "text" || left.kind !== "text") {
      const isGone = left.kind === "other" || target.kind === "other";
      const why = ours.kind === "text" && isGone ? ", and what it was before is not kept as text" : "";
      return { ...node, reason: `${name} was changed since${why}` };
    }
    const merged = merge(left.text, ours.text, target.text);
    if (merged.kind === "conflict")
      return { ...node, reason: linesChanged(merged.regions.map((region) => region.ours)) };
    return { ...node, content: { ...ours, text: merged.text }, image: null, isMerged: true };
  }
}

const gone = { origin: null, content: { kind: "missing" }, image: { kind: "missing" }, isMerged: false } as const;

function goalOf({ content, image, here }: Node): Goal {
  if (image?.kind === "file" || image?.kind === "link") return { kind: "image", image };
  if (content.kind === "text") return { kind: "text", text: content.text, encoding: content.encoding };
  return here.image.kind === "file" && content.kind !== "missing"
    ? { kind: "image", image: here.image }
    : { kind: "missing" };
}

/** The permissions that it had, where the change made them others and nobody has since. */
function withMode(before: Image, after: Image, now: Image | null): Image {
  if (before.kind !== "file" || now?.kind !== "file" || after.kind !== "file") return before;
  const isChangedByIt = before.mode !== after.mode && now.mode === after.mode;
  return { ...before, mode: isChangedByIt ? before.mode : now.mode };
}

function isSameBytes(a: Image, b: Image): boolean {
  if (a.kind === "notCaptured" && a.hash === null) return false;
  return keyOf(a) === keyOf(b);
}

function isSameFile(a: Image, b: Image): boolean {
  if (!isSameBytes(a, b)) return false;
  return a.kind !== "file" || b.kind !== "file" || a.mode === null || b.mode === null || a.mode === b.mode;
}

/** Counted from one, as people do. */
function linesChanged(spans: readonly { start: number; count: number }[]): string {
  const places = spans.slice(0, maxNamed).map(({ start, count }) => {
    if (count === 0) return `what was before line ${start + 1} was deleted`;
    return count === 1 ? `line ${start + 1} was changed` : `lines ${start + 1} to ${start + count} were changed`;
  });
  const more = spans.length > maxNamed ? ", and more" : "";
  return `${places.join(", ")}${more} since`;
}

const maxNamed = 3;
