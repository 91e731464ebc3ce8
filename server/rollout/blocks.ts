// The text of a rollout in blocks of whole lines: for who looks for something in it, and reads few of the lines.
import { closeSync, openSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

/** Read in much less time than anybody notices. */
const blockBytes = 256 * 1024;

/**
 * What stands behind the last line feed is the last block. `end`: bytes of it that count. Throws when it cannot be read.
 * Synchronous, because for thousands of small files that takes a tenth of the time: who reads them pauses in between.
 */
export function* blocksOf(path: string, { end }: { end: number }): Generator<string> {
  const fd = openSync(path, "r");
  try {
    const decoder = new StringDecoder("utf8");
    let unfinished: string[] = [];
    for (let position = 0; position < end; ) {
      const bytes = buffer.subarray(0, Math.min(blockBytes, end - position));
      const count = readSync(fd, bytes, 0, bytes.length, position);
      if (count === 0) break;
      position += count;
      const text = decoder.write(bytes.subarray(0, count));
      const at = text.lastIndexOf("\n") + 1;
      if (at > 0) {
        yield unfinished.length === 0 ? text.slice(0, at) : [...unfinished, text.slice(0, at)].join("");
        unfinished = [];
      }
      if (at < text.length) unfinished.push(text.slice(at));
    }
    const rest = unfinished.join("") + decoder.end();
    if (rest !== "") yield rest;
  } finally {
    closeSync(fd);
  }
}

// One for all: it is decoded before anybody else reads.
const buffer = Buffer.allocUnsafe(blockBytes);
