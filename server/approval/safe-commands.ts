// The commands that only look, and what each may be told. Pure; a name that is not in the table asks.
import { resolve } from "node:path";
import { isInside } from "../util/inside.ts";
import type { Word } from "./lexer.ts";
import { type OptionSpec, type ReadOptions, readOptions } from "./options.ts";
import { globReaches, secretPlace } from "./secret-places.ts";

export interface Place {
  /** Every folder that the command may run in: a `cd` before it may have worked or not. */
  cwds: readonly string[];
  workspace: string;
}

interface Row {
  /** Null: any option; the program has none that writes or runs something. */
  options: OptionSpec | null;
  /** What its operands are. Texts are only printed or looked for; paths are read. */
  operands: "texts" | "paths";
  /** A glob may stand for operands: no name of a file can turn into an option that matters. */
  takesGlobs?: true;
  /** What else must hold. A sentence's end says what does not. */
  check?: (told: Told) => string | null;
}

interface Told {
  name: string;
  words: readonly string[];
  read: Extract<ReadOptions, { kind: "read" }>;
  place: Place;
}

const reader: Row = { options: null, operands: "paths" };
const globReader: Row = { ...reader, takesGlobs: true };
const printer: Row = { options: null, operands: "texts" };

const table: Record<string, Row> = {
  cat: globReader,
  head: globReader,
  ls: globReader,
  nl: globReader,
  // `--printf` knows escapes, which can steer a terminal; its name may be shortened.
  stat: { ...globReader, check: ({ words }) => escapes(words.some((word) => word.startsWith("--p")) ? words : []) },
  tail: globReader,
  wc: globReader,
  cut: reader,
  paste: reader,
  readlink: reader,
  realpath: reader,
  rev: reader,
  tac: reader,
  basename: printer,
  dirname: printer,
  echo: { ...printer, check: ({ words }) => escapes(words.some((word) => /^-[neE]*e/.test(word)) ? words : []) },
  false: printer,
  id: printer,
  printf: { ...printer, check: printfCheck },
  pwd: printer,
  seq: printer,
  tr: printer,
  true: printer,
  uname: printer,
  which: printer,
  whoami: printer,
  base64: {
    options: { flags: "dDiw0123456789", long: "decode ignore-garbage", longValued: "wrap" },
    operands: "paths",
  },
  sort: {
    options: {
      flags: "bdfghiMnRrVcCmsuz",
      valued: "kt",
      long:
        "ignore-leading-blanks dictionary-order ignore-case general-numeric-sort human-numeric-sort month-sort " +
        "numeric-sort random-sort reverse version-sort check merge stable unique zero-terminated",
      longValued: "key field-separator sort",
    },
    operands: "paths",
  },
  uniq: {
    options: {
      flags: "cdDiuz",
      valued: "fsw",
      long: "count repeated all-repeated group ignore-case unique zero-terminated",
      longValued: "skip-fields skip-chars check-chars",
    },
    operands: "paths",
    check: uniqCheck,
  },
  grep: {
    options: {
      flags: "EFGPiyvwxcLlqsbHhnToaIUzrR0123456789",
      valued: "efmABCdD",
      long:
        "extended-regexp fixed-strings basic-regexp perl-regexp ignore-case no-ignore-case invert-match word-regexp " +
        "line-regexp count color colour files-without-match files-with-matches only-matching quiet silent no-messages " +
        "byte-offset with-filename no-filename initial-tab null text recursive dereference-recursive line-number " +
        "line-buffered binary null-data",
      longValued:
        "regexp file max-count label after-context before-context context binary-files devices directories " +
        "exclude exclude-from exclude-dir include",
    },
    operands: "paths",
    takesGlobs: true,
    check: grepCheck,
  },
  rg: {
    options: {
      flags: "ablcFHhIiLnNoPpqSsUuvVwx0.",
      valued: "ABCdEefgjMmrtT",
      long:
        "text block-buffered byte-offset case-sensitive column count count-matches crlf files files-with-matches " +
        "files-without-match fixed-strings follow glob-case-insensitive heading no-heading hidden no-hidden " +
        "ignore-case include-zero invert-match json line-buffered line-number no-line-number line-regexp " +
        "max-columns-preview multiline multiline-dotall no-config no-ignore no-ignore-dot no-ignore-exclude " +
        "no-ignore-files no-ignore-global no-ignore-parent no-ignore-vcs no-messages no-filename null null-data " +
        "one-file-system only-matching passthru pcre2 pretty quiet smart-case stats trim type-list unicode " +
        "no-unicode unrestricted version vimgrep with-filename word-regexp",
      longValued:
        "after-context before-context color colors context context-separator encoding engine regexp file glob " +
        "iglob max-columns max-count max-depth max-filesize path-separator replace sort sortr threads type type-not",
    },
    operands: "paths",
    check: rgCheck,
  },
  sed: { options: { flags: "n", long: "quiet silent" }, operands: "paths", check: sedCheck },
  find: { options: null, operands: "paths", check: findCheck },
};

/** Null: the command provably only looks. Else why it asks, as the end of the sentence "asks because …". */
export function reasonToAsk(words: readonly Word[], place: Place): string | null {
  const [first, ...rest] = words;
  if (first === undefined) return "the line is empty";
  const name = first.text;
  if (first.quoted || first.glob) return "the name of the command is not written plainly";
  const row = Object.hasOwn(table, name) ? table[name] : undefined;
  if (row === undefined) return `${name} is not on the list of commands that only look`;
  if (place.cwds.some((cwd) => secretPlace(".", [cwd]) !== null)) return "it runs in a folder of credentials";
  const globs = rest.filter(({ glob }) => glob);
  if (globs.length > 0 && !row.takesGlobs) return `names of files could turn into options of ${name}`;
  const reaching = globs.find(({ text }) => globReaches(text));
  if (reaching !== undefined) return `${reaching.text} can stand for files that may hold credentials`;
  const texts = rest.map(({ text }) => text);
  const read: ReadOptions =
    row.options === null ? { kind: "read", options: [], operands: texts } : readOptions(texts, row.options);
  if (read.kind === "unlisted") return `${name} ${read.option} is not known to only look`;
  const problem = row.check?.({ name, words: texts, read, place }) ?? null;
  if (problem !== null) return problem;
  const secret = row.operands === "paths" ? secretOf({ name, words: texts, read, place }) : null;
  return secret === null ? null : `${secret} may hold credentials or what other programs know`;
}

/** What is searched for is no path. */
function secretOf(told: Told): string | null {
  const { name, words, read, place } = told;
  const paths = name === "grep" || name === "rg" ? searched(told) : words;
  const values = read.options.map(({ name: option, value }) => (isPattern(option) ? null : value));
  for (const text of [...paths, ...values]) {
    const secret = text === null ? null : secretPlace(text, place.cwds);
    if (secret !== null) return secret;
  }
  return null;
}

function isPattern(option: string): boolean {
  return ["e", "regexp", "r", "replace"].includes(option);
}

/** The files and folders of a search, without its pattern. */
function searched({ read }: Told): string[] {
  const has = (...names: string[]) => read.options.some(({ name }) => names.includes(name));
  return has("e", "regexp", "f", "file", "files", "type-list") ? read.operands : read.operands.slice(1);
}

function grepCheck(told: Told): string | null {
  const { options } = told.read;
  const recurses = options.some(
    ({ name, value }) =>
      ["r", "R", "recursive", "dereference-recursive"].includes(name) ||
      (["d", "directories"].includes(name) && value?.startsWith("r")),
  );
  return recurses ? outside(searched(told), told) : null;
}

function rgCheck(told: Told): string | null {
  // `-r` of grep means another thing here, and its value is printed only.
  return outside(searched(told), told);
}

/** A search through folders stays in the workspace. */
function outside(roots: readonly string[], { name, place }: Told): string | null {
  const stays = (path: string) =>
    path !== "/" && (isInside(place.workspace, path) || place.cwds.some((cwd) => isInside(cwd, path)));
  const all = roots.length === 0 ? ["."] : roots;
  const stray = all.find((root) => place.cwds.some((cwd) => !stays(resolve(cwd, root))));
  return stray === undefined ? null : `${name} would search ${stray}, outside the workspace`;
}

/** Where options end with the first operand, as on macOS, what follows it is the file to write. */
function uniqCheck({ words, read }: Told): string | null {
  const writes = read.operands.length > 1 || (read.operands.length === 1 && words.at(-1) !== read.operands[0]);
  return writes ? "it writes to the second file that uniq is given" : null;
}

const sedScript = /^(?:\d+|\$)(?:,(?:\d+|\$))?p(?:; ?(?:\d+|\$)(?:,(?:\d+|\$))?p)*$/;

function sedCheck({ read }: Told): string | null {
  const isQuiet = read.options.length > 0;
  return isQuiet && sedScript.test(read.operands[0] ?? "") ? null : "sed does more here than print lines by number";
}

/** `%n` sets a variable, `*` takes a width from elsewhere, and escapes can steer a terminal. */
function printfCheck({ words }: Told): string | null {
  const [format = ""] = words;
  if (format.startsWith("-")) return `printf ${format} is not known to only look`;
  const rest = format.replace(/%(?:%|[-+ #0]*\d*(?:\.\d+)?[sdiouxXceEfgGq])/g, "");
  return rest.includes("%") ? "printf has a format that does more than print" : escapes([format]);
}

function escapes(texts: readonly string[]): string | null {
  const isPlain = (text: string) => !/\\(?![nt\\"'])/.test(text.replace(/\\\\/g, ""));
  return texts.every(isPlain) ? null : "it prints control characters";
}

const findTests = new Set(
  (
    "-H -P -mount -xdev -depth -daystart -noleaf -empty -readable -writable -executable -true -false -print -print0 -ls " +
    "-prune -quit -not -a -and -o -or , ( ) ! -nouser -nogroup -warn -nowarn"
  ).split(" "),
);
const findValued = new Set(
  (
    "-maxdepth -mindepth -regextype -name -iname -path -ipath -wholename -iwholename -regex -iregex -type -xtype -size " +
    "-mtime -mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -newermt -perm -user -group -uid -gid -links -inum " +
    "-samefile -lname -ilname -fstype -used -printf"
  ).split(" "),
);

function findCheck(told: Told): string | null {
  const { words } = told;
  const start = words.findIndex((word) => /^[-(),!]/.test(word) && word !== "-H" && word !== "-P");
  const roots = start < 0 ? words : words.slice(0, start);
  const expression = start < 0 ? [] : words.slice(start);
  for (let at = 0; at < expression.length; at++) {
    const word = expression[at] ?? "";
    if (findValued.has(word)) {
      const value = expression[++at];
      if (value === undefined) return `find ${word} lacks its value`;
      const problem = word === "-printf" ? escapes([value]) : null;
      if (problem !== null) return problem;
    } else if (!findTests.has(word)) {
      return `find ${word} is not known to only look`;
    }
  }
  return outside(
    roots.filter((root) => !root.startsWith("-")),
    told,
  );
}
