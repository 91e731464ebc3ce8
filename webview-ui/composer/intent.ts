// What a text in the composer is: words for Belay, or after a leading "!" a command line for the person's own shell.

export type Intent = { kind: "prompt"; text: string } | { kind: "shell"; command: string };

/** A text that is to begin with "!" is written as "\!", or with a space before it. */
export function intentOf(draft: string): Intent {
  if (draft.startsWith("!")) return { kind: "shell", command: draft.slice(1).trim() };
  return { kind: "prompt", text: draft.startsWith("\\!") ? draft.slice(1) : draft };
}

/** There is nothing in it yet. */
export function isBlank(intent: Intent): boolean {
  return (intent.kind === "shell" ? intent.command : intent.text).trim() === "";
}
