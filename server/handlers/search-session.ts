// A search that somebody types into: the files are listed once, and only the latest query is answered.
import { setTimeout as pause } from "node:timers/promises";
import type { FileList } from "../files/file-search.ts";
import type { FileMatch } from "../protocol/file-search.ts";

export interface SearchListener {
  /** Sent again while the list grows. */
  updated(query: string, files: FileMatch[]): void;
  completed(): void;
}

export class SearchSession {
  readonly #list: FileList;
  readonly #listener: SearchListener;
  #latest = new AbortController();

  /** Answers the empty query when all files are listed, unless another is asked before. */
  constructor(list: FileList, listener: SearchListener) {
    this.#list = list;
    this.#listener = listener;
    const { signal } = this.#latest;
    void list.complete.then(() => this.#run("", signal));
  }

  search(query: string): void {
    this.#latest.abort();
    this.#latest = new AbortController();
    void this.#run(query, this.#latest.signal);
  }

  end(): void {
    this.#latest.abort();
    this.#list.stop();
  }

  async #run(query: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const isComplete = this.#list.isComplete;
      const files = await this.#list.search(query, signal);
      if (signal.aborted) return;
      this.#listener.updated(query, files);
      if (isComplete) return this.#listener.completed();
      await Promise.race([this.#list.complete, pause(betweenUpdatesMs)]);
      if (signal.aborted) return;
    }
  }
}

// Often enough to look alive, seldom enough that a long list is not searched all the time.
const betweenUpdatesMs = 200;
