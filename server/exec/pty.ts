// Where terminals for programs come from. One interface, so that a provider can be added beside `script`.
import type { TerminalSize } from "../protocol/command-exec.ts";
import type { LiveProgram, LiveRequest } from "./live.ts";

export interface TerminalProgram extends LiveProgram {
  /** The program hears of it by SIGWINCH. Null when it was done, else a sentence that says why not. */
  resize(size: TerminalSize): Promise<string | null>;
}

/**
 * What a provider must do: start `request` as the leader of a session whose controlling terminal has the given size,
 * echoes, and translates ^C. Output of both streams comes as `stdout`, unchanged and complete, and no faster than
 * `onOutput` takes it. `closeInput` says end-of-file by a line of its own. Whatever ends the program, every process of
 * its session ends with it, those in groups of their own included. A signal that ended the program is exit code 128 + n.
 */
export interface TerminalProvider {
  start(request: LiveRequest, size: TerminalSize): Promise<TerminalProgram>;
}

export type Terminals =
  /** `name` says to people where they come from, such as "node-pty of VS Code". */
  | { readonly kind: "available"; readonly name: string; readonly provider: TerminalProvider }
  /** The reason names the cause and the cure. */
  | { readonly kind: "unavailable"; readonly reason: string };
