// A thread on disk with all that is in it.
import { type Chain, readChain } from "../../rollout/chain.ts";
import { rebuildRecord } from "../../thread/rebuild.ts";
import type { ThreadRecord } from "../../thread/record.ts";
import { threadData } from "../../thread/thread-data.ts";
import { findThread, openThreads, plainText, Refusal, type ThreadsIo } from "./io.ts";

export interface WholeThread {
  chain: Chain;
  record: ThreadRecord;
  /** As `thread/read` tells it, with its turns. */
  data: ReturnType<typeof threadData>;
}

/** Says on stderr what of it cannot be read. Throws Refusal when there is none. */
export async function readThread(prefix: string, io: ThreadsIo): Promise<WholeThread> {
  const all = await openThreads(io);
  const { id, path } = findThread(prefix, all);
  const chain = await readChain(io.home, path);
  const { missing, unreadable } = chain;
  const sentences = unreadable > 0 ? [...missing, `${unreadable} lines of it cannot be read.`] : missing;
  for (const sentence of sentences) io.stderr.write(plainText(`belay threads: ${sentence}\n`));
  const record = rebuildRecord(chain.lines);
  if (record === null) throw new Refusal(`the thread ${id} (${path}) says nothing that can be read.`);
  const place = all.sections.shownPlaceOf(id);
  const data = threadData({ ...record, path, place, status: { type: "notLoaded" }, turns: record.turns });
  return { chain, record, data };
}
