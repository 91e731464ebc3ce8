// Where a link of a model may lead: the web after the editor's own question, or a file of the workspace. Nothing else.

export type LinkTarget = { kind: "web"; url: string } | { kind: "file"; path: string; line?: number };

/** Null: the link is not one; its text is shown as text. */
export function linkTarget(href: string): LinkTarget | null {
  if (/^(?:https?:\/\/|mailto:)/i.test(href)) return { kind: "web", url: href };
  const decoded = decode(href);
  // A drive letter is no scheme; `src/a.ts:12` is a place in a file.
  const isPath = /^(?:[a-z]:[\\/]|[^:#?]+(?:[:#]L?\d+(?::\d+)?)?$)/i.test(decoded);
  return isPath ? fileTarget(decoded) : null;
}

/** A code span that names a place in a file, such as `src/a.ts:12`. Null for all other code. */
export function codeTarget(code: string): LinkTarget | null {
  return /^[\w@.+\-/\\]+\.\w+:\d+(?::\d+)?$/.test(code) ? fileTarget(code) : null;
}

function fileTarget(text: string): LinkTarget | null {
  // `\\server\share` and `//server/share` lead to another machine.
  if (/^[\\/]{2}|[\0-\x1f]/.test(text)) return null;
  const { path = "", line } = /^(?<path>.*?)(?:(?::|#L?)(?<line>\d+)(?::\d+|-L?\d+)?)?$/s.exec(text)?.groups ?? {};
  if (path === "") return null;
  return line === undefined ? { kind: "file", path } : { kind: "file", path, line: Number(line) };
}

function decode(href: string): string {
  try {
    return decodeURI(href);
  } catch {
    // Not an encoded address: taken as it stands.
    return href;
  }
}
