// Which rollouts may have a text in them, by ripgrep: a thousand in the time that we take for some dozens.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Ripgrep, runRipgrep } from "../files/ripgrep.ts";
import { roots, sharedFolder } from "../rollout/files.ts";
import type { LineFilter } from "./search-term.ts";

/** Looks through all of a home. Null when it could not look into every file. Never rejects. */
export async function rolloutsWith(
  filter: LineFilter,
  { ripgrep, home, signal }: { ripgrep: Ripgrep; home: string; signal: AbortSignal },
): Promise<ReadonlySet<string> | null> {
  const folders = [...roots.map((root) => join(home, root)), sharedFolder(home)];
  const places = folders.filter((folder) => existsSync(folder));
  const output: Buffer[] = [];
  const onOutput = (bytes: Buffer) => void output.push(Buffer.from(bytes));
  const { exitCode } = await runRipgrep(ripgrep, { args: argsOf(filter, places), input: null, signal, onOutput });
  const isComplete = exitCode === 0 || exitCode === 1;
  return isComplete ? new Set(Buffer.concat(output).toString("utf8").split("\0")) : null;
}

/** Of the request only the pattern gets in, behind what keeps it from being an option. */
function argsOf({ pattern }: LineFilter, places: readonly string[]): string[] {
  return [
    ...["--no-config", "--files-with-matches", "--null", "--no-messages", "--color", "never"],
    ...["--no-ignore", "--hidden", "--no-follow", "--glob", "*.jsonl"],
    // Whatever bytes are in it, it is a rollout.
    ...["--text", "--encoding", "none", "--ignore-case", "-e", pattern, "--", ...places],
  ];
}
