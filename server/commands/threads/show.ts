// `belay threads show`: a thread to read, with long outputs cut.
import type { ThreadsIo } from "./io.ts";
import { markdownOf } from "./markdown.ts";
import { readThread } from "./stored.ts";

const maxOutputLines = 20;

export async function showThread(id: string, { json }: { json: boolean }, io: ThreadsIo): Promise<number> {
  const { record, data } = await readThread(id, io);
  io.stdout.write(json ? `${JSON.stringify(data)}\n` : markdownOf(record, { maxOutputLines }));
  return 0;
}
