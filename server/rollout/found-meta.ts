// The first line of a rollout, put together from the others and from the name of the file when it is damaged.
import { basename } from "node:path";
import { uuidV7Time } from "../util/uuid-v7.ts";
import type { ReadLine } from "./line.ts";

/** Null when the line is there, or when not enough is known: then the file is no thread. */
export function foundMeta(path: string, lines: readonly ReadLine[]): ReadLine | null {
  if (lines.length === 0 || lines.some(({ type }) => type === "threadMeta")) return null;
  const id = /-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl$/i.exec(basename(path))?.[1];
  const settings = lines.find((line) => line.type === "settings")?.payload;
  const first = lines[0];
  if (id === undefined || settings === undefined || first === undefined) return null;
  const { cwd, model, modelProvider } = settings;
  if (typeof cwd !== "string") return null;
  const createdAtMs = uuidV7Time(id) ?? Date.parse(first.timestamp);
  const payload = {
    ...{ id, cwd, preview: firstPrompt(lines), createdAt: Math.floor((createdAtMs || 0) / 1000) },
    model: typeof model === "string" ? model : "",
    modelProvider: typeof modelProvider === "string" ? modelProvider : "",
    ...{ cliVersion: "", originator: "", source: "vscode", forkedFromId: null, base: null, threadSource: null },
    ...{ baseInstructions: null, developerInstructions: null, dynamicTools: [] },
  };
  return { timestamp: first.timestamp, ordinal: 0, type: "threadMeta", payload };
}

function firstPrompt(lines: readonly ReadLine[]): string {
  for (const line of lines) {
    if (line.type !== "notification" || line.payload.method !== "item/completed") continue;
    const { item } = line.payload.params;
    if (item.type !== "userMessage") continue;
    const texts = item.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
    return texts.join(" ").slice(0, 400);
  }
  return "";
}
