// Conversations about commands that the model runs: every approval policy, every decision, output and failures.
import {
  acceptIfAsked,
  ask,
  commandAsked,
  commandStarted,
  decideCommand,
  ended,
  hear,
  refuse,
  shakeHands,
  thread,
  touch,
  turn,
} from "../steps.ts";
import type { Replay } from "../replay.ts";

const asked = [...shakeHands(), thread("untrusted", "workspace-write")];
const unasked = [...shakeHands(), thread("never", "danger-full-access")];

const rule = ["mkdir", "made"];
const withRule = { acceptWithExecpolicyAmendment: { execpolicy_amendment: rule } };

export const commandReplays: readonly Replay[] = [
  {
    name: "plain text",
    about: "A turn in which the model thinks and answers.",
    steps: [...asked, turn("hello"), ended],
  },
  {
    name: "command accepted",
    about: "Two commands, each asked for and accepted.",
    steps: [
      ...asked,
      turn("shell"),
      decideCommand("accept"),
      ended,
      turn("makeanother"),
      decideCommand("accept"),
      ended,
    ],
  },
  {
    name: "commands that only look",
    about: "What each does is told in a word: it reads, lists, searches.",
    steps: [...unasked, turn("look"), ended],
  },
  {
    name: "a command that only looks, untrusted",
    about: "The original asks for it as for any other.",
    steps: [...asked, acceptIfAsked, turn("list"), ended],
  },
  {
    name: "command declined",
    about: "The turn goes on without the command.",
    steps: [...asked, turn("shell"), decideCommand("decline"), ended],
  },
  {
    name: "command cancelled",
    about: "The decision interrupts the turn; the next one runs as usual.",
    steps: [...asked, turn("shell"), decideCommand("cancel"), ended, turn("again"), ended],
  },
  {
    name: "command accepted for the session",
    about: "The same command is not asked for again.",
    steps: [...asked, turn("shell"), decideCommand("acceptForSession"), ended, turn("shell"), ended],
  },
  {
    name: "command accepted with a rule",
    about: "The rule is kept, and the same command is not asked for again, in another thread either.",
    steps: [
      ...asked,
      turn("make"),
      decideCommand(withRule),
      ended,
      turn("make"),
      ended,
      thread("untrusted", "workspace-write"),
      turn("make"),
      ended,
    ],
  },
  {
    name: "command escalated",
    about: "On request, a command in the sandbox runs unasked, and one that wants out of it is asked for.",
    steps: [
      ...shakeHands(),
      thread("on-request", "workspace-write"),
      turn("shell"),
      ended,
      turn("escalate"),
      decideCommand("accept"),
      ended,
    ],
  },
  {
    name: "failing command",
    about: "It exits with a code other than 0.",
    steps: [...asked, turn("shellfail"), decideCommand("accept"), ended],
  },
  {
    name: "streaming command",
    about: "Output comes while it runs.",
    steps: [...unasked, turn("stream"), hear("item/commandExecution/outputDelta"), touch("go"), ended],
  },
  {
    name: "commands in the background",
    about: "Two commands outlive their turn, are listed, and ended by hand.",
    steps: [
      ...unasked,
      turn("background"),
      ended,
      ask("thread/backgroundTerminals/list", { threadId: "$thread" }),
      ask("thread/backgroundTerminals/terminate", { threadId: "$thread", processId: "12" }),
      ask("thread/backgroundTerminals/terminate", { threadId: "$thread", processId: "twelve" }),
      ask("thread/backgroundTerminals/list", { threadId: "$thread", cursor: "one" }),
      ask("thread/backgroundTerminals/clean", { threadId: "$thread" }),
      hear("item/completed", { item: { type: "commandExecution" } }),
      hear("item/completed", { item: { type: "commandExecution" } }),
      ask("thread/backgroundTerminals/list", { threadId: "$thread" }),
    ],
  },
  {
    name: "commands side by side",
    about: "Two commands of one answer run at the same time, and say so in any order.",
    steps: [...unasked, turn("parallel"), commandStarted, commandStarted, touch("go"), ended],
  },
  {
    name: "tools that go wrong",
    about: "A tool that does not exist, and arguments that do not fit.",
    steps: [...unasked, turn("unknowntool"), ended, turn("badargs"), ended],
  },
  {
    name: "read-only",
    about: "Without approvals and writing, the command fails in its sandbox.",
    steps: [...shakeHands(), thread("never", "read-only"), turn("shell"), ended],
  },
  {
    name: "big output",
    about: "More than any item keeps.",
    steps: [...unasked, turn("big"), ended],
  },
  {
    name: "two approvals at once",
    about: "Two questions wait side by side and are answered; what is said meanwhile joins the turn.",
    steps: [
      ...asked,
      turn("parallel"),
      decideCommand("accept"),
      decideCommand("accept"),
      commandStarted,
      commandStarted,
      touch("go"),
      ended,
    ],
  },
  {
    name: "a turn started while another waits for an approval",
    about: "It joins the running turn.",
    steps: [
      ...asked,
      turn("shell"),
      commandAsked,
      turn("again"),
      hear("item/completed", { item: { type: "userMessage" } }),
    ],
  },
  {
    name: "an approval that the client cannot answer",
    about: "An error and an unknown decision both count as no.",
    steps: [
      ...asked,
      turn("shell"),
      refuse("item/commandExecution/requestApproval"),
      ended,
      turn("shell"),
      decideCommand("bogus"),
      ended,
    ],
  },
  {
    name: "approval for a stable client",
    about: "A client that declared nothing is asked as well, and an answer to nothing is passed over.",
    steps: [
      ...shakeHands(null),
      thread("untrusted", "workspace-write"),
      turn("shell"),
      decideCommand("decline"),
      ended,
      { do: "tell", message: { id: "nope", result: {} } },
      { do: "ask", method: "model/list", params: { limit: 1 } },
    ],
  },
];
