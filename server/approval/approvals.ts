// What a person allowed for the rest of a thread: actions by exact key, commands by rules, hosts by name.
import { createHash } from "node:crypto";
import type { Rule } from "../protocol/command.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";

/** Failures of so many command lines are remembered. */
const MAX_NOTED = 100;

export class SessionApprovals {
  readonly #keys = new Set<string>();
  readonly #rules = new Map<string, Rule>();
  readonly #hosts = new Map<string, "allow" | "deny">();
  readonly #failures = new Map<string, readonly string[]>();

  remember(keys: readonly string[]): void {
    for (const key of keys) this.#keys.add(key);
  }

  /** An action without keys is never covered. */
  cover(keys: readonly string[]): boolean {
    return keys.length > 0 && keys.every((key) => this.#keys.has(key));
  }

  get rules(): readonly Rule[] {
    return [...this.#rules.values()];
  }

  addRule(rule: Rule): void {
    this.#rules.set(rule.id, rule);
  }

  /** False: there was none of that id. */
  removeRule(id: string): boolean {
    return this.#rules.delete(id);
  }

  decideHost(host: string, action: "allow" | "deny"): void {
    this.#hosts.set(host.toLowerCase(), action);
  }

  /** Null: nobody has said. */
  host(host: string): "allow" | "deny" | null {
    return this.#hosts.get(host.toLowerCase()) ?? null;
  }

  /** The sandbox made a command line fail, for want of these hosts or of something else: who is asked next is told. */
  noteFailure(script: string, hosts: readonly string[]): void {
    this.#failures.delete(script);
    this.#failures.set(script, hosts);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MAX_NOTED && oldest !== undefined) this.#failures.delete(oldest);
  }

  hasFailed(script: string): boolean {
    return this.#failures.has(script);
  }

  /** The hosts it failed for want of. */
  wantedBy(script: string): readonly string[] {
    return this.#failures.get(script) ?? [];
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
