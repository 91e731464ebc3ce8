// The tool that finds lines in files as the user sees them: unsaved buffers win over the disk.
import { isAbsolute, relative } from "node:path";
import * as z from "zod";
import type { Hit, SearchResult } from "../files/search-text.ts";
import { jsonTool } from "./define.ts";
import { MAX_OUTPUT_CHARS } from "./output-bounds.ts";
import { readablePlace } from "./readable-place.ts";
import { shownName } from "./shown-lines.ts";
import { immediate } from "./tool.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";

const DEFAULT_HITS = 100;
const MAX_HITS = 500;

const SearchFilesParams = z.object({
  pattern: z
    .string()
    .min(1)
    .max(1_000)
    .refine((pattern) => !/[\r\n\0]/.test(pattern), "a pattern is about one line: leave line ends out")
    .describe("What to find, literally unless regex is true."),
  path: z.string().min(1).optional().describe("Folder or file to search; the thread's folder unless given."),
  glob: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Which files, relative to path, such as "*.ts", "src/**/*.{ts,tsx}" or "!*.test.ts".'),
  regex: z.boolean().optional().describe("true takes the pattern as a regular expression, without look-around."),
  ignore_case: z.boolean().optional().describe("true finds upper and lower case alike."),
  max: z.int().min(1).max(MAX_HITS).optional().describe(`How many lines to return; ${DEFAULT_HITS} unless given.`),
});

export const searchFiles = jsonTool(SearchFilesParams, {
  name: "search_files",
  description:
    "Finds lines in files, including changes the user has not saved yet. What .gitignore leaves out, binary files and " +
    ".git are not searched; hidden files are. Links are not followed. Prefer it to searching with a command.",

  async prepare(params, context) {
    const { itemId: id, startedAtMs } = context;
    const item = startedCall({ id, tool: "search_files", arguments: params, startedAtMs });
    const place = await readablePlace(params.path ?? ".", context);
    if (place.kind === "refused") return immediate(`search_files failed: ${place.message}`);
    const roots = [place.folder, ...(context.sandbox.type === "workspaceWrite" ? context.sandbox.writableRoots : [])];
    const pattern = {
      text: params.pattern,
      isRegex: params.regex ?? false,
      ignoresCase: params.ignore_case ?? false,
    };
    return {
      kind: "prepared",
      item,
      action: { kind: "read" },
      async run({ files, signal, now }) {
        const { realPath: root, permits } = place;
        const maxHits = params.max ?? DEFAULT_HITS;
        const found = await files.search({
          ...{ root, roots, pattern, glob: params.glob ?? null },
          ...{ maxHits, permits, signal },
        });
        const output = describe(found, place.folder);
        const end = { success: found.kind === "hits", contentItems: textPart(output), completedAtMs: now() };
        return { item: endedCall(item, end), output };
      },
    };
  },
});

function describe(found: SearchResult, folder: string): string {
  if (found.kind === "failed") return `search_files failed: ${found.message}`;
  const { hits, total, more } = found;
  const lines = hits.map((hit) => lineOf(hit, folder));
  let room = MAX_OUTPUT_CHARS;
  const fitting = lines.filter((line) => (room -= line.length + 1) >= 0);
  const amount = more === null ? `${total}` : `at least ${total}`;
  const why = more === "too long" ? " The search took too long and was stopped: narrow it with path or glob." : "";
  if (total === 0) return `No matching lines.${why}`;
  const head = fitting.length === total ? `${amount} matching lines` : `${fitting.length} of ${amount} matching lines`;
  return `${head}.${why}\n${fitting.join("\n")}`;
}

function lineOf({ path, line, text }: Hit, folder: string): string {
  const way = relative(folder, path);
  return `${shownName(way === "" || isAbsolute(way) ? path : way)}:${line ?? "?"}: ${text}`;
}
