// Rollouts in a home of their own, written line by line.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { rolloutPath } from "../../server/rollout/files.ts";
import { RolloutIndex } from "../../server/rollout/index.ts";
import type { ThreadMeta } from "../../server/rollout/line.ts";
import { uuidV7 } from "../../server/util/uuid-v7.ts";

export function rolloutLine(type: string, payload: unknown): string {
  return `${JSON.stringify({ timestamp: "2026-01-01T00:00:00.000Z", ordinal: 5, type, payload })}\n`;
}

export function metaLine(meta: Partial<ThreadMeta>): string {
  return rolloutLine("threadMeta", {
    ...{ id: "t", createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
    ...{ source: "vscode", preview: "hi", forkedFromId: null, ...meta },
  });
}

export const nameLine = (name: string) => rolloutLine("metadata", { name, gitInfo: null });

/** Who makes an index of it disposes of it asynchronously: that waits for what the index still does in the background. */
export interface RolloutHome extends Disposable, AsyncDisposable {
  readonly path: string;
  /** Writes a thread that began then, in Unix seconds, and was last written to at that time. */
  write(createdAt: number, more?: Partial<ThreadMeta> & { lines?: string }): { id: string; path: string };
  /** Appends, as at that time. */
  append(path: string, text: string, atSeconds: number): void;
  /** As another process has it. */
  newIndex(onTrouble: (message: string) => void): RolloutIndex;
}

export function rolloutHome(): RolloutHome {
  const home = mkdtempSync(join(tmpdir(), "belay-rollouts-"));
  const indexes: RolloutIndex[] = [];
  const remove = () => rmSync(home, { recursive: true });
  return {
    path: home,
    write(createdAt, { lines = "", ...more } = {}) {
      const id = more.id ?? uuidV7(createdAt * 1000);
      const path = rolloutPath(home, id, createdAt * 1000);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, metaLine({ id, createdAt, ...more }) + lines);
      utimesSync(path, createdAt, createdAt);
      return { id, path };
    },
    append(path, text, atSeconds) {
      appendFileSync(path, text);
      utimesSync(path, atSeconds, atSeconds);
    },
    newIndex(onTrouble) {
      const index = new RolloutIndex(home, onTrouble);
      indexes.push(index);
      return index;
    },
    [Symbol.dispose]: remove,
    async [Symbol.asyncDispose]() {
      for (const index of indexes) {
        await index.sweep();
        await index.saved();
      }
      remove();
    },
  };
}
