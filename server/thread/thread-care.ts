// What is done with a thread as a whole, loaded or not: its name, its place, the archive, and its end.
import { messageOf, noRollout, noSectionOfEphemeral, notSaved, threadNotFound } from "../protocol/rpc/errors.ts";
import { notSavedWords } from "../protocol/thread-saving.ts";
import type { ThreadSectionMoveParams } from "../protocol/thread-section.ts";
import { archive, findRollout, unarchive } from "../rollout/files.ts";
import type { RolloutIndex } from "../rollout/index.ts";
import type { ThreadMetadata } from "../rollout/line.ts";
import { removeRollout } from "../rollout/shared.ts";
import type { ThreadDeps } from "./deps.ts";
import type { LiveThreads } from "./live-threads.ts";
import { checkSaved } from "./saving.ts";
import { withMovedThread, withoutThread } from "./section-places.ts";
import type { StoredThreads } from "./stored-threads.ts";
import { checkThreadId } from "./thread-id.ts";
import type { ThreadQueues } from "./thread-queues.ts";
import type { ThreadSections } from "./thread-sections.ts";

export interface ThreadCareDeps {
  readonly home: string;
  readonly live: LiveThreads;
  readonly stored: StoredThreads;
  readonly index: RolloutIndex;
  readonly sections: ThreadSections;
  readonly queues: ThreadQueues;
  readonly log: ThreadDeps["log"];
  readonly now: () => number;
}

/** Every method throws RpcError for a thread that is not there. */
export class ThreadCare {
  readonly #deps: ThreadCareDeps;

  constructor(deps: ThreadCareDeps) {
    this.#deps = deps;
  }

  /** Changes the name and the like. */
  async changeMetadata(threadId: string, change: (now: ThreadMetadata) => ThreadMetadata): Promise<void> {
    checkThreadId(threadId);
    const { live, stored, index } = this.#deps;
    const thread = live.find(threadId);
    if (thread !== undefined) {
      thread.record.setMetadata(change(thread.record.metadata));
      if (thread.record.storedAt !== null) index.changed(thread.record.storedAt, thread.record);
      return;
    }
    const { found, record, recorder } = await stored.readToWrite(threadId);
    const metadata = change(record.metadata);
    recorder.append({ type: "metadata", payload: metadata });
    recorder.close();
    // Nobody is left to try again.
    if (recorder.trouble !== null) throw notSaved(notSavedWords(recorder.trouble));
    index.changed(found.path, { ...record, metadata });
  }

  /** Also one that is archived, or that another process writes to. */
  async moveToSection(params: ThreadSectionMoveParams): Promise<void> {
    const { threadId } = params;
    checkThreadId(threadId);
    const { live, home, now, sections } = this.#deps;
    const thread = live.find(threadId);
    if (thread?.record.isEphemeral) throw noSectionOfEphemeral(threadId);
    if (thread === undefined && (await findRollout(home, threadId)) === null) throw threadNotFound(threadId);
    const movedAt = Math.floor(now() / 1000);
    await sections.change((file) => withMovedThread(file, params, movedAt));
  }

  /** Ends what runs in it and puts it away. Throws RpcError also while not all of it is saved. */
  async archive(threadId: string): Promise<void> {
    checkThreadId(threadId);
    const { live, stored, index, home } = this.#deps;
    const found = await stored.find(threadId);
    checkSaved(live.find(threadId)?.record.savingTrouble ?? null);
    // And once more behind the end of what runs, which is written, too.
    await live.unloadSaved(threadId);
    if (found.isArchived) return;
    const place = await stored.alone(threadId, () => archive(home, found.path));
    index.moved(found.path, place);
  }

  async unarchive(threadId: string): Promise<void> {
    checkThreadId(threadId);
    const { stored, index, home } = this.#deps;
    const found = await stored.find(threadId);
    if (found.isArchived) index.moved(found.path, await unarchive(home, found.path));
  }

  /** For good. */
  async delete(threadId: string): Promise<void> {
    checkThreadId(threadId);
    const { live, stored, index, home, queues } = this.#deps;
    const isThere = live.find(threadId) !== undefined || (await findRollout(home, threadId)) !== null;
    if (!isThere) throw noRollout(threadId);
    await live.unload(threadId);
    // Only now: what ran until then may have been what brought it onto the disk.
    const found = await findRollout(home, threadId);
    if (found !== null) {
      await stored.alone(threadId, () => removeRollout(home, { threadId, path: found.path }, () => this.#basesInUse()));
      index.gone(found.path);
    }
    // Behind that: a thread that another process writes to is not deleted, and keeps all that is its own.
    await queues.forget(threadId);
    await this.#forgetPlace(threadId);
  }

  /** The threads that those on disk, and those about to be, begin in, as far as the index knows. */
  async #basesInUse(): Promise<ReadonlySet<string>> {
    const { index, live } = this.#deps;
    await index.refresh();
    const stored = index.sorted("createdAt").map(({ meta }) => meta.baseId ?? null);
    const loaded = [...live.all()].map(({ record }) => record.meta.base?.threadId ?? null);
    return new Set([...stored, ...loaded].filter((id) => id !== null));
  }

  /** Not worth failing for: a place of no thread is shown nowhere. */
  async #forgetPlace(threadId: string): Promise<void> {
    const { sections, log } = this.#deps;
    if (sections.placeOf(threadId) === null) return;
    await sections
      .change((file) => withoutThread(file, threadId))
      .catch((error: unknown) => {
        log("warning", messageOf(error), error);
      });
  }
}
