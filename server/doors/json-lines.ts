// JSON lines over a pair of streams, as a transport. One message a line, UTF-8, "\n" only.
import type { Readable, Writable } from "node:stream";
import type { Transport } from "../protocol/rpc/connection.ts";
import { LineSplitter } from "../protocol/rpc/lines.ts";

const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** A line that is no JSON is told to `onBadLine` and skipped; one over 32 MiB ends the connection. */
export function jsonLines(input: Readable, output: Writable, onBadLine: (reason: string) => void): Transport {
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        output.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
      }),
    listen(onMessage, onClose) {
      const splitter = new LineSplitter(
        (line) => {
          if (line.trim() === "") return;
          let value: unknown;
          try {
            value = JSON.parse(line);
          } catch (error) {
            onBadLine((error as Error).message);
            return;
          }
          onMessage(value);
        },
        { maxBytes: MAX_LINE_BYTES },
      );
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
