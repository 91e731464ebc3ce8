// Conversations in which a person does not wait for the end of a turn.
import { ask, commandAsked, commandStarted, ended, hear, shakeHands, text, thread, touch, turn } from "../steps.ts";
import type { Replay } from "../replay.ts";

const nobody = "00000000-0000-7000-8000-000000000000";
const unasked = [...shakeHands(), thread("never", "danger-full-access")];
const interrupt = ask("turn/interrupt", { threadId: "$thread", turnId: "$turn" });
const steer = (expectedTurnId: string, more = {}) =>
  ask("turn/steer", { threadId: "$thread", input: text("again"), expectedTurnId, ...more });

export const interruptReplays: readonly Replay[] = [
  {
    name: "interrupt a streaming answer",
    about: "Once by the wrong turn, once by the right one, once when it is over.",
    steps: [
      ...unasked,
      turn("slow"),
      hear("item/agentMessage/delta"),
      ask("turn/interrupt", { threadId: "$thread", turnId: nobody }),
      interrupt,
      ended,
      interrupt,
      turn("again"),
      ended,
    ],
  },
  {
    name: "interrupt a command",
    about: "The turn ends while it runs.",
    steps: [...unasked, turn("forever"), commandStarted, interrupt, ended],
  },
  {
    name: "interrupt an approval",
    about: "The question is withdrawn.",
    steps: [
      ...shakeHands(),
      thread("untrusted", "workspace-write"),
      turn("shell"),
      commandAsked,
      interrupt,
      ended,
      hear("serverRequest/resolved"),
      turn("again"),
      ended,
    ],
  },
  {
    name: "steer a running tool",
    about: "What is said meanwhile comes after the tool and before the next answer.",
    steps: [
      ...unasked,
      turn("gated"),
      commandStarted,
      steer("$turn", { clientUserMessageId: "client-7" }),
      touch("go"),
      ended,
    ],
  },
  {
    name: "steer a streaming answer",
    about: "The answer is dropped for one to what was said.",
    steps: [...unasked, turn("slow"), hear("item/agentMessage/delta"), steer("$turn"), ended],
  },
  {
    name: "steer what is not there",
    about: "The wrong turn, and no turn.",
    steps: [...unasked, turn("slow"), hear("item/agentMessage/delta"), steer(nobody), interrupt, ended, steer("$turn")],
  },
  {
    name: "start a turn while one runs",
    about: "It joins the running turn.",
    steps: [...unasked, turn("gated"), commandStarted, turn("again"), touch("go"), ended],
  },
];
