// Reads the options of a command the way getopt does, as far as a list of known options goes. Pure.

export interface OptionSpec {
  /** Letters of options without a value. */
  flags?: string;
  /** Letters of options with one, attached or in the next word. */
  valued?: string;
  /** Long options without a value, in full, apart by spaces. What may have one attached counts as well. */
  long?: string;
  /** Long options with a value, attached or in the next word. */
  longValued?: string;
}

export type ReadOptions =
  | { kind: "read"; options: { name: string; value: string | null }[]; operands: string[] }
  /** The first option that is not on the list. */
  | { kind: "unlisted"; option: string };

/** Options may stand between operands. Abbreviated long options count as unlisted. */
export function readOptions(words: readonly string[], spec: OptionSpec): ReadOptions {
  const long = new Set(spec.long?.split(" "));
  const longValued = new Set(spec.longValued?.split(" "));
  const found: Extract<ReadOptions, { kind: "read" }> = { kind: "read", options: [], operands: [] };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") {
      found.operands.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      found.operands.push(word);
      continue;
    }
    const read = word.startsWith("--") ? readLong(word, { long, longValued }) : readShort(word, spec);
    if (read === null) return { kind: "unlisted", option: word };
    const last = read.at(-1);
    if (last?.needsValue) {
      last.value = words[++at] ?? null;
      if (last.value === null) return { kind: "unlisted", option: word };
    }
    found.options.push(...read.map(({ name, value }) => ({ name, value })));
  }
  return found;
}

interface Read {
  name: string;
  value: string | null;
  needsValue: boolean;
}

function readLong(word: string, known: { long: Set<string>; longValued: Set<string> }): Read[] | null {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const value = equals < 0 ? null : word.slice(equals + 1);
  if (known.longValued.has(name)) return [{ name, value, needsValue: value === null }];
  return known.long.has(name) ? [{ name, value, needsValue: false }] : null;
}

function readShort(word: string, { flags = "", valued = "" }: OptionSpec): Read[] | null {
  const read: Read[] = [];
  for (let at = 1; at < word.length; at++) {
    const name = word.charAt(at);
    if (valued.includes(name)) {
      const value = word.slice(at + 1);
      read.push({ name, value: value === "" ? null : value, needsValue: value === "" });
      return read;
    }
    if (!flags.includes(name)) return null;
    read.push({ name, value: null, needsValue: false });
  }
  return read;
}
