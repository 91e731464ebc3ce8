// Runs one program to its end and says what happened, for who has nothing to say to it meanwhile.
import { type CommandRequest, startCommand } from "./command.ts";
import type { ExecResult } from "./result.ts";

export interface ProgramRequest extends Omit<CommandRequest, "terminal" | "input" | "onOutput"> {
  /** Called with each piece of output, whole characters of UTF-8, in order of arrival. Must not throw. */
  readonly onOutput?: ((bytes: Buffer) => void) | undefined;
}

/** Never throws. Its stdin is empty; all it started ends with it. */
export async function runProgram(request: ProgramRequest): Promise<ExecResult> {
  const { ended } = await startCommand({ ...request, terminal: null }, noTerminals);
  return ended;
}

const noTerminals = {
  terminals: async () => ({ kind: "unavailable" as const, reason: "a program that runs to its end needs no terminal" }),
};
