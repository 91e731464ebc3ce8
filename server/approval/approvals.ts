// What a person allowed for the rest of a thread. Kept by exact key: nothing is generalised here.
import { createHash } from "node:crypto";
import type { SandboxPolicy } from "../protocol/sandbox.ts";

export class SessionApprovals {
  readonly #keys = new Set<string>();

  remember(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
  }

  /** An action without keys is never covered. */
  cover(keys: readonly string[]): boolean {
    return keys.length > 0 && keys.every((key) => this.#keys.has(key));
  }
}

/** One command, exactly: another word, folder or confinement is another command. */
export function commandKey(command: {
  argv: readonly string[];
  cwd: string;
  /** Null: it runs unconfined. */
  sandbox: SandboxPolicy | null;
}): string {
  const { argv, cwd, sandbox } = command;
  return `command:${createHash("sha256")
    .update(JSON.stringify([argv, cwd, sandbox]))
    .digest("hex")}`;
}

/** What happens to one file: to be allowed to write it is not to be allowed to remove it. */
export type FileEffect = "write" | "delete" | "moveAway" | "moveHere";

/** One kind of change of one file, by its real place. */
export function fileKey(realPath: string, effect: FileEffect): string {
  return `file:${effect}:${realPath}`;
}
