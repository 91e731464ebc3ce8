// Splits a command line into words the way bash does, for the few forms where that is beyond doubt. Pure.

/** One word as the program gets it. */
export interface Word {
  text: string;
  /** Some of it stood in quotes. */
  quoted: boolean;
  /** It has an unquoted * ? or [: the shell may put names of files in its place. */
  glob: boolean;
}

export type Operator = "&&" | "||" | ";" | "|";

export type Lexed =
  /** `operators[i]` stands behind `commands[i]`. No command is empty. */
  | { kind: "commands"; commands: Word[][]; operators: Operator[] }
  /** `because` ends the sentence "asks because …". */
  | { kind: "notLexable"; because: string };

/** In characters. */
const MAX_LINE = 4096;

/**
 * Takes bare words, '…', "…" without expansions, the four operators, and output to nowhere. For all that it takes, bash
 * runs just these words (globs apart); whatever else there is in the shell's language is not lexable.
 */
export function lex(line: string): Lexed {
  const problem = unfit(line);
  if (problem !== null) return notLexable(problem);
  const commands: Word[][] = [];
  const operators: Operator[] = [];
  let words: Word[] = [];
  let rest = line;
  while (rest !== "") {
    const next = token(rest, { isFirst: words.length === 0 });
    if (next.kind === "notLexable") return next;
    rest = rest.slice(next.length);
    if (next.kind === "word") words.push(next.word);
    if (next.kind !== "operator") continue;
    if (words.length === 0) return notLexable(`there is no command before its ${next.operator}`);
    commands.push(words);
    operators.push(next.operator);
    words = [];
  }
  if (words.length > 0) commands.push(words);
  else if (operators.at(-1) === ";") operators.pop();
  else return notLexable(commands.length === 0 ? "the line is empty" : "the line ends with an operator");
  return { kind: "commands", commands, operators };
}

function unfit(line: string): string | null {
  if (line.length > MAX_LINE) return `the line is longer than ${MAX_LINE} characters`;
  if (/[\r\n]/.test(line)) return "it is more than one line";
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(line)) return "the line has control characters";
  if (/[^ -~]/.test(line)) return "the line has characters that can look like others";
  if (/ {40}/.test(line)) return "the line has a long run of spaces, which can hide what follows";
  return null;
}

type Token =
  | { kind: "blank" | "redirect"; length: number }
  | { kind: "operator"; operator: Operator; length: number }
  | { kind: "word"; word: Word; length: number }
  | { kind: "notLexable"; because: string };

const blank = /^ +/;
const operator = /^(?:&&|\|\|(?!\|)|;|\|(?![|&]))/;
/** Only these, and only apart from other words: `a>/dev/null` has a word before its redirection, as `2>` may have. */
const redirect = /^(?:2?> ?\/dev\/null|2>&1)(?=[ ;|]|&&|$)/;

function token(rest: string, place: { isFirst: boolean }): Token {
  const spaces = blank.exec(rest)?.[0];
  if (spaces !== undefined) return { kind: "blank", length: spaces.length };
  const toNowhere = redirect.exec(rest)?.[0];
  if (toNowhere !== undefined) return { kind: "redirect", length: toNowhere.length };
  const found = operator.exec(rest)?.[0];
  if (found !== undefined) return { kind: "operator", operator: found as Operator, length: found.length };
  return wordToken(rest, place);
}

const bare = /^[A-Za-z0-9_@%+=:,./*?[\]-]+/;
const quotedText = /^'([^']*)'|^"([^"$`\\!]*)"/;

const reserved = new Set(
  "if then elif else fi case esac for select while until do done in function time coproc [[ ]]".split(" "),
);

function wordToken(rest: string, { isFirst }: { isFirst: boolean }): Token {
  const word: Word = { text: "", quoted: false, glob: false };
  let bareText = "";
  let at = 0;
  while (at < rest.length && !/[ ;|&]/.test(rest.charAt(at))) {
    const here = rest.slice(at);
    const plain = bare.exec(here)?.[0];
    const inQuotes = quotedText.exec(here);
    if (plain !== undefined) {
      word.text += plain;
      bareText += plain;
      word.glob ||= /[*?[]/.test(plain);
      at += plain.length;
    } else if (inQuotes !== null) {
      word.text += inQuotes[1] ?? inQuotes[2] ?? "";
      word.quoted = true;
      at += inQuotes[0].length;
    } else {
      return notLexable(trouble(here));
    }
  }
  const problem = at === 0 ? trouble(rest) : isFirst ? nameTrouble(word, bareText) : openBracket(bareText);
  return problem === null ? { kind: "word", word, length: at } : notLexable(problem);
}

/** In this place some words are the shell's own. */
function nameTrouble({ text, quoted }: Word, bareText: string): string | null {
  if (text.includes("=")) return "the line sets a variable";
  if (text.startsWith("%")) return "% names a job of the shell";
  if (!quoted && reserved.has(text)) return `${text} is a word of the shell`;
  return bareText.includes("[") && text !== "[" ? "the name of the command is not written plainly" : null;
}

/** `a[` begins the index of a variable, which can go on over blanks. */
function openBracket(bareText: string): string | null {
  const isOpen = bareText !== "[" && bareText.replace(/\[[^[\]]*\]/g, "").includes("[");
  return isOpen ? "the line has a bracket that stays open" : null;
}

const troubles: readonly (readonly [RegExp, string])[] = [
  [/^'/, "a quote is not closed"],
  [/^"[^"$`\\!]*$/, "a quote is not closed"],
  [/^"[^"$`\\!]*[\\!]/, "the line has \\ or ! in double quotes"],
  [/^"[^"$`\\!]*\$?`|^"[^"$`\\!]*\$\(|^`|^\$\(/, "the line has a substitution"],
  [/^"|^\$/, "the line has a variable or another expansion"],
  [/^\|&|^&[^&]|^&$/, "the line runs something in the background"],
  [/^[\d]*[<>]|^>/, "the line reads from or writes to a file"],
  [/^[()]/, "the line has a group in parentheses"],
  [/^[{}]/, "the line has braces"],
  [/^~/, "the shell puts a folder in the place of ~"],
  [/^#/, "the line has a comment"],
  [/^\\/, "the line has a backslash"],
  [/^[!^]/, "the line has a ! or ^, which a shell can take for history"],
];

function trouble(rest: string): string {
  const found = troubles.find(([pattern]) => pattern.test(rest));
  return found?.[1] ?? `the line has the character ${rest.charAt(0)}`;
}

function notLexable(because: string): { kind: "notLexable"; because: string } {
  return { kind: "notLexable", because };
}
