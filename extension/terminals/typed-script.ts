// What may be typed into a person's shell for them: exactly what was approved, and nothing the shell's line editor would
// take as a key. Pure.

/** A sentence on why this script must not be typed; null where it may. */
export function whyNotTyped(script: string): string | null {
  if (script.trim() === "") return "There is no command to run.";
  const bad = [...script].find(isKey);
  if (bad === undefined) return null;
  return bad === "\t"
    ? "The command contains a tab, which a shell takes as a wish to complete a word: it would run something else than was approved. Run it in the sandbox, or write it with spaces."
    : `The command contains a control character (${nameOf(bad)}), which could steer the terminal. It was not run there.`;
}

/** A newline is the only control character that means the same when it is typed. */
function isKey(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return (code < 0x20 && char !== "\n") || (code >= 0x7f && code < 0xa0);
}

function nameOf(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
