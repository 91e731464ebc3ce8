// What a command of a thread is to those who hold it: the tools, the thread, and who shows it.
import type { NewOutput, RunningCommand } from "../exec/command.ts";
import type { ExecResult } from "../exec/result.ts";
import type { TerminalSize } from "../protocol/command-exec.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

export interface ThreadCommand {
  /** As it started. */
  readonly item: CommandItem;
  readonly argv: readonly string[];
  readonly turnId: string;
  /** What has confined it since its start. */
  readonly policy: SandboxPolicy;
  /** Somebody can type to it. */
  readonly takesInput: boolean;
  /** Never rejects. Resolves behind the completion of its item. */
  readonly ended: Promise<EndedCommand>;
  readonly isEnded: boolean;
  /** The call that started it has returned, and it goes on. */
  readonly isBackground: boolean;
  goOn(): void;
  /** Null: nothing was started yet, or ever. */
  readonly osPid: number | null;
  /** Resolves when there is room for more, or the command has ended. */
  write(text: string): Promise<void>;
  /** Null when it was done, else a sentence that says why not. */
  resize(size: TerminalSize): Promise<string | null>;
  /** Ends it and all that it started. */
  stop(): void;
  /** What it wrote since it was asked this last. */
  takeNew(): NewOutput;
}

export interface EndedCommand {
  readonly item: CommandItem;
  readonly outcome: ExecOutcome;
}

/** All of a thread. */
export interface RunningCommands extends CommandSessions {
  add(command: ThreadCommand): void;
}

export interface StartRequest extends CommandStart {
  /** Stops it when aborted. */
  readonly signal: AbortSignal;
  /** Whole characters of UTF-8, mostly. */
  readonly onOutput: (bytes: Buffer) => void;
}

export type Started =
  | {
      readonly kind: "running";
      readonly command: RunningCommand;
      /** To be called with how it ended. Not null: it was never reached, and the sentence says why. */
      launchProblem(result: ExecResult): Promise<string | null>;
    }
  /** Nothing was started. */
  | { readonly kind: "refused"; readonly message: string };

/** What a tool may know of the commands of its thread. */
export interface CommandSessions {
  /** Never given out before in this thread. */
  nextProcessId(): string;
  /** One that runs, or has ended without the model having been told. */
  session(processId: string): ThreadCommand | null;
  /** The model was told that it has ended. */
  told(command: ThreadCommand): void;
  /** Why no more may be started now; null when one may. */
  refusal(): string | null;
  /** Those that the model can type to, the oldest first. */
  readonly sessions: readonly ThreadCommand[];
}

export interface CommandStart {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Nothing: its input is at its end. Where there are no terminals, one that is asked for is an open pipe. */
  readonly input: "nothing" | "terminal";
  /** Undefined: no limit. */
  readonly timeoutMs?: number | undefined;
}

export type ExecOutcome =
  | ({ readonly kind: "ended" } & ExecResult)
  /** Nothing was started. */
  | { readonly kind: "refused"; readonly message: string };
