// The lexer against the real bash: of every line that it takes, bash must make just the same words.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Lexed, lex } from "../../../server/approval/lexer.ts";
import { anyLine, nearLine } from "./lines.ts";
import fc from "../../support/properties.ts";

const skip = !existsSync("/bin/bash") && "there is no /bin/bash to compare with";

// Every command is unknown there, and tells descriptor 3 which words it was given.
const stub = `PATH=/nowhere
command_not_found_handle() { printf '%s\\0' "$#" "$@" >&3; return "$STATUS"; }
names=$(compgen -b); for name in $names; do case $name in printf|return|enable) ;; *) enable -n "$name";; esac; done
enable -n enable
`;
let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "belay-lexer-"));
  writeFileSync(join(folder, "stub.bash"), stub);
});
after(() => rmSync(folder, { recursive: true }));

/** The words of each command that bash started, when all of them end with this status. */
function wordsOfBash(line: string, status: number): string[][] {
  const { output } = spawnSync("/bin/bash", ["--norc", "--noprofile", "-f", "-c", "--", line], {
    cwd: folder,
    env: { BASH_ENV: join(folder, "stub.bash"), STATUS: String(status), HOME: "/home/nobody" },
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  const told = (output[3] ?? "").split("\0").slice(0, -1);
  const commands: string[][] = [];
  while (told.length > 0) commands.push(told.splice(0, Number(told.shift())));
  return commands;
}

/** The same as the lexer says it. */
function wordsOfLexer({ commands, operators }: Extract<Lexed, { kind: "commands" }>, status: number): string[][] {
  const started: string[][] = [];
  let runs = true;
  for (const [at, words] of commands.entries()) {
    if (runs) started.push(words.map(({ text }) => text));
    const operator = operators[at];
    // Also behind a command that was left out: the status is that of what ran last.
    if (operator !== "|") runs = operator === ";" || operator === (status === 0 ? "&&" : "||");
  }
  return started;
}

const inAnyOrder = (commands: string[][]) => commands.map((words) => JSON.stringify(words)).toSorted();
/** These are left to the stub itself, and a path is not looked for. */
const canBeTold = (lexed: Extract<Lexed, { kind: "commands" }>) =>
  lexed.commands.every(([first]) => first !== undefined && !/^(?:printf|return)$|[/]|^$/.test(first.text));

for (const [what, lines, numRuns] of [
  ["pieces of the shell's language", anyLine, 2500],
  ["known lines, mixed", nearLine, 800],
] as const) {
  test(`what the lexer takes of ${what} are the very words that bash runs`, { skip }, () => {
    let compared = 0;
    fc.assert(
      fc.property(lines, fc.constantFrom(0, 1), (line, status) => {
        const lexed = lex(line);
        if (lexed.kind === "notLexable" || !canBeTold(lexed)) return;
        compared++;
        assert.deepEqual(inAnyOrder(wordsOfBash(line, status)), inAnyOrder(wordsOfLexer(lexed, status)), line);
      }),
      { numRuns: Number(process.env["BELAY_FUZZ_RUNS"] ?? numRuns) },
    );
    assert.ok(compared > 100, `only ${compared} lines were compared`);
  });
}

test("what is more than plain words says what it is", () => {
  const told = (line: string) => {
    const lexed = lex(line);
    return lexed.kind === "notLexable" ? lexed.because : lexed.commands.map((words) => words.map(({ text }) => text));
  };
  const cases: Record<string, unknown> = {
    "ls  -la 'a b' \"c\"d 2>/dev/null; pwd": [["ls", "-la", "a b", "cd"], ["pwd"]],
    "a && b || c | d;": [["a"], ["b"], ["c"], ["d"]],
    "": "the line is empty",
    "  ": "the line is empty",
    "ls &&": "the line ends with an operator",
    "; ls": "there is no command before its ;",
    "ls\nrm x": "it is more than one line",
    "ls\0": "the line has control characters",
    "l\u0455": "the line has characters that can look like others",
    [`ls ${" ".repeat(40)}; x`]: "the line has a long run of spaces, which can hide what follows",
    "echo $(id)": "the line has a substitution",
    "echo `id`": "the line has a substitution",
    'echo "a $(id)"': "the line has a substitution",
    'echo "$x"': "the line has a variable or another expansion",
    "echo $x": "the line has a variable or another expansion",
    "echo 'x": "a quote is not closed",
    'echo "x': "a quote is not closed",
    'echo "a!"': "the line has \\ or ! in double quotes",
    "ls > x": "the line reads from or writes to a file",
    "ls 2>x": "the line reads from or writes to a file",
    "ls >/dev/nullx": "the line reads from or writes to a file",
    "cat < x": "the line reads from or writes to a file",
    "ls & pwd": "the line runs something in the background",
    "ls &": "the line runs something in the background",
    "ls |& cat": "the line runs something in the background",
    "(ls)": "the line has a group in parentheses",
    "{ ls; }": "the line has braces",
    "ls ~": "the shell puts a folder in the place of ~",
    "ls # x": "the line has a comment",
    "l\\s": "the line has a backslash",
    "! ls": "the line has a ! or ^, which a shell can take for history",
    "A=1 ls": "the line sets a variable",
    "if ls": "if is a word of the shell",
    "%1": "% names a job of the shell",
    "[[ a ]]": "[[ is a word of the shell",
  };
  assert.deepEqual(Object.fromEntries(Object.keys(cases).map((line) => [line, told(line)])), cases);
});

test("a line of 4096 characters is taken, and one character more is not", () => {
  assert.equal(lex("x".repeat(4096)).kind, "commands");
  assert.equal(lex("x".repeat(4097)).kind, "notLexable");
});
