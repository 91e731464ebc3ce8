// Reads a text that is a list of calls with named arguments, as a small part of Starlark. Pure; what cannot be read is
// named by its line, and reading goes on with the next call.

export type Value = string | boolean | null | readonly Value[];

export interface Call {
  name: string;
  args: Map<string, Value>;
  /** From 1. */
  line: number;
  /** Where it stands in the text: from its name to behind its parenthesis. */
  start: number;
  end: number;
}

export interface Problem {
  line: number;
  problem: string;
}

/** More of either is not written by hand. */
const MAX_TEXT = 1024 * 1024;
const MAX_DEPTH = 8;

export function readCalls(text: string): { calls: Call[]; problems: Problem[] } {
  const calls: Call[] = [];
  const problems: Problem[] = [];
  if (text.length > MAX_TEXT) return { calls, problems: [{ line: 1, problem: "the file is larger than 1 MiB." }] };
  const reader = new Reader(text);
  for (reader.skipBlank(); !reader.isAtEnd; reader.skipBlank()) {
    const { line } = reader;
    try {
      calls.push(reader.call());
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      problems.push({ line: error.line, problem: error.message });
      reader.skipToNextCall(line);
    }
  }
  return { calls, problems };
}

class Unreadable extends Error {
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  /** Where what was read last ends. */
  #end = 0;

  constructor(text: string) {
    this.#text = text;
    if (text.startsWith("\uFEFF")) this.#at = 1;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get line(): number {
    return this.#lineAt(this.#at);
  }

  #lineAt(at: number): number {
    return this.#text.slice(0, at).split("\n").length;
  }

  #unreadable(problem: string, at = this.#at): Unreadable {
    return new Unreadable(this.#lineAt(at), problem);
  }

  /** Blanks, line ends and comments. */
  skipBlank(): void {
    this.#at += this.#peek(/(?:[ \t\r\n]|#[^\n]*)*/y)?.length ?? 0;
  }

  /** The next line that begins with a name and a parenthesis, but not the one that could not be read. */
  skipToNextCall(failed: number): void {
    do this.#take(/[^\n]*\n?/y);
    while (!this.isAtEnd && (this.line <= failed || this.#peek(/[A-Za-z_]\w*[ \t]*\(/y) === null));
  }

  call(): Call {
    const start = this.#at;
    const { line } = this;
    const name = this.#take(/[A-Za-z_]\w*/y);
    if (name === null) throw this.#unreadable("a call such as prefix_rule(…) should stand here.");
    const args = new Map<string, Value>();
    this.#expect("(", `behind ${name}`);
    while (!this.#accept(")")) {
      const key = this.#take(/[A-Za-z_]\w*/y);
      if (key === null) throw this.#unreadable(`an argument of ${name}(…) should stand here, as in decision="allow".`);
      if (args.has(key)) throw this.#unreadable(`${key} is given twice.`, this.#end);
      this.#expect("=", `behind ${key}`);
      args.set(key, this.#value(0));
      if (!this.#accept(",") && !this.#sees(")"))
        throw this.#unreadable(`a comma or ) is missing behind ${key}.`, this.#end);
    }
    const end = this.#at;
    if (this.#take(/[ \t]*(?=;|\r?\n|#|$)/y) === null)
      throw this.#unreadable(`${name}(…) should stand on lines of its own.`, this.#end);
    this.#accept(";");
    return { name, args, line, start, end };
  }

  #value(depth: number): Value {
    this.skipBlank();
    if (depth > MAX_DEPTH) throw this.#unreadable("lists are nested too deeply.");
    if (this.#accept("[")) {
      const entries: Value[] = [];
      while (!this.#accept("]")) {
        entries.push(this.#value(depth + 1));
        if (!this.#accept(",") && !this.#sees("]"))
          throw this.#unreadable("a comma or ] is missing in a list.", this.#end);
      }
      return entries;
    }
    const text = this.#string();
    if (text !== null) return text;
    const word = this.#take(/[A-Za-z_]\w*/y);
    if (word === "True" || word === "False") return word === "True";
    if (word === "None") return null;
    throw this.#unreadable("a text in quotes, a list, True or False should stand here.");
  }

  #string(): string | null {
    const raw = this.#take(/"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'/y);
    if (raw === null) {
      if (this.#peek(/["']/y) !== null) throw this.#unreadable("a quote is not closed on its line.");
      return null;
    }
    if (raw.length === 2 && this.#peek(/["']/y) !== null)
      throw this.#unreadable("texts over several lines are not read.");
    return raw.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, escape: string) => {
      if (/^[xu].{2}/.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
      const plain = escapes[escape];
      if (plain === undefined) throw this.#unreadable(`\\${escape} is no escape.`);
      return plain;
    });
  }

  #expect(sign: string, where: string): void {
    if (!this.#accept(sign)) throw this.#unreadable(`${sign} is missing ${where}.`, this.#end);
  }

  #accept(sign: string): boolean {
    if (!this.#sees(sign)) return false;
    this.#at += sign.length;
    this.#end = this.#at;
    // What ends a call may end its line.
    if (sign !== ")" && sign !== ";") this.skipBlank();
    return true;
  }

  #sees(sign: string): boolean {
    if (sign !== ";") this.skipBlank();
    return this.#text.startsWith(sign, this.#at);
  }

  #take(pattern: RegExp): string | null {
    const found = this.#peek(pattern);
    if (found === null) return null;
    this.#at += found.length;
    this.#end = this.#at;
    return found;
  }

  #peek(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0] ?? null;
  }
}

const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"' };
