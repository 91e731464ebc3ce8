// The tool that runs a shell command. Pipes only: it has no terminal and no input.
import { resolve } from "node:path";
import * as z from "zod";
import { forModel } from "../exec/output.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import { endedCommand, startedCommand } from "./command-item.ts";
import { jsonTool } from "./define.ts";
import type { ExecOutcome, FileReader, Finished, PrepareContext, RunContext } from "./tool.ts";

const COMMAND_TIMEOUT_MS = 10 * 60_000;
const DEFAULT_OUTPUT_TOKENS = 10_000;
const MAX_COMMAND_CHARS = 100_000;

const ExecCommandParams = z.object({
  cmd: z.string().min(1).max(MAX_COMMAND_CHARS).describe("The shell command, run by bash."),
  workdir: z.string().optional().describe("Folder to run in; relative to the thread's folder, which is the default."),
  max_output_tokens: z
    .int()
    .min(100)
    .max(DEFAULT_OUTPUT_TOKENS)
    .optional()
    .describe("How much output you get back; more is cut in the middle."),
  sandbox_permissions: z
    .enum(["use_default", "require_escalated"])
    .optional()
    .describe("require_escalated asks the user to let this command run outside the sandbox."),
  justification: z.string().max(500).optional().describe("With require_escalated: one sentence to the user on why."),
});
type ExecCommandParams = z.infer<typeof ExecCommandParams>;

export const execCommand = jsonTool(ExecCommandParams, {
  name: "exec_command",
  description:
    "Runs a shell command and returns its output and exit code once it ends. It has no terminal and its input is " +
    "empty; it is stopped after ten minutes, so do not start servers or watchers with it.",

  async prepare(params, context) {
    const spelled = resolve(context.cwd, params.workdir ?? "");
    const { cwd, isElsewhere } = await findFolder(spelled, context);
    const argv = Object.freeze(["/bin/bash", "-c", "--", params.cmd]);
    const { itemId: id, startedAtMs } = context;
    const item = startedCommand({ id, argv, script: params.cmd, cwd, source: "agent", startedAtMs });
    const action = Object.freeze({
      kind: "command" as const,
      argv,
      script: params.cmd,
      cwd,
      isElsewhere,
      escalated: params.sandbox_permissions === "require_escalated",
      justification: params.justification ?? null,
    });
    const maxTokens = params.max_output_tokens ?? DEFAULT_OUTPUT_TOKENS;
    return { kind: "prepared", item, action, run: (run) => runCommand(item, { ...action, spelled }, maxTokens, run) };
  },
});

/** What is shown, judged and allowed is the folder that links lead to. One that cannot be known stays as spelled. */
async function findFolder(spelled: string, { cwd: threadCwd, files }: PrepareContext) {
  try {
    const [cwd, folder] = await Promise.all([files.realTarget(spelled), files.realTarget(threadCwd)]);
    return { cwd, isElsewhere: cwd !== folder };
  } catch {
    // No access, a loop of links, a NUL: no folder is there either, and the start says so.
    return { cwd: spelled, isElsewhere: spelled !== threadCwd };
  }
}

/** Why the command must not start; null when its folder is the one that was judged. */
async function folderProblem(folder: { spelled: string; cwd: string }, files: FileReader): Promise<string | null> {
  const now = await files.realFolder(folder.spelled);
  if (now === folder.cwd) return null;
  if (now === null) return `there is no folder ${folder.spelled} to run in. Nothing was run.`;
  return `${folder.spelled} leads to another folder than when the command was prepared: ${now}, not ${folder.cwd}. Nothing was run.`;
}

async function runCommand(
  item: ThreadItemOf<"commandExecution">,
  action: { argv: readonly string[]; cwd: string; spelled: string },
  maxTokens: number,
  context: RunContext,
): Promise<Finished> {
  const problem = await folderProblem(action, context.files);
  const outcome: ExecOutcome =
    problem !== null
      ? { kind: "refused", message: problem }
      : await context.execute({
          argv: action.argv,
          cwd: action.cwd,
          timeoutMs: COMMAND_TIMEOUT_MS,
          onOutput: context.output,
        });
  return {
    item: endedCommand(item, outcome, context.now()),
    output:
      outcome.kind === "refused" ? `exec_command failed: ${outcome.message}` : describeOutcome(outcome, maxTokens),
  };
}

function describeOutcome(outcome: Extract<ExecOutcome, { kind: "ended" }>, maxTokens: number): string {
  const lines = [`Wall time: ${(outcome.durationMs / 1000).toFixed(4)} seconds`, describeEnd(outcome), "Output:"];
  return `${lines.join("\n")}\n${forModel(outcome.output, { maxTokens, truncatedBytes: outcome.truncatedBytes })}`;
}

function describeEnd(outcome: Extract<ExecOutcome, { kind: "ended" }>): string {
  if (outcome.spawnError !== null) return `The command could not be started: ${outcome.spawnError}`;
  if (outcome.aborted) return "aborted by user";
  if (outcome.timedOut) return `Stopped after the limit of ${COMMAND_TIMEOUT_MS / 60_000} minutes`;
  if (outcome.signal !== null) return `Process ended by signal ${outcome.signal}`;
  return `Process exited with code ${outcome.exitCode ?? "unknown"}`;
}
