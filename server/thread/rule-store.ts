// The rules that are written down: BELAY_HOME/rules/default.rules, read again whenever it has changed, by whoever did.
import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { NewRule } from "../approval/rules.ts";
import { addRule, readRules, removeRule, type RulesFile } from "../approval/rules-file.ts";
import { messageOf } from "../protocol/rpc/errors.ts";

export interface OwnFiles {
  /** Nobody else may write it meanwhile. Rejects when others do not let go. */
  lock(path: string): Promise<{ release(): void }>;
  /** Writes it as a whole. Must not throw. */
  replace(path: string, before: string | null, after: string): Promise<{ ok: true } | { ok: false; message: string }>;
}

export class RuleStore {
  readonly path: string;
  readonly #files: OwnFiles;
  #read: { version: string; file: RulesFile } | null = null;

  constructor(home: string, files: OwnFiles) {
    this.path = join(home, "rules", "default.rules");
    this.#files = files;
  }

  /** As the file stands now. Never rejects: a file that cannot be read allows nothing, and says so. */
  async current(): Promise<RulesFile> {
    const version = await versionOf(this.path);
    if (this.#read?.version === version) return this.#read.file;
    const file = await this.#parse();
    this.#read = { version, file };
    return file;
  }

  /** Rejects with a sentence; then nothing has changed. */
  async add(rule: NewRule): Promise<void> {
    await this.#change((text) => addRule(text ?? "", rule));
  }

  /** False: no such rule is written down. */
  async remove(id: string): Promise<boolean> {
    let removed = false;
    await this.#change((text) => {
      const after = removeRule(text ?? "", id);
      removed = after !== (text ?? "");
      return after;
    });
    return removed;
  }

  /** `change` gets the text, null for no file, and gives the next one. */
  async #change(change: (text: string | null) => string): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const lock = await this.#files.lock(this.path);
    try {
      const before = await textOf(this.path);
      const after = change(before);
      if (after === (before ?? "")) return;
      const written = await this.#files.replace(this.path, before, after);
      if (!written.ok) throw new Error(written.message);
    } finally {
      lock.release();
    }
  }

  async #parse(): Promise<RulesFile> {
    try {
      return readRules((await textOf(this.path)) ?? "", "default.rules");
    } catch (error) {
      const problem = `${this.path} cannot be read, so every command asks: ${messageOf(error)}`;
      return { rules: [], problems: [problem], isReadable: false };
    }
  }
}

/** What differs when the file does. */
async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join();
  } catch {
    return "none";
  }
}

/** Null: there is no file. */
async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
