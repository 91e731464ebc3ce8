// What was allowed is what is done: a yes is sealed over all that decides what a command does, and spent by one start.
import { createHash } from "node:crypto";
import type { SandboxPolicy } from "../protocol/sandbox.ts";

/** All that decides what a command does. */
export interface SealedCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** What is added to the environment that every command gets; null removes a variable. */
  readonly env: Readonly<Record<string, string | null>>;
  /** What confines it. */
  readonly policy: SandboxPolicy;
}

export class Grant {
  readonly #seal: string;
  #isSpent = false;

  constructor(command: SealedCommand) {
    this.#seal = sealOf(command);
  }

  /** Null: this very command may start, now and never again. Else a sentence that says why it must not. */
  spend(command: SealedCommand): string | null {
    if (this.#isSpent) return "it was allowed to run once, and has run. Nothing was run again.";
    this.#isSpent = true;
    if (sealOf(command) === this.#seal) return null;
    return "it is not the command that was allowed: its words, folder, environment or sandbox differ. Nothing was run.";
  }
}

function sealOf({ argv, cwd, env, policy }: SealedCommand): string {
  return createHash("sha256")
    .update(JSON.stringify([argv, cwd, sorted(env), sorted(policy)]))
    .digest("hex");
}

function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
