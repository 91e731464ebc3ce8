// Where queues are kept: BELAY_HOME/queue/<threadId>.json, beside the rollouts and not in them, since a queue is no history.
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { QueuedSubmission } from "../protocol/queue.ts";
import { messageOf, queueNotSaved, queueTooLarge, queueUnreadable } from "../protocol/rpc/errors.ts";
import { ownText } from "../util/own-text.ts";
import type { Queue } from "./queue.ts";
import type { OwnFiles } from "./rule-store.ts";

/** It is written as a whole with each change. Pictures are what makes it large. */
const MAX_FILE_CHARS = 64 * 1024 * 1024;

const QueueFile = z.lazy(() => z.object({ version: z.literal(1), entries: z.array(QueuedSubmission) }));

export class QueueFiles {
  readonly #home: string;
  readonly #files: OwnFiles;

  constructor(home: string, files: OwnFiles) {
    this.#home = home;
    this.#files = files;
  }

  /** Throws RpcError for a file that is there and cannot be read: what is in it must not be lost. */
  async read(threadId: string): Promise<Queue> {
    const path = this.#path(threadId);
    return parse(path, await textOf(path));
  }

  /** `change` gets the queue as it is on disk, while no other process may change it. Throws RpcError: nothing changed. */
  async change(threadId: string, change: (queue: Queue) => Queue): Promise<void> {
    const path = this.#path(threadId);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const lock = await this.#files.lock(path).catch((error: unknown) => {
      throw queueNotSaved(messageOf(error));
    });
    try {
      const before = await textOf(path);
      const queue = parse(path, before);
      const next = change(queue);
      if (next === queue) return;
      if (next.length === 0) return await rm(path, { force: true });
      const after = `${JSON.stringify({ version: 1, entries: next })}\n`;
      if (after.length > MAX_FILE_CHARS) throw queueTooLarge();
      const written = await this.#files.replace(path, before, after);
      if (!written.ok) throw queueNotSaved(written.message);
    } finally {
      lock.release();
    }
  }

  /** The thread is no more. */
  async forget(threadId: string): Promise<void> {
    await rm(this.#path(threadId), { force: true });
  }

  #path(threadId: string): string {
    return join(this.#home, "queue", `${threadId}.json`);
  }
}

function parse(path: string, text: string | null): Queue {
  if (text === null) return [];
  try {
    return QueueFile.parse(JSON.parse(text)).entries;
  } catch (error) {
    throw queueUnreadable(path, error);
  }
}

/** Null: there is no such file. */
async function textOf(path: string): Promise<string | null> {
  try {
    // A character is written as three bytes at most.
    return await ownText(path, 3 * MAX_FILE_CHARS);
  } catch (error) {
    throw queueUnreadable(path, error);
  }
}
