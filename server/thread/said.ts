// What a person said to a turn, written down before the turn takes it, or even begins: a server that dies meanwhile has
// not lost it. Until its item, which has the id in it, is in the rollout, it is read back as if the turn had taken it
// last. Pure.
import type { RolloutEntry, Said } from "../rollout/line.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import type { UserInput } from "../protocol/user-input.ts";
import { emptyTurn } from "./record.ts";
import type { QueuedInput } from "./turn-life.ts";

/** Pictures are in what the model is told; they are not written twice. */
export function saidIn(turnId: string, itemId: string, { clientId, input, told }: QueuedInput): Said {
  const bare = input.map((part) => (part.type === "image" ? { ...part, url: "" } : part));
  return { turnId, itemId, clientId, input: bare, told };
}

export function userMessage(
  { itemId, clientId, input }: Pick<Said, "itemId" | "clientId" | "input">,
  atMs: number,
): ThreadItemOf<"userMessage"> {
  return { type: "userMessage", id: itemId, clientId, content: input, startedAtMs: atMs, completedAtMs: atMs };
}

/** The lines that a turn writes when it takes it; `begins`: with it, the turn begins. */
export function takenLines(
  said: Said,
  { threadId, atMs, begins }: { threadId: string; atMs: number; begins: boolean },
): TakenLine[] {
  const { turnId, told } = said;
  const images = told.type === "message" ? (told.images ?? []) : [];
  const item = userMessage({ ...said, input: withPictures(said.input, images) }, atMs);
  const params = { item, threadId, turnId, contentTokenCount: null, completedAtMs: atMs };
  const turn = { ...emptyTurn(turnId), startedAt: Math.floor(atMs / 1000) };
  const begun: EntryOf<"notification"> = {
    type: "notification",
    payload: { method: "turn/started", params: { threadId, turn } },
  };
  return [
    ...(begins ? [begun] : []),
    { type: "notification", payload: { method: "item/completed", params } },
    { type: "history", payload: told },
  ];
}

function withPictures(input: readonly UserInput[], images: readonly string[]): UserInput[] {
  const pictures = images.values();
  return input.map((part) => {
    if (part.type !== "image" && part.type !== "localImage") return part;
    const url = pictures.next().value ?? "";
    return part.type === "image" ? { ...part, url } : part;
  });
}

type EntryOf<T extends RolloutEntry["type"]> = Extract<RolloutEntry, { type: T }>;
type TakenLine = EntryOf<"notification"> | EntryOf<"history">;
