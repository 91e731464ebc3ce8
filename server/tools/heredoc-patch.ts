// Models that know no patch tool write `apply_patch <<'EOF'` into a shell. There is no such program: what such a line
// asks for is found here, and done by the patch tool. Pure.
import { isAbsolute, resolve } from "node:path";

/** The patch, its paths as seen from `cwd`; null when the script does anything else besides. */
export function heredocPatch(script: string, { workdir, cwd }: { workdir: string; cwd: string }): string | null {
  const [, bare, single, double, quote, mark = "", body = ""] = whole.exec(script) ?? [];
  if (mark === "" || hasEnd(body, mark)) return null;
  // Without quotes the shell would change the text first.
  if (quote === "" && /[$`\\]/.test(body)) return null;
  const folder = resolve(workdir, bare ?? single ?? double ?? "");
  return folder === cwd ? body : body.replace(named, (_, head: string, path: string) => head + absolute(path, folder));
}

// Nothing in a bare or double-quoted folder that the shell would expand.
const whole =
  /^\s*(?:cd[ \t]+(?:([\w./@%+:,][\w./@%+:,-]*)|'([^'\n]+)'|"([^"$`\\\n]+)")[ \t]*&&[ \t]*)?apply_?patch[ \t]*<<[ \t]*(['"]?)(\w+)\4[ \t]*\n([\s\S]*?\n)\5\s*$/;

const named = /^(\*\*\* (?:(?:Add|Update|Delete) File|Move to): )(.+)$/gm;

/** The heredoc ends at the first such line: what comes behind it would be another command. */
function hasEnd(body: string, mark: string): boolean {
  return body.split("\n").includes(mark);
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : resolve(folder, path.trim());
}
