// What a person is to see before they keep a file: that it lies where programs look for what they run. Pure.
import { isAutorun, isProtected } from "../../files/paths.ts";
import type { ReviewFile } from "../../protocol/review.ts";
import { isInside, shownIn } from "../../util/inside.ts";

type Place = Pick<ReviewFile, "path" | "movedFrom">;

/** `folders`: of the workspace, as they really are. A sentence; null: there is nothing special about the place. */
export function warningOf(folders: readonly string[], { path, movedFrom }: Place): string | null {
  const places = movedFrom === null ? [path] : [path, movedFrom];
  const is = (judge: (folder: string, place: string) => boolean) => (place: string) =>
    folders.some((folder) => judge(folder, place));
  if (places.some(is(isProtected))) return "It can change what programs run.";
  if (places.some(is(isAutorun))) return "Tools may run what it says as soon as the folder is opened.";
  return places.every(is(isInside)) ? null : "It is outside the workspace.";
}

/** Of proposals that are not written together with others. */
export function leftMessage(folders: readonly [string, ...string[]], left: readonly Place[]): string | null {
  const [first] = left;
  if (first === undefined) return null;
  const more = left.length > 1 ? ` (${left.length - 1} more like it.)` : "";
  return `${shownIn(folders[0], first.path)} is left as proposed. ${warningOf(folders, first)} Look at it, and keep it by itself.${more}`;
}
