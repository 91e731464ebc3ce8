// What changes amount to, as one diff: the first image of each file against the latest one, whatever lies between.
import { gitStyleDiff, opaqueDiff } from "../../files/unified-diff.ts";
import type { Change, FileChange, Image, WorkspaceJournal } from "../change.ts";
import { type Content, contentOf } from "../content.ts";

/** By where the file is now. */
interface Span {
  readonly origin: string;
  readonly before: Image;
  readonly after: Image;
}

/**
 * Of changes in their order, as `git diff` prints it. Paths are relative to `cwd`, the real folder; outside of it they stay
 * absolute. What is no text, or whose bytes are gone, is only named.
 */
export async function turnDiff(
  changes: readonly Pick<Change, "files">[],
  bytesOf: WorkspaceJournal["bytesOf"],
  cwd: string,
): Promise<string> {
  const spans = new Map<string, Span>();
  for (const { files } of changes) addTo(spans, files);
  const diffs: string[] = [];
  for (const [now, span] of spans) diffs.push(await diffOf(now, span, { bytesOf, cwd }));
  return diffs.join("");
}

function addTo(spans: Map<string, Span>, files: readonly FileChange[]): void {
  const movedFrom = new Set(files.flatMap((file) => file.movedFrom ?? []));
  for (const { path, before, after, movedFrom: from } of files) {
    if (movedFrom.has(path) && after.kind === "missing") continue;
    const left = from === null ? undefined : files.find((file) => file.path === from);
    const start = from ?? path;
    const earlier = spans.get(start) ?? { origin: start, before: left?.before ?? before };
    spans.delete(start);
    const replaced = spans.get(path);
    if (replaced === undefined) {
      spans.set(path, { ...earlier, after });
      continue;
    }
    // It takes the place of a file that was deleted: that one changed, and this one is gone from where it was.
    spans.set(path, { ...replaced, after });
    if (earlier.before.kind !== "missing") spans.set(earlier.origin, { ...earlier, after: { kind: "missing" } });
  }
}

async function diffOf(
  now: string,
  { origin: path, before, after }: Span,
  { bytesOf, cwd }: { bytesOf: WorkspaceJournal["bytesOf"]; cwd: string },
): Promise<string> {
  const [old, latest] = await Promise.all([contentOf({ bytesOf }, before), contentOf({ bytesOf }, after)]);
  if (isSame(old, latest) && (now === path || old.kind === "missing")) return "";
  const isGone = latest.kind === "missing";
  const movePath = now === path || isGone ? null : now;
  if (old.kind === "other" || latest.kind === "other") {
    const isNew = old.kind === "missing";
    return opaqueDiff({ path: isNew ? now : path, movePath: isNew ? null : movePath, isNew, isGone }, cwd);
  }
  const [from, to] = [textOf(old), textOf(latest)];
  if (from === null) return gitStyleDiff([{ path: now, movePath: null, before: null, after: to }], cwd);
  return gitStyleDiff([{ path, movePath, before: from, after: to }], cwd);
}

function isSame(a: Content, b: Content): boolean {
  if (a.kind === "text") return b.kind === "text" && a.text === b.text;
  return a.kind === "other" ? b.kind === "other" && a.key === b.key : b.kind === "missing";
}

function textOf(content: Content): string | null {
  return content.kind === "text" ? content.text : null;
}
