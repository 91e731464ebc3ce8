// How a command is called and how it ended, in the words a person reads.
import type { ThreadItemOf } from "../../server/protocol/item.ts";
import { visibleText } from "./hidden-characters.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

/** Room for a name in a control. */
const MAX_NAME_CHARS = 60;

/** The whole line, every hidden character by its code. */
export function commandLine({ script, command }: Pick<CommandItem, "script" | "command">): string {
  return visibleText(script ?? command);
}

/** The beginning of it, for the names of controls. */
export function commandName(item: Pick<CommandItem, "script" | "command">): string {
  const [first = "", ...more] = commandLine(item).trim().split("\n");
  const isCut = more.length > 0 || first.length > MAX_NAME_CHARS;
  return isCut ? `${first.slice(0, MAX_NAME_CHARS).trimEnd()}…` : first;
}

/** Null: by an exit code, or it has not ended. Items of other servers do not say. */
export function endingWords({
  status,
  exitCode,
  ending,
  signal,
}: CommandItem): { words: string; title?: string } | null {
  if (status === "inProgress" || status === "declined") return null;
  switch (ending) {
    case "exited":
      return null;
    case "signal":
      return { words: signal ? `killed by ${signal}` : "killed by a signal" };
    case "stopped":
      return { words: "stopped" };
    case "timedOut":
      return { words: "timed out", title: "It took longer than it was given, and was stopped" };
    case "notStarted":
      return { words: "not started", title: "It could not be started" };
    case "unknown":
      return { words: "end unknown", title: "It ran in your own shell, which did not say how it ended" };
    case undefined:
      // It failed without an exit code: something ended it.
      return status === "failed" && exitCode === null ? { words: "stopped" } : null;
    default:
      return ending satisfies never;
  }
}
