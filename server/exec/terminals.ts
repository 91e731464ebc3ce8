// Which terminals there are on this machine.
import type { Terminals } from "./pty.ts";
import { scriptTerminals } from "./script-pty.ts";

/** Asked once, with a real run, when the first terminal is wanted; the answer stands for the life of the function. */
export function terminals(platform: NodeJS.Platform): () => Promise<Terminals> {
  let answer: Promise<Terminals> | null = null;
  return () => {
    answer ??= platform === "linux" ? scriptTerminals() : Promise.resolve(noTerminals(platform));
    return answer;
  };
}

function noTerminals(platform: NodeJS.Platform): Terminals {
  return {
    kind: "unavailable",
    reason: `there are no terminals for commands on ${platform} yet; run the command without tty, with streamStdin and streamStdoutStderr`,
  };
}
