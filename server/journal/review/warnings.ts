// What a person is to see before they keep a file: that it lies where programs look for what they run. Pure.
import { isAutorun, isProtected } from "../../files/paths.ts";
import type { ReviewFile } from "../../protocol/review.ts";
import { isInside, shownIn } from "../../util/inside.ts";

/** A sentence; null: there is nothing special about the place. */
export function warningOf(cwd: string, { path, movedFrom }: Pick<ReviewFile, "path" | "movedFrom">): string | null {
  const places = movedFrom === null ? [path] : [path, movedFrom];
  if (places.some((place) => isProtected(cwd, place))) return "It can change what programs run.";
  if (places.some((place) => isAutorun(cwd, place)))
    return "Tools may run what it says as soon as the folder is opened.";
  return places.every((place) => isInside(cwd, place)) ? null : "It is outside the workspace.";
}

/** Of proposals that are not written together with others. */
export function leftMessage(cwd: string, left: readonly Pick<ReviewFile, "path" | "movedFrom">[]): string | null {
  const [first] = left;
  if (first === undefined) return null;
  const more = left.length > 1 ? ` (${left.length - 1} more like it.)` : "";
  return `${shownIn(cwd, first.path)} is left as proposed. ${warningOf(cwd, first)} Look at it, and keep it by itself.${more}`;
}
