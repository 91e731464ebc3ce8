// Says it where a thread may write more than a project: the user's home, and with it what they have on this machine.
import { realpathSync } from "node:fs";
import type { ThreadSettings } from "../protocol/thread.ts";
import { isInside } from "../util/inside.ts";
import { rootsOf } from "./settings.ts";

/** A sentence for a person; null: there is nothing to say. `/` needs none: the sandbox refuses it. */
export function wideWords(
  settings: Pick<ThreadSettings, "cwd" | "roots" | "sandbox">,
  userHome: string | null,
): string | null {
  if (userHome === null || settings.sandbox.type !== "workspaceWrite") return null;
  const home = realOf(userHome);
  const wide = rootsOf(settings).find((root) => isInside(realOf(root), home));
  if (wide === undefined || realOf(wide) === "/") return null;
  return `This thread may write all of ${wide}, and that is your home: what programs read at their start lies there too. Work in the folder of one project, or choose read-only.`;
}

function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
