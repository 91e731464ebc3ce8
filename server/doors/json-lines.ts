// JSON lines over a pair of streams, as a transport. One message a line, UTF-8, "\n" only.
import { nextTick } from "node:process";
import type { Readable, Writable } from "node:stream";
import { LineSplitter } from "../protocol/rpc/lines.ts";
import { textOf } from "../protocol/rpc/messages.ts";
import type { Pipe } from "../protocol/rpc/outbox.ts";
import { FULL_BYTES, MAX_MESSAGE_BYTES, parsed } from "./text.ts";

/** A line that is no JSON is told to `onBadLine` and skipped; one over 32 MiB ends the connection. */
export function jsonLines(input: Readable, output: Writable, onBadLine: (reason: string) => void): Pipe {
  // What is said in one tick is written in one piece.
  let unwritten = "";
  let writing: Promise<void> | null = null;
  const write = () =>
    new Promise<void>((resolve, reject) => {
      nextTick(() => {
        const text = unwritten;
        unwritten = "";
        writing = null;
        output.write(text, (error) => (error ? reject(error) : resolve()));
      });
    });
  const sendText = (text: string) => {
    unwritten += `${text}\n`;
    writing ??= write();
    return writing;
  };

  return {
    get isFull() {
      return unwritten.length + output.writableLength > FULL_BYTES;
    },
    sendText,
    send: (message) => sendText(textOf(message)),
    listen(onMessage, onClose) {
      const onLine = (line: string) => {
        if (line.trim() === "") return;
        const value = parsed(line, onBadLine);
        if (value !== undefined) onMessage(value);
      };
      const splitter = new LineSplitter(onLine, { maxBytes: MAX_MESSAGE_BYTES });
      input.on("data", (bytes: Buffer) => {
        try {
          splitter.push(bytes);
        } catch (error) {
          input.destroy(error as Error);
        }
      });
      input.once("end", () => onClose("the client closed its end"));
      input.once("close", () => onClose("the input ended"));
      // Said by `close`, which follows; without a listener Node would end the process.
      input.on("error", (error) => onBadLine(error.message));
      output.on("error", (error) => onClose(`the client no longer reads (${error.message})`));
    },
    close() {
      input.destroy();
    },
  };
}
