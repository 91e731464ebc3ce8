// Searches with ripgrep: which options it gets, and what its messages say.
import { type Ripgrep, runRipgrep } from "./ripgrep.ts";
import { excerpt, leftOutNames, scopeOf } from "./search-scope.ts";
import type { EngineEnd, EngineRequest, Hit } from "./search-text.ts";

export async function searchWithRipgrep(ripgrep: Ripgrep, request: EngineRequest): Promise<EngineEnd | "unusable"> {
  const inScope = request.text === null ? scopeOf(request.root, request.glob) : () => true;
  const stop = new AbortController();
  let isComplete = false;
  let ofFile: Hit[] = [];
  const messages = new Messages((message) => {
    if (message.type === "match") ofFile.push(message.hit);
    else if (message.type === "summary") isComplete = true;
    else if (message.type === "end") {
      // Only at its end it is known that a file is binary.
      const wanted = message.isBinary ? [] : ofFile.filter(({ path }) => inScope(path));
      ofFile = [];
      if (!wanted.every((hit) => request.onHit(hit))) stop.abort();
    }
  });
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const { exitCode, error } = await runRipgrep(ripgrep, {
    args: argsOf(request),
    input: request.text,
    signal,
    onOutput: (bytes) => messages.push(bytes),
  });
  if (signal.aborted) return "stopped";
  if (isComplete) return null;
  return exitCode === 2 ? { problem: `the pattern is not understood: ${error.trim()}` } : "unusable";
}

/** A fixed set: of the request only the pattern and the place get in, each behind what keeps it from being an option. */
function argsOf({ pattern, root, text, glob }: EngineRequest): string[] {
  return [
    ...["--no-config", "--json", "--no-messages", "--no-mmap", "--crlf", "--no-follow", "--hidden"],
    // Ignore files count where there is no repository too, and the user's own of other places do not.
    ...["--no-require-git", "--no-ignore-global", "--max-count", "10001"],
    ...[...leftOutNames].flatMap((name) => ["--glob", `!${name}`]),
    // A glob would bring back what is ignored; a type does not. All others are looked at here, behind it.
    ...(glob !== null && plainGlob.test(glob) ? ["--type-add", `belay:${glob}`, "--type", "belay"] : []),
    pattern.isRegex ? "--no-fixed-strings" : "--fixed-strings",
    pattern.ignoresCase ? "--ignore-case" : "--case-sensitive",
    ...["-e", pattern.text, "--", text === null ? root : "-"],
  ];
}

/** Means the same to both. */
const plainGlob = /^\*\.[\w.-]+$/;

type Message =
  | { type: "match"; hit: Hit }
  | { type: "end"; isBinary: boolean }
  | { type: "summary" }
  | { type: "other" };

/** Kept of a message that is too long, such as one with a line of a hundred megabytes. */
const maxHeadBytes = 256 * 1024;
const tailBytes = 64 * 1024;

/** Cuts what ripgrep writes into messages, in bounded memory. */
class Messages {
  readonly #onMessage: (message: Message) => void;
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail = Buffer.alloc(0);

  constructor(onMessage: (message: Message) => void) {
    this.#onMessage = onMessage;
  }

  push(bytes: Buffer): void {
    let start = 0;
    for (let feed = bytes.indexOf(10); feed !== -1; feed = bytes.indexOf(10, start)) {
      this.#keep(bytes.subarray(start, feed));
      this.#flush();
      start = feed + 1;
    }
    this.#keep(bytes.subarray(start));
  }

  #keep(bytes: Buffer): void {
    const fitting = bytes.subarray(0, maxHeadBytes - this.#headBytes);
    this.#head.push(fitting);
    this.#headBytes += fitting.length;
    const rest = bytes.subarray(fitting.length);
    if (rest.length > 0) this.#tail = Buffer.concat([this.#tail, rest]).subarray(-tailBytes);
  }

  #flush(): void {
    const head = Buffer.concat(this.#head).toString("utf8");
    const tail = this.#tail;
    [this.#head, this.#headBytes, this.#tail] = [[], 0, Buffer.alloc(0)];
    if (head === "") return;
    this.#onMessage(tail.length === 0 ? whole(head) : cut(head, tail.toString("utf8")));
  }
}

/** As ripgrep writes it: text, or what is not UTF-8 in base64. */
type Text = { text: string } | { bytes: string };

interface RipgrepMessage {
  type: string;
  data: {
    path: Text;
    lines: Text;
    line_number: number | null;
    binary_offset: number | null;
    submatches: readonly { start: number }[];
  };
}

function whole(json: string): Message {
  const { type, data } = JSON.parse(json) as RipgrepMessage;
  if (type === "end") return { type, isBinary: data.binary_offset !== null };
  if (type === "summary") return { type };
  if (type !== "match") return { type: "other" };
  const line = textOf(data.lines);
  const start = data.submatches[0]?.start ?? 0;
  const at = "text" in data.lines ? Buffer.from(line).subarray(0, start).toString("utf8").length : start;
  const text = excerpt(line.replace(/\r?\n$/, ""), at);
  return { type, hit: { path: textOf(data.path), line: data.line_number, text } };
}

/** Of a match in a line too long to keep: its path, how the line begins, and its number where that is not too far in. */
function cut(head: string, tail: string): Message {
  const parts =
    /^\{"type":"match","data":\{"path":(\{"\w+":"(?:[^"\\]|\\.)*"\}),"lines":\{"(\w+)":"((?:[^"\\]|\\.){0,2000})/s.exec(
      head,
    );
  if (parts === null) return { type: "other" };
  const [, path = "", kind = "", start = ""] = parts;
  const line = textOf({ [kind]: JSON.parse(`"${start}"`) as string } as Text);
  // Quotes of the line itself have a backslash in front.
  const number = /"line_number":(\d+),/.exec(tail)?.[1];
  const hit = { path: textOf(JSON.parse(path) as Text), line: number === undefined ? null : Number(number) };
  return { type: "match", hit: { ...hit, text: `${excerpt(line, 0).replace(/…$/, "")}…` } };
}

function textOf(text: Text): string {
  return "text" in text ? text.text : Buffer.from(text.bytes, "base64").toString("latin1");
}
