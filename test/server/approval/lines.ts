// Command lines for fuzzing: pieces of the shell's language glued together, and known lines taken apart and mixed.
import { attacks, harmless } from "./attacks.ts";
import fc from "../../support/properties.ts";

const signs = "~ { } # = ! $ ` \\ & ( ) < > ; | * ? [ ] ^ % @ + , : . / - ' \" 2 0".split(" ");
const operators = ["&&", "||", ";", "|", "&", "|&", ";;", " && ", " || ", "; ", " | ", "\n", "\r", "\t", "\0", " "];
const redirections = [
  ">/dev/null",
  " 2>/dev/null",
  " 2>&1",
  "2>&1",
  " >/dev/null ",
  "> /dev/null",
  ">x",
  "<x",
  ">>x",
  "&>x",
];
const words =
  "ls a -la --x=y A=1 if then fi time coproc function do done [[ ]] { } ! case for in echo eval ./x ../y /z ~/q {a,b} #c " +
  "$HOME $(id) `id` ${x} $'a' 'a b' \"a b\" '' \"\" '$x' \"$x\" '\\' \"\\\\\" a\"b\"c 'a'b \"!\" '!' \u0430 \u200b \u202e \u001b x[0]=1 a+=b -exec";

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words.split(" ")) },
  { weight: 4, arbitrary: fc.constant(" ") },
  { weight: 2, arbitrary: fc.constantFrom(...signs) },
  { weight: 2, arbitrary: fc.constantFrom(...operators) },
  { weight: 1, arbitrary: fc.constantFrom(...redirections) },
  { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
);
const tame = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      "ls",
      "a1",
      "-la",
      "--x=y",
      "'a b'",
      '"a b"',
      "''",
      "a\"b\"'c'",
      "*.x",
      "[",
      "%1",
      "x:y",
    ),
  },
  { weight: 4, arbitrary: fc.constant(" ") },
  { weight: 1, arbitrary: fc.constantFrom("&&", "||", ";", "|", " 2>&1 ", " >/dev/null ", "2>/dev/null") },
  { weight: 1, arbitrary: fc.constantFrom("'#'", '"~"', "'$x'", "'!'", "if", "\\", "]", "=", ":", "%") },
);

/** Anything a model could write, much of it wrong. */
export const anyLine = fc
  .oneof(fc.array(piece, { maxLength: 12 }), fc.array(tame, { maxLength: 14 }))
  .map((pieces) => pieces.join(""));

type Change = (line: string, at: number, other: string) => string;
const changes: Change[] = [
  (line, at, other) => line.slice(0, at) + other + line.slice(at),
  (line, at, other) => `${line.slice(0, at)} ${other} ${line.slice(at)}`,
  (line, at) => line.slice(0, at) + line.slice(at + 1),
  (line, at) => `${line.slice(0, at)}'${line.slice(at)}`,
  (line, at) => `${line.slice(0, at)}"${line.slice(at)}"`,
  (line, _, other) => `${line} && ${other}`,
  (line, _, other) => `${line} | ${other}`,
  (line, _, other) => `${line}; ${other}`,
  (line, at, other) => exchanged(line, at, other),
  (line, at, other) => withWord(line, at, other),
];

/** Its words with one replaced by a word of the other. */
function exchanged(line: string, at: number, other: string): string {
  const [mine, theirs] = [line.split(" "), other.split(" ")];
  mine[at % mine.length] = theirs[at % theirs.length] ?? "";
  return mine.join(" ");
}

function withWord(line: string, at: number, other: string): string {
  const [mine, theirs] = [line.split(" "), other.split(" ")];
  mine.splice(1 + (at % mine.length), 0, theirs[at % theirs.length] ?? "");
  return mine.join(" ");
}

const seed = fc.constantFrom(...harmless, ...harmless, ...attacks.map(([line]) => line));

/** Known lines, changed and mixed: near what is let through. */
export const nearLine = fc
  .tuple(seed, fc.array(fc.tuple(fc.nat(changes.length - 1), fc.nat(60), fc.oneof(seed, piece)), { maxLength: 4 }))
  .map(([start, steps]) =>
    steps.reduce(
      (line, [change, at, other]) => changes[change]?.(line, Math.min(at, line.length), other) ?? line,
      start,
    ),
  );
