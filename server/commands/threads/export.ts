// `belay threads export`: a thread to keep or to hand on, whole.
import { exportedFile } from "../../rollout/import/exported.ts";
import type { ThreadsIo } from "./io.ts";
import { markdownOf } from "./markdown.ts";
import { readThread } from "./stored.ts";

export async function exportThread(id: string, { format }: { format: "md" | "json" }, io: ThreadsIo): Promise<number> {
  const { record, data, chain } = await readThread(id, io);
  if (format === "md") io.stdout.write(markdownOf(record, { maxOutputLines: Number.POSITIVE_INFINITY }));
  else io.stdout.write(`${JSON.stringify(exportedFile(data, chain.lines), null, 1)}\n`);
  return 0;
}
