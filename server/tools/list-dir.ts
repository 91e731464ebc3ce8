// The tool that lists a folder.
import * as z from "zod";
import { sizeOf } from "../files/file-kind.ts";
import type { ListedEntry, Listing } from "../files/list-folder.ts";
import { jsonTool } from "./define.ts";
import { readablePlace } from "./readable-place.ts";
import { shownName } from "./shown-lines.ts";
import { immediate } from "./tool.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";

/** What goes into the model's context at most. */
const MAX_ENTRIES = 500;
const MAX_CHARS = 30_000;
const MAX_DEPTH = 5;

const ListDirParams = z.object({
  path: z.string().min(1).optional().describe("The folder; relative to the thread's folder, which is the default."),
  depth: z.int().min(1).max(MAX_DEPTH).optional().describe("How many levels to list; 1 unless given."),
});

export const listDir = jsonTool(ListDirParams, {
  name: "list_dir",
  description:
    "Lists a folder: names, sizes, hidden files too. What .gitignore leaves out is named, and not looked into. Links are " +
    "not followed.",

  async prepare(params, context) {
    const { itemId: id, startedAtMs } = context;
    const item = startedCall({ id, tool: "list_dir", arguments: params, startedAtMs });
    const place = await readablePlace(params.path ?? ".", context);
    if (place.kind === "refused") return immediate(`list_dir failed: ${place.message}`);
    return {
      kind: "prepared",
      item,
      action: { kind: "read" },
      async run({ files, signal, now }) {
        const { realPath: folder, permits } = place;
        const asked = { folder, depth: params.depth ?? 1, maxEntries: MAX_ENTRIES, permits, signal };
        const listing = await files.list(asked);
        const output = describe(listing, place.path);
        const end = { success: listing.kind === "entries", contentItems: textPart(output), completedAtMs: now() };
        return { item: endedCall(item, end), output };
      },
    };
  },
});

function describe(listing: Listing, path: string): string {
  if (listing.kind === "failed") return `list_dir failed: ${shownName(path)}: ${listing.message}`;
  const lines = listing.entries.map(lineOf);
  let room = MAX_CHARS;
  const fitting = lines.filter((line) => (room -= line.length + 1) >= 0);
  const isCut = listing.isCut || fitting.length < lines.length;
  const end = isCut ? ["… there is more: list a folder below, or fewer levels"] : [];
  return lines.length === 0 && !isCut ? "The folder is empty." : [...fitting, ...end].join("\n");
}

function lineOf({ path, kind, size, target, isIgnored }: ListedEntry): string {
  const name = shownName(path);
  const what = {
    file: `${name}${size === null ? "" : `  ${sizeOf(size)}`}`,
    folder: `${name}/`,
    link: `${name} -> ${shownName(target ?? "?")}`,
    other: `${name}  (no regular file)`,
  }[kind];
  return isIgnored ? `${what}  (ignored)` : what;
}
