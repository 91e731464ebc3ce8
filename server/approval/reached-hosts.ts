// Which hosts a line reaches when its words leave no doubt: only of such a line may a remembered host answer. Pure.
import { lex } from "./lexer.ts";

/**
 * Lower case, each once. Null: the line is not plain, or something in it may reach what it does not name, as all do that
 * install packages. Redirects are trusted with the host they come from.
 */
export function reachedHosts(script: string): string[] | null {
  const lexed = lex(script);
  if (lexed.kind === "notLexable") return null;
  const hosts: string[] = [];
  for (const words of lexed.commands) {
    if (words.some(({ glob }) => glob) || words[0]?.quoted) return null;
    const [name = "", ...rest] = words.map(({ text }) => text);
    const reached = local.has(name) ? [] : reachedBy(name, rest);
    if (reached === null) return null;
    hosts.push(...reached);
  }
  return [...new Set(hosts)];
}

/** They reach nothing, whatever they are told. */
const local = new Set(
  "echo printf true false pwd ls cat head tail grep wc sort uniq cut tr basename dirname".split(" "),
);

const fetchers: Readonly<Record<string, RegExp>> = {
  curl: /^(?:-[sSfLkOIv#]+|--(?:silent|show-error|fail|location|head|compressed|remote-name|verbose|include))$/,
  wget: /^(?:-[qcnv]+|--(?:quiet|continue|no-verbose))$/,
};

function reachedBy(name: string, words: readonly string[]): string[] | null {
  if (Object.hasOwn(fetchers, name)) return addressed(words, fetchers[name]);
  return name === "git" ? cloned(words) : null;
}

/** Every word that is no harmless option is an address. */
function addressed(words: readonly string[], harmless: RegExp | undefined): string[] | null {
  const places = words.filter((word) => harmless?.test(word) !== true).map(hostOf);
  const known = places.filter((host) => host !== null);
  return known.length > 0 && known.length === places.length ? known : null;
}

function cloned([verb, address = "", folder = "", ...more]: readonly string[]): string[] | null {
  const host = hostOf(address);
  const isPlain = verb === "clone" && more.length === 0 && /^(?:[\w.][\w./-]*)?$/.test(folder);
  return isPlain && host !== null ? [host] : null;
}

/** Null: not plainly an address, or one with signs that programs read differently. */
function hostOf(word: string): string | null {
  return (
    /^https?:\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d+)?(?:\/[\w.~/?=&%+,:@-]*)?$/i
      .exec(word)?.[1]
      ?.toLowerCase() ?? null
  );
}
