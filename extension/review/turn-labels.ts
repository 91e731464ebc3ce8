// The first words of the prompts that turns answer, read from the server when somebody looks.
import type { TurnRef } from "../../server/protocol/review.ts";
import type { Turn } from "../../server/protocol/turn.ts";
import type { Client } from "../server/client.ts";
import { promptLabel } from "./words.ts";

/** Of a thread this many turns are looked through, the newest first. */
const LOOKED_THROUGH = 100;

export class TurnLabels {
  readonly #client: () => Client | null;
  /** By thread and turn. A prompt does not change, so what is known stays right. */
  readonly #labels = new Map<string, string>();
  /** Turns of which nothing was found; their threads are not read again for every file that names them. */
  readonly #unknown = new Set<string>();
  readonly #reading = new Map<string, Promise<void>>();

  constructor(client: () => Client | null) {
    this.#client = client;
  }

  /** Null when nobody knows any more. Never rejects. */
  async labelOf(turn: TurnRef): Promise<string | null> {
    const key = keyOf(turn);
    if (!this.#labels.has(key) && !this.#unknown.has(key)) await this.#read(turn.threadId);
    const label = this.#labels.get(key) ?? null;
    if (label === null) this.#unknown.add(key);
    return label;
  }

  /** There may be more to find now. */
  lookAgain(): void {
    this.#unknown.clear();
  }

  async #read(threadId: string): Promise<void> {
    const reading = this.#reading.get(threadId) ?? this.#readThread(threadId);
    this.#reading.set(threadId, reading);
    await reading;
    this.#reading.delete(threadId);
  }

  async #readThread(threadId: string): Promise<void> {
    const client = this.#client();
    if (client === null) return;
    try {
      const { data } = await client.request("thread/turns/list", { threadId, limit: LOOKED_THROUGH });
      for (const turn of data) {
        this.#labels.set(keyOf({ threadId, turnId: turn.id }), promptLabel(promptOf(turn)));
      }
    } catch {
      // The thread is gone, or the server is: the change is still there to review, without its prompt.
    }
  }
}

function keyOf({ threadId, turnId }: TurnRef): string {
  return `${threadId}/${turnId}`;
}

/** Pictures have no words. */
function promptOf({ items }: Turn): string {
  const message = items.find((item) => item.type === "userMessage");
  const text = (message?.content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join(" ");
  return text.trim() === "" ? "a message without words" : text;
}
