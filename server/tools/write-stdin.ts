// The tool that types into a command which runs, or only looks what it has written since.
import * as z from "zod";
import type { CommandSessions, ThreadCommand } from "./command.ts";
import { type Look, MaxOutputTokens, tellOf } from "./command-output.ts";
import { MAX_OUTPUT_TOKENS } from "./output-bounds.ts";
import { jsonTool } from "./define.ts";
import { type Finished, immediate, type RunContext } from "./tool.ts";

const TYPED_YIELD_MS = 250;
const POLL_YIELD_MS = 5_000;
const MAX_TYPED_YIELD_MS = 30_000;
const MAX_POLL_YIELD_MS = 300_000;

const WriteStdinParams = z.object({
  session_id: z.int().describe("Of a command that exec_command left running."),
  chars: z
    .string()
    .max(100_000)
    .optional()
    .describe('What to type, such as "yes\\n". "\\u0003" interrupts it. Empty: only look.'),
  yield_time_ms: z
    .number()
    .optional()
    .describe(
      `How long to wait for its end before you get what it wrote: ${TYPED_YIELD_MS} to ${MAX_TYPED_YIELD_MS} when you type, ${POLL_YIELD_MS} to ${MAX_POLL_YIELD_MS} when you only look.`,
    ),
  max_output_tokens: MaxOutputTokens,
});

const interrupt = "\u0003";

export const writeStdin = jsonTool(WriteStdinParams, {
  name: "write_stdin",
  description:
    "Types into a command that exec_command left running, and returns what it has written since you last looked. " +
    "With empty chars it only looks.",

  async prepare({ session_id: session, chars = "", ...params }, { commands }) {
    const command = commands.session(String(session));
    if (command === null) return immediate(`write_stdin failed: ${unknownSession(session, commands)}`);
    const { item, takesInput, argv, policy } = command;
    if (chars !== "" && chars !== interrupt && !takesInput && !command.isEnded) {
      return immediate(`write_stdin failed: ${noInput}`);
    }
    const action = Object.freeze({
      kind: "stdin" as const,
      ...{ itemId: item.id, processId: item.processId ?? "", argv, policy, chars },
      ...{ script: item.script ?? "", cwd: item.cwd },
    });
    const maxTokens = params.max_output_tokens ?? MAX_OUTPUT_TOKENS;
    const look = { waitMs: waitFor(chars, params.yield_time_ms), maxTokens };
    return {
      ...{ kind: "prepared", item, isAnnounced: true, action },
      run: (run) => typeAndLook(command, { chars, look }, { run, commands }),
    };
  },
});

const noInput =
  'this command has no terminal, so its input is empty. Start it anew with tty=true to type to it; chars "\\u0003" ends it.';

function unknownSession(session: number, { sessions }: CommandSessions): string {
  const known = sessions.map(({ item }) => `${item.processId} (${(item.script ?? "").slice(0, 60)})`);
  const others = known.length === 0 ? "No command runs" : `These are there: ${known.join(", ")}`;
  return `there is no session ${session}: the command has ended and you were told, or it was stopped. ${others}.`;
}

function waitFor(chars: string, asked: number | undefined): number {
  const [least, most] = chars === "" ? [POLL_YIELD_MS, MAX_POLL_YIELD_MS] : [TYPED_YIELD_MS, MAX_TYPED_YIELD_MS];
  return Math.min(Math.max(asked ?? least, least), most);
}

async function typeAndLook(
  command: ThreadCommand,
  { chars, look }: { chars: string; look: Look },
  { run, commands }: { run: RunContext; commands: CommandSessions },
): Promise<Finished> {
  const isEndedByModel = chars === interrupt && !command.takesInput && !command.isEnded;
  if (chars !== "" && !command.isEnded) {
    run.announceTyping(command, chars);
    // One that does not read must not keep the model from looking.
    if (command.takesInput) void command.write(chars);
    else command.stop();
  }
  const { text, end } = await tellOf(command, { ...look, isEndedByModel }, run.signal);
  if (end === null) return { item: command.item, output: text };
  commands.told(command);
  return { item: end.item, output: text };
}
