// The tool that reads a file as the user sees it: an unsaved buffer wins over the disk.
import { resolve } from "node:path";
import * as z from "zod";
import { isInside } from "../util/inside.ts";
import { jsonTool } from "./define.ts";
import { immediate, type PrepareContext } from "./tool.ts";
import { endedCall, startedCall, textPart } from "./tool-call-item.ts";

const MAX_LINES = 2_000;
/** What goes into the model's context at most, in characters. */
const MAX_CHARS = 40_000;

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
    "with a command.",

  async prepare(params, context) {
    const path = resolve(context.cwd, params.path);
    const { itemId: id, startedAtMs } = context;
    const item = startedCall({ id, tool: "read_file", arguments: params, startedAtMs });
    const place = await findPlace(path, context);
    if (place.kind === "refused") return immediate(`read_file failed: ${place.message}`);
    return {
      kind: "prepared",
      item,
      action: { kind: "read" },
      async run({ files, now }) {
        const view = await files.read(path, place.permits);
        const success = view.kind === "text";
        const output = view.kind === "text" ? numberLines(view.text, params) : `read_file failed: ${why(view, path)}`;
        const end = { success, contentItems: textPart(output), completedAtMs: now() };
        return { item: endedCall(item, end), output };
      },
    };
  },
});

type Place =
  | { kind: "readable" /** Asked again about what is really opened. */; permits(realPath: string): boolean }
  | { kind: "refused"; message: string };

// The shell's sandbox hides credentials; this tool has no sandbox, so it stays where the user invited it.
async function findPlace(path: string, { cwd, files }: PrepareContext): Promise<Place> {
  const outside = `${path} is outside the workspace. Use exec_command to look at it.`;
  try {
    const [folder, realPath] = await Promise.all([files.realTarget(cwd), files.realTarget(path)]);
    const isDenied = files.deniedTo(cwd);
    const permits = (real: string) => isInside(folder, real) && !isDenied(real);
    if (permits(realPath)) return { kind: "readable", permits };
    if (!isInside(folder, realPath)) return { kind: "refused", message: outside };
    return { kind: "refused", message: `${path} is kept from tools and commands, as credentials are. Ask the user.` };
  } catch {
    // Where a path leads cannot be known (no access, a loop of links, a NUL): that is outside.
    return { kind: "refused", message: outside };
  }
}

function why(view: { kind: "missing" } | { kind: "refused"; reason: string }, path: string): string {
  return view.kind === "missing" ? `no such file: ${path}` : view.reason;
}

function numberLines(text: string, { offset = 1, limit = MAX_LINES }: ReadFileParams): string {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  const shown = lines.slice(offset - 1, offset - 1 + limit);
  const numbered = shown.map((line, index) => `${offset + index}\t${line}`).join("\n");
  if (numbered.length > MAX_CHARS) {
    return `${numbered.slice(0, MAX_CHARS)}\n… cut here: read the rest with offset and limit`;
  }
  const after = lines.length - (offset - 1 + shown.length);
  return after > 0 ? `${numbered}\n… ${after} more lines` : numbered;
}
