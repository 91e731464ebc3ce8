// The tool that runs a shell command. A command that has not ended by the time the model wants to hear of it goes on: it
// is looked at, typed to and ended with write_stdin.
import { relative, resolve } from "node:path";
import * as z from "zod";
import { orAborted } from "../util/or-aborted.ts";
import { patientTimeout } from "../util/patient-timeout.ts";
import { applyPatch } from "./apply-patch.ts";
import type { ThreadCommand } from "./command.ts";
import { startedCommand, unstartedCommand } from "./command-item.ts";
import { type Look, MaxOutputTokens, tellOf } from "./command-output.ts";
import { MAX_OUTPUT_TOKENS } from "./output-bounds.ts";
import { jsonTool } from "./define.ts";
import { heredocPatch } from "./heredoc-patch.ts";
import { shownName } from "./shown-lines.ts";
import {
  type FileReader,
  type Finished,
  immediate,
  type PrepareContext,
  type Prepared,
  type RunContext,
} from "./tool.ts";

const MAX_COMMAND_CHARS = 100_000;
const DEFAULT_YIELD_MS = 10_000;
const MIN_YIELD_MS = 250;
const MAX_YIELD_MS = 30_000;
const MAX_NAMED_UNSAVED = 5;
const UNSAVED_MS = 1_000;
const ONE_DAY_MS = 24 * 60 * 60_000;

const ExecCommandParams = z.object({
  cmd: z.string().min(1).max(MAX_COMMAND_CHARS).describe("The shell command, run by bash."),
  workdir: z.string().optional().describe("Folder to run in; relative to the thread's folder, which is the default."),
  tty: z
    .boolean()
    .optional()
    .describe("true gives it a terminal, so that it can be typed to. Without one its input is empty."),
  yield_time_ms: z
    .number()
    .optional()
    .describe(
      `How long to wait for its end, ${MIN_YIELD_MS} to ${MAX_YIELD_MS}; ${DEFAULT_YIELD_MS} unless given. Then it goes on behind you.`,
    ),
  timeout_ms: z.int().min(1).max(ONE_DAY_MS).optional().describe("Stops it after so long. No limit unless given."),
  max_output_tokens: MaxOutputTokens,
  sandbox_permissions: z
    .enum(["use_default", "with_network", "require_escalated"])
    .optional()
    .describe(
      "with_network asks the user to let this command use the network; require_escalated asks to run it outside the sandbox.",
    ),
  justification: z.string().max(500).optional().describe("When it asks for more: one sentence to the user on why."),
  prefix_rule: z
    .array(z.string().min(1).max(1000))
    .min(1)
    .max(20)
    .optional()
    .describe('With require_escalated: how commands begin that the user may allow from now on, such as ["npm", "ci"].'),
});
type ExecCommandParams = z.infer<typeof ExecCommandParams>;

export const execCommand = jsonTool(ExecCommandParams, {
  name: "exec_command",
  description:
    "Runs a shell command and returns its output and exit code. One that has not ended in time goes on in the " +
    "background: you get its output so far and a session ID for write_stdin, and may do other things meanwhile. " +
    "Servers and watchers can be started so.",

  async prepare(params, context) {
    const spelled = resolve(context.cwd, params.workdir ?? "");
    const patch = heredocPatch(params.cmd, { workdir: spelled, cwd: context.cwd });
    if (patch !== null) return applyPatch.prepare({ kind: "freeform", input: patch }, context);
    const full = context.commands.refusal();
    if (full !== null) return immediate(`exec_command failed: ${full}`);
    return prepareCommand(params, spelled, context);
  },
});

async function prepareCommand(params: ExecCommandParams, spelled: string, context: PrepareContext): Promise<Prepared> {
  // Calls of one answer are numbered in their order: this comes before anything is waited for.
  const processId = context.commands.nextProcessId();
  const { cwd, isElsewhere } = await findFolder(spelled, context);
  const argv = Object.freeze(["/bin/bash", "-c", "--", params.cmd]);
  const { itemId: id, startedAtMs } = context;
  const wantsTerminal = params.tty ?? false;
  const item = startedCommand({
    ...{ id, argv, script: params.cmd, cwd, source: "agent", startedAtMs },
    processId,
    tty: wantsTerminal && (await context.hasTerminals()),
  });
  const action = Object.freeze({
    kind: "command" as const,
    argv,
    script: params.cmd,
    cwd,
    isElsewhere,
    escalated: params.sandbox_permissions === "require_escalated",
    network: params.sandbox_permissions === "with_network",
    justification: params.justification ?? null,
    prefixRule: params.prefix_rule ?? null,
  });
  const look: Look = {
    waitMs: Math.min(Math.max(params.yield_time_ms ?? DEFAULT_YIELD_MS, MIN_YIELD_MS), MAX_YIELD_MS),
    maxTokens: params.max_output_tokens ?? MAX_OUTPUT_TOKENS,
  };
  return {
    kind: "prepared",
    item,
    action,
    async run(run) {
      // Others may have started meanwhile.
      const problem = context.commands.refusal() ?? (await folderProblem({ spelled, cwd }, run.files));
      if (problem !== null) return notRun(item, problem, run.now());
      const input = wantsTerminal ? "terminal" : "nothing";
      const note = await unsavedNote(context.cwd, run);
      const seen = await firstLook(run.start(item, { argv, cwd, input, timeoutMs: params.timeout_ms }), look, run);
      return { ...seen, output: `${note}${seen.output}` };
    },
  };
}

/** Empty when there is nothing to say, or a disk does not answer: a command waits for none that it may not touch. */
async function unsavedNote(folder: string, { files, signal }: RunContext): Promise<string> {
  const late = new AbortController();
  const inTime = patientTimeout(() => late.abort(), UNSAVED_MS);
  const unsaved = await orAborted(files.unsaved(folder), AbortSignal.any([signal, late.signal]));
  inTime();
  if (unsaved === "aborted" || unsaved.length === 0) return "";
  const named = unsaved.slice(0, MAX_NAMED_UNSAVED).map((path) => shownName(relative(folder, path)));
  const more = unsaved.length > named.length ? ` and ${unsaved.length - named.length} more` : "";
  const they = unsaved.length === 1 ? "the file as it was" : "the files as they were";
  return `Note: the user has unsaved changes in ${named.join(", ")}${more}; commands see ${they} last saved.\n`;
}

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

function notRun(item: ThreadCommand["item"], problem: string, completedAtMs: number): Finished {
  const failed = { ...unstartedCommand(item, "failed", completedAtMs), aggregatedOutput: problem };
  return { item: failed, output: `exec_command failed: ${problem}` };
}

async function firstLook(command: ThreadCommand, look: Look, run: RunContext): Promise<Finished> {
  const { text, end } = await tellOf(command, look, run.signal);
  if (end === null) return { item: command.item, output: text };
  const { outcome, item } = end;
  return { item, output: outcome.kind === "refused" ? `exec_command failed: ${outcome.message}` : text };
}
