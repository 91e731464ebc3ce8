// The OpenAI key that a person has signed in with: BELAY_HOME/auth.json, in the form other programs of the protocol use.
import { chmod, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";

export interface StoredKey {
  /** Null: nobody has signed in. */
  get(): string | null;
  /** Rejects when it cannot be kept; then the key before it stands. */
  set(key: string): Promise<void>;
  clear(): Promise<void>;
}

export interface OwnFiles {
  /** Nobody else may write it meanwhile. Rejects when others do not let go. */
  lock(path: string): Promise<{ release(): void }>;
  /** Writes it as a whole. A new one must be its owner's alone, an old one keeps its mode. */
  replace(path: string, before: string | null, after: string): Promise<{ ok: true } | { ok: false; message: string }>;
}

/** A file that cannot be used counts as none. */
export async function openStoredKey(home: string, { lock, replace }: OwnFiles): Promise<StoredKey> {
  const path = join(home, "auth.json");
  let key = keyIn(await readText(path));
  const write = async (next: string) => {
    const before = await readText(path);
    // Somebody may have made it readable for others while there was nothing in it.
    if (before !== null) await chmod(path, 0o600);
    const after = `${JSON.stringify({ auth_mode: "apikey", [KEY]: next }, null, 2)}\n`;
    const written = await replace(path, before, after);
    if (!written.ok) throw new Error(written.message);
  };
  const change = async (work: () => Promise<void>) => {
    const held = await lock(path);
    try {
      await refuseLink(path);
      await work();
    } finally {
      held.release();
    }
  };
  return {
    get: () => key,
    async set(next) {
      await change(() => write(next));
      key = next;
    },
    async clear() {
      await change(() => rm(path, { force: true }));
      key = null;
    },
  };
}

/** What it leads to is somebody else's: a key would get there, or stay there. */
async function refuseLink(path: string): Promise<void> {
  const target = await readlink(path).catch(() => null);
  if (target === null) return;
  throw new Error(
    `${path} is a symbolic link to ${target}, and Belay changes only a file of its own. ` +
      "Remove the link, and the key where it leads if it is to go, then try again.",
  );
}

const KEY = "OPENAI_API_KEY";

/** Null: it is not there, or not ours to read. Whoever needs the key is told that it is missing. */
function readText(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

function keyIn(text: string | null): string | null {
  try {
    const { [KEY]: key } = JSON.parse(text ?? "{}") as Record<string, unknown>;
    return typeof key === "string" && key !== "" ? key : null;
  } catch {
    // Not JSON: as good as not there.
    return null;
  }
}
