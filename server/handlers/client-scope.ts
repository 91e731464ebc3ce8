// What clients have started under names of their own, each for itself: it ends with the client.
import type { Client } from "../thread/client.ts";

export class ClientScope<T> {
  readonly #end: (started: T) => void;
  readonly #started = new WeakMap<Client, Map<string, T>>();

  /** `end` is called once for each: when it is ended, replaced, or the client goes. */
  constructor(end: (started: T) => void) {
    this.#end = end;
  }

  get(client: Client, name: string): T | null {
    return this.#started.get(client)?.get(name) ?? null;
  }

  /** How many are started and have not ended. */
  count(client: Client): number {
    return this.#started.get(client)?.size ?? 0;
  }

  set(client: Client, name: string, started: T): void {
    this.end(client, name);
    if (client.ended.aborted) return this.#end(started);
    const known = this.#started.get(client);
    if (known !== undefined) return void known.set(name, started);
    const all = new Map([[name, started]]);
    this.#started.set(client, all);
    client.ended.addEventListener("abort", () => {
      for (const each of all.keys()) this.end(client, each);
    });
  }

  /** Nothing of that name is fine. */
  end(client: Client, name: string): void {
    const all = this.#started.get(client);
    const started = all?.get(name);
    if (started === undefined) return;
    all?.delete(name);
    this.#end(started);
  }
}
