// Where links lead what a harmless command would read. A sandbox keeps credentials from it; without one, their names
// alone would.
import { resolve } from "node:path";
import { lex } from "../approval/lexer.ts";
import { secretPlace } from "../approval/secret-places.ts";
import type { FileReader } from "./tool.ts";

/** They show what is in the files that they are told of. */
const showing = new Set([
  "cat",
  "head",
  "tail",
  "nl",
  "tac",
  "rev",
  "cut",
  "paste",
  "sort",
  "uniq",
  "grep",
  "rg",
  "sed",
]);
/** Of grep and rg: also through the links that they meet. */
const follows = /^(?:-[A-Za-z]*[RL]|--(?:follow|dereference-recursive))/;

/** Why a command that only looks asks nevertheless, as the end of "asks because …"; null when it need not. */
export async function followedSecret(
  script: string,
  { cwd, threadCwd, files }: { cwd: string; threadCwd: string; files: Pick<FileReader, "realTarget" | "deniedTo"> },
): Promise<string | null> {
  const lexed = lex(script);
  if (lexed.kind === "notLexable") return null;
  const isDenied = files.deniedTo(threadCwd);
  const cwds = [cwd];
  for (const words of lexed.commands) {
    const [name = "", ...rest] = words.map(({ text }) => text);
    if (name === "cd") cwds.push(...cwds.map((each) => resolve(each, rest[0] ?? "")));
    if (!showing.has(name) && name !== "cd") continue;
    const wanders =
      words.some(({ glob }) => glob) || (["grep", "rg"].includes(name) && rest.some((word) => follows.test(word)));
    if (wanders) return `${name} may follow links to what no sandbox keeps from it here`;
    for (const path of cwds.flatMap((each) =>
      rest.flatMap((word) => spellings(word).map((text) => resolve(each, text))),
    )) {
      const real = await files.realTarget(path).catch(() => null);
      if (real === null || isDenied(real) || secretPlace(real, ["/"]) !== null) {
        return `${path} leads to what may hold credentials, and no sandbox keeps them from it here`;
      }
    }
  }
  return null;
}

function spellings(word: string): string[] {
  const value = /^-[^=]*=(.+)$/.exec(word)?.[1] ?? /^-[^-](.+)$/.exec(word)?.[1];
  return value === undefined ? [word] : [word, value];
}
