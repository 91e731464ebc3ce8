// Conversations in which the model's answer breaks off or does not come.
import { ask, ended, hear, shakeHands, thread, turn } from "../steps.ts";
import type { Replay } from "../replay.ts";

const read = ask("thread/read", { threadId: "$thread", includeTurns: true });
const opening = [...shakeHands(), thread("never", "read-only")];
const place = { overrides: ["model_providers.mock.stream_max_retries=2"] };

export const modelTroubleReplays: readonly Replay[] = [
  {
    name: "an answer that breaks off once",
    about: "It is asked for anew, and what was said is void.",
    place,
    steps: [...opening, turn("cutonce"), ended, hear("error"), read],
  },
  {
    name: "an answer that always breaks off",
    about: "After so many tries the turn fails, and the next one runs as usual.",
    place,
    steps: [...opening, turn("cutalways"), ended, turn("again"), ended],
  },
  {
    name: "a failure before the answer",
    about: "It is tried again.",
    place,
    steps: [...opening, turn("unwellonce"), ended, hear("error")],
  },
  {
    name: "a limit",
    about: "It is waited for.",
    place,
    steps: [...opening, turn("limitedonce"), ended, hear("error")],
  },
];
