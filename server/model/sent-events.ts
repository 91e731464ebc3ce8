// Server-sent events, out of bytes in any pieces.
import { StringDecoder } from "node:string_decoder";

export interface SentEvent {
  /** Empty where the event has none. */
  readonly name: string;
  readonly data: string;
}

/** An event whose end does not come counts when the stream ends. */
export async function* sentEvents(body: AsyncIterable<Buffer>): AsyncGenerator<SentEvent> {
  const decoder = new StringDecoder("utf8");
  const lines = new Lines();
  const event = new Unfinished();
  let isFirst = true;
  for await (const bytes of body) {
    const text = decoder.write(bytes);
    // Some begin with a byte order mark.
    const fresh = isFirst && text.startsWith("\uFEFF") ? text.slice(1) : text;
    isFirst &&= text === "";
    for (const line of lines.take(fresh)) {
      const finished = event.take(line);
      if (finished !== null) yield finished;
    }
  }
  for (const line of [...lines.take(`${decoder.end()}\n`), ""]) {
    const finished = event.take(line);
    if (finished !== null) yield finished;
  }
}

class Lines {
  /** Of the line that has not ended. Kept apart: it may become very long. */
  #held: string[] = [];
  #wasReturn = false;

  /** Those that end in this text. */
  take(text: string): string[] {
    // The second half of a line's end that was cut in two.
    const fresh = this.#wasReturn && text.startsWith("\n") ? text.slice(1) : text;
    if (text !== "") this.#wasReturn = text.endsWith("\r");
    const [first = "", ...others] = fresh.split(/\r\n|\n|\r/);
    this.#held.push(first);
    const rest = others.pop();
    if (rest === undefined) return [];
    const lines = [this.#held.join(""), ...others];
    this.#held = [rest];
    return lines;
  }
}

class Unfinished {
  #name = "";
  #data: string[] = [];

  /** The event that ends with this line. */
  take(line: string): SentEvent | null {
    if (line === "") return this.#finish();
    if (line.startsWith("data:")) this.#data.push(valueOf(line, "data:"));
    else if (line.startsWith("event:")) this.#name = valueOf(line, "event:");
    return null;
  }

  #finish(): SentEvent | null {
    const event = this.#data.length === 0 ? null : { name: this.#name, data: this.#data.join("\n") };
    this.#name = "";
    this.#data = [];
    return event;
  }
}

function valueOf(line: string, field: string): string {
  const start = line[field.length] === " " ? field.length + 1 : field.length;
  return line.slice(start);
}
