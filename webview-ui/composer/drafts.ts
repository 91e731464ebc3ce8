// The texts that are typed and not sent yet: one of each thread, and one of the thread that is to start. Outside the
// reducer: typing draws nothing but the composer.
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** By the id of the thread; that of the thread to come has none. Never empty texts. */
export type KeptDrafts = Readonly<Record<string, string>>;

/** The key of the thread that is to start. */
const TO_COME = "";
/** So many are kept, those begun last. */
const KEPT_DRAFTS = 100;

export class Drafts {
  readonly #shownId: ReadonlySignal<string | null>;
  readonly #byThread: Signal<ReadonlyMap<string, Signal<string>>>;

  /** `shownId` null: the thread on show is to start. */
  constructor(shownId: ReadonlySignal<string | null>, kept: KeptDrafts) {
    this.#shownId = shownId;
    this.#byThread = signal(new Map(Object.entries(kept).map(([key, text]) => [key, signal(text)])));
  }

  /** Of what is on show. */
  get text(): string {
    return this.#byThread.value.get(keyOf(this.#shownId.value))?.value ?? "";
  }

  set text(text: string) {
    this.ofShown().value = text;
  }

  /** The one of what is on show, whatever is shown later; it stays the same where it moves to another thread. */
  ofShown(): Signal<string> {
    const key = keyOf(this.#shownId.peek());
    const all = this.#byThread.peek();
    const known = all.get(key);
    if (known !== undefined) return known;
    const added = signal("");
    this.#byThread.value = new Map([...all, [key, added]]);
    return added;
  }

  /** The thread to come has come, or one goes on as another. Null: the thread to come. */
  move(from: string | null, to: string): void {
    const all = new Map(this.#byThread.peek());
    const moved = all.get(keyOf(from));
    if (moved === undefined) return;
    all.delete(keyOf(from));
    this.#byThread.value = all.set(to, moved);
  }

  /** Its thread is gone for good. */
  forget(threadId: string): void {
    const all = new Map(this.#byThread.peek());
    if (all.delete(threadId)) this.#byThread.value = all;
  }

  /** To be kept by the editor. */
  get kept(): KeptDrafts {
    const texts = [...this.#byThread.value].map(([key, { value }]) => [key, value] as const);
    return Object.fromEntries(texts.filter(([, text]) => text !== "").slice(-KEPT_DRAFTS));
  }
}

/** Whatever does not fit is left out. */
export function readDrafts(value: unknown): KeptDrafts {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== ""),
  );
}

function keyOf(threadId: string | null): string {
  return threadId ?? TO_COME;
}
