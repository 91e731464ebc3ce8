// Hands what a person types, and the size of their terminal, to one running command: in order, and no faster than the
// server takes it.
import type { TerminalSize } from "../../server/protocol/command-exec.ts";
import { messageOf } from "../../server/protocol/rpc/errors.ts";
import type { Client } from "../server/client.ts";

/** A paste can be large; one request is not. */
const MAX_TEXT_CHARS = 100_000;
/** While a person drags a border, sizes come faster than programs redraw. */
const RESIZE_FRAME_MS = 50;

export interface CommandIds {
  threadId: string;
  itemId: string;
}

export interface CommandLinkOptions {
  command: CommandIds;
  /** Null: no server runs. */
  client(): Client | null;
  /** A sentence on why the typing did not reach the command. */
  refused(sentence: string): void;
}

export class CommandLink {
  readonly #options: CommandLinkOptions;
  #typed = "";
  #isSending = false;
  #size: TerminalSize | null = null;
  #frame: ReturnType<typeof setTimeout> | null = null;
  #isClosed = false;

  constructor(options: CommandLinkOptions) {
    this.#options = options;
  }

  write(text: string): void {
    this.#typed += text;
    void this.#sendTyped();
  }

  /** The first size goes out at once; of those that follow in a frame, the last one. */
  resize(size: TerminalSize): void {
    const isFirst = this.#size === null;
    this.#size = size;
    if (isFirst) this.#sendSize();
    else this.#frame ??= setTimeout(() => this.#sendSize(), RESIZE_FRAME_MS);
  }

  /** The command is over, or this terminal is. */
  close(): void {
    this.#isClosed = true;
    this.#typed = "";
    if (this.#frame !== null) clearTimeout(this.#frame);
  }

  async #sendTyped(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#typed !== "") {
        const text = this.#typed.slice(0, MAX_TEXT_CHARS);
        this.#typed = this.#typed.slice(text.length);
        await this.#options.client()?.request("belay/command/write", { ...this.#options.command, text });
      }
    } catch (error) {
      this.#typed = "";
      if (!this.#isClosed) this.#options.refused(messageOf(error));
    } finally {
      this.#isSending = false;
    }
  }

  #sendSize(): void {
    this.#frame = null;
    if (this.#isClosed || this.#size === null) return;
    const { command, client } = this.#options;
    // A command that has just ended has no size any more: nothing is lost.
    client()
      ?.request("belay/command/resize", { ...command, size: this.#size })
      .catch(() => undefined);
  }
}
