// Conversations about changes of files.
import { decideFile, ended, shakeHands, thread, turn } from "../steps.ts";
import type { Replay } from "../replay.ts";

const asked = [...shakeHands(), thread("untrusted", "workspace-write")];

export const patchReplays: readonly Replay[] = [
  {
    name: "patch accepted",
    about: "A new file, a change of it together with a new one, and a patch that does not fit.",
    steps: [
      ...asked,
      turn("patchadd"),
      decideFile("accept"),
      ended,
      turn("patchedit"),
      decideFile("accept"),
      ended,
      turn("patchbad"),
      ended,
    ],
  },
  {
    name: "patch declined",
    about: "The turn goes on.",
    steps: [...asked, turn("patchadd"), decideFile("decline"), ended],
  },
  {
    name: "patch accepted for the session",
    about: "The answer holds for the files it was given for.",
    steps: [
      ...asked,
      turn("patchadd"),
      decideFile("acceptForSession"),
      ended,
      turn("patchedit"),
      decideFile("acceptForSession"),
      ended,
    ],
  },
  {
    name: "patch on request",
    about: "Inside the workspace nobody is asked.",
    steps: [...shakeHands(), thread("on-request", "workspace-write"), turn("patchadd"), ended],
  },
  {
    name: "patch outside the workspace",
    about: "Outside it somebody is.",
    steps: [
      ...shakeHands(),
      thread("on-request", "workspace-write"),
      turn("patchoutside"),
      decideFile("decline"),
      ended,
    ],
  },
  {
    name: "patch where nothing may be written",
    about: "On request it is asked for.",
    steps: [...shakeHands(), thread("on-request", "read-only"), turn("patchadd"), decideFile("accept"), ended],
  },
  {
    name: "patch that nobody may allow",
    about: "Never asking and never writing: it is refused.",
    steps: [...shakeHands(), thread("never", "read-only"), turn("patchadd"), ended],
  },
];
