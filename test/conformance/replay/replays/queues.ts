// Conversations about messages that wait for their turn.
import { ask, commandStarted, ended, hear, shakeHands, text, thread, touch, turn } from "../steps.ts";
import type { Replay } from "../replay.ts";
import type { ScriptName } from "../../scripts.ts";

const unasked = [...shakeHands(), thread("never", "danger-full-access")];
const onQueue = (verb: string, more: Record<string, unknown> = {}, as?: string) =>
  ask(`thread/queue/${verb}`, { threadId: "$thread", ...more }, as === undefined ? {} : { as });
const add = (script: ScriptName, as: string) =>
  onQueue("add", { input: text(script), clientUserMessageId: `client-${as}` }, as);

export const queueReplays: readonly Replay[] = [
  {
    name: "a queue goes on",
    about: "Two messages are queued while a turn runs, and get their turns in the order they were put in.",
    steps: [
      ...unasked,
      turn("gated"),
      commandStarted,
      add("hello", "one"),
      add("again", "two"),
      onQueue("list"),
      onQueue("list", { limit: 1 }),
      onQueue("reorder", { queuedSubmissionIds: ["$two", "$one"] }),
      touch("go"),
      ended,
      ended,
      ended,
      onQueue("list"),
    ],
  },
  {
    name: "a queue after an interrupt",
    about: "It waits until one of its messages is begun by hand.",
    steps: [
      ...unasked,
      turn("forever"),
      commandStarted,
      add("hello", "one"),
      add("again", "two"),
      ask("turn/interrupt", { threadId: "$thread", turnId: "$turn" }),
      ended,
      onQueue("list"),
      onQueue("start", { queuedSubmissionId: "$two" }),
      ended,
      ended,
      onQueue("start"),
    ],
  },
  {
    name: "what a queue refuses",
    about: "Unknown messages, half an order, nothing to say, and a thread that keeps nothing.",
    steps: [
      ...unasked,
      turn("gated"),
      commandStarted,
      add("hello", "one"),
      onQueue("update", { queuedSubmissionId: "none", input: text("again") }),
      onQueue("update", { queuedSubmissionId: "$one", input: [] }),
      onQueue("update", { queuedSubmissionId: "$one", input: text("again") }),
      onQueue("reorder", { queuedSubmissionIds: [] }),
      onQueue("start"),
      onQueue("start", { queuedSubmissionId: "none" }),
      onQueue("add", { input: [], clientUserMessageId: "client" }),
      onQueue("delete", { queuedSubmissionId: "none" }),
      onQueue("delete", { queuedSubmissionId: "$one" }),
      touch("go"),
      ended,
      ask("thread/start", { cwd: "$ws", sandbox: "danger-full-access", ephemeral: true }, { as: "passing" }),
      ask("thread/queue/list", { threadId: "$passing" }),
    ],
  },
  {
    name: "a message is queued while nothing runs",
    about: "It begins at once.",
    steps: [...unasked, add("hello", "one"), hear("thread/queue/changed"), ended],
  },
];
