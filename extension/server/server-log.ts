// The server's own log lines, as they come from its stderr. Pure.

export interface LogLine {
  level: "error" | "warn" | "info" | "debug";
  message: string;
}

const levels: Readonly<Record<string, LogLine["level"]>> = {
  error: "error",
  warning: "warn",
  info: "info",
  debug: "debug",
};

/** `2026-01-31T12:00:00.000Z warning Words.` is a line of the server's; anything else was printed by something in it. */
export function readLogLine(line: string): LogLine {
  const [, name = "", message = ""] = /^\d{4}-\d\d-\d\dT[\d:.]+Z (\w+) (.*)$/.exec(line) ?? [];
  const level = levels[name];
  return level === undefined ? { level: "warn", message: line } : { level, message };
}

// As the engine puts it, ahead of a stack of its own.
const isOutOfMemory = /^FATAL ERROR: .*(?:heap out of memory|heap limit|allocation failed)/i;

/** Why a program ended, told from the last lines it printed; null when it printed none. */
export function findCause(lines: readonly string[]): string | null {
  // Node ends its report of an uncaught error with the stack and its own version.
  const telling = lines.filter((line) => !/^\s+at |^Node\.js v|^\s*[\^}]/.test(line));
  if (telling.some((line) => isOutOfMemory.test(line))) return "it ran out of memory";
  const line = telling.findLast((candidate) => /^\w*Error\b/.test(candidate)) ?? telling.at(-1);
  return line === undefined ? null : readLogLine(line).message;
}
