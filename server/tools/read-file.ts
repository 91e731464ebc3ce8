// The tool that reads a file as the user sees it: an unsaved buffer wins over the disk.
import * as z from "zod";
import type { FileView } from "../files/patch-plan.ts";
import { jsonTool } from "./define.ts";
import { MAX_OUTPUT_CHARS } from "./output-bounds.ts";
import { readablePlace } from "./readable-place.ts";
import { numbered } from "./shown-lines.ts";
import { immediate, type RunContext } from "./tool.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";

const MAX_LINES = 2_000;

const ReadFileParams = z.object({
  path: z.string().min(1).describe("The file; relative to the thread's folder, or absolute."),
  offset: z.int().min(1).optional().describe("First line to read, counted from 1."),
  limit: z.int().min(1).max(MAX_LINES).optional().describe("How many lines to read."),
});
type ReadFileParams = z.infer<typeof ReadFileParams>;

export const readFile = jsonTool(ReadFileParams, {
  name: "read_file",
  description:
    "Reads a text file with line numbers, including changes the user has not saved yet. Prefer it to printing a file " +
    "with a command. A file of any size can be read in parts with offset and limit.",

  async prepare(params, context) {
    const { itemId: id, startedAtMs } = context;
    const item = startedCall({ id, tool: "read_file", arguments: params, startedAtMs });
    const place = await readablePlace(params.path, context);
    if (place.kind === "refused") return immediate(`read_file failed: ${place.message}`);
    return {
      kind: "prepared",
      item,
      action: { kind: "read" },
      async run(run) {
        const read = await readLines(place, params, run);
        const output = read.ok ? read.text : `read_file failed: ${read.reason}`;
        const end = { success: read.ok, contentItems: textPart(output), completedAtMs: run.now() };
        return { item: endedCall(item, end), output };
      },
    };
  },
});

type Shown = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

async function readLines(
  { path, permits }: { path: string; permits: (realPath: string) => boolean },
  { offset = 1, limit = MAX_LINES }: ReadFileParams,
  { files, signal }: RunContext,
): Promise<Shown> {
  const view = await files.read(path, permits);
  if (view.kind === "missing") return { ok: false, reason: `no such file: ${path}` };
  if (view.kind === "text") return { ok: true, text: showText(view, { offset, limit }) };
  const part = await files.readPart(path, { offset, limit, signal }, permits);
  if (part?.kind !== "lines") return { ok: false, reason: part?.reason ?? view.reason };
  const { text, next } = numbered(part.lines, MAX_OUTPUT_CHARS);
  const notes = part.isUtf8 ? [] : [notUtf8];
  const end = next === null && part.isEnd ? null : next === null ? "more lines follow" : cutAt(next);
  const size = `the file has ${part.size} in all`;
  const shown = text === "" ? [] : [text];
  return { ok: true, text: [...notes, ...shown, `… ${end === null ? size : `${end}; ${size}`}`].join("\n") };
}

type TextView = Extract<FileView, { kind: "text" }>;

function showText({ text, encoding, dirty }: TextView, { offset, limit }: { offset: number; limit: number }): string {
  const lines = text
    .replace(/^\uFEFF/, "")
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const wanted = lines.slice(offset - 1, offset - 1 + limit);
  const shown = numbered(
    wanted.map((line, index) => ({ number: offset + index, text: line })),
    MAX_OUTPUT_CHARS,
  );
  const after = lines.length - (offset - 1 + wanted.length);
  const behind = wanted.length === 0 ? `the file has ${lines.length} lines` : after > 0 ? `${after} more lines` : null;
  const end = shown.next === null ? behind : cutAt(shown.next);
  const notes = [
    ...(dirty ? [unsaved] : []),
    ...(encoding === "bytes" ? [notUtf8] : []),
    ...(encoding.startsWith("utf16") ? [utf16] : []),
  ];
  return [...notes, shown.text, ...(end === null ? [] : [`… ${end}`])].join("\n");
}

const unsaved = "[unsaved changes of the user included: commands see the file as it was last saved]";
const notUtf8 =
  "[not UTF-8: each byte that is not ASCII is shown as a Latin-1 character; a patch may add ASCII only, and keeps the rest]";
const utf16 = "[UTF-16: a patch keeps that]";

function cutAt(line: number): string {
  return `cut here: go on with offset ${line}`;
}
