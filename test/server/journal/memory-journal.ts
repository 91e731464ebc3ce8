// A journal that keeps everything in memory.
import { createHash } from "node:crypto";
import type { Change, Image, JournalLine, WorkspaceJournal } from "../../../server/journal/change.ts";

export interface MemoryJournal extends WorkspaceJournal {
  readonly lines: JournalLine[];
}

export function memoryJournal(cwd: string): MemoryJournal {
  const blobs = new Map<string, Uint8Array>();
  const lines: JournalLine[] = [];
  return {
    cwd,
    lines,
    changes: async () => changesOf(lines),
    baselines: async () => new Map(),
    bytesOf: async (image) => (image.kind === "file" ? (blobs.get(image.hash) ?? null) : null),
    async keep(bytes, facts): Promise<Image> {
      const hash = createHash("sha256").update(bytes).digest("hex");
      blobs.set(hash, Uint8Array.from(bytes));
      return { kind: "file", hash, size: bytes.length, ...facts };
    },
    append: async (...appended) => void lines.push(...appended),
    leave: () => undefined,
    onChange: () => () => undefined,
  };
}

function changesOf(lines: readonly JournalLine[]): Change[] {
  const changes = new Map<string, Change>();
  for (const line of lines) {
    if (line.type === "captured" || line.type === "prepared") {
      const { id, atMs, source, files } = line;
      changes.set(id, { id, atMs, source, files, state: line.type === "captured" ? "applied" : "prepared" });
    }
    const change = line.type === "applied" || line.type === "abandoned" ? changes.get(line.id) : undefined;
    if (change === undefined) continue;
    if (line.type === "applied") changes.set(change.id, { ...change, files: line.files, state: "applied" });
    else changes.delete(change.id);
  }
  return [...changes.values()];
}
