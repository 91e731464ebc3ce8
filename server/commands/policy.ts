// `belay policy check`: says what would happen to a command line, and which rule says so. It runs nothing.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type JudgeContext, judgeCommand } from "../approval/judge.ts";
import { requirement } from "../approval/policy.ts";
import { readRules, unreadRules } from "../approval/rules-file.ts";
import { verdictOf } from "../approval/verdict.ts";
import { PlainApprovalPolicy } from "../protocol/approval.ts";
import type { PolicyVerdict } from "../protocol/command.ts";
import { SandboxMode, type SandboxPolicy } from "../protocol/sandbox.ts";

export interface PolicyIo {
  readonly home: string;
  readonly cwd: string;
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const usage =
  "Usage: belay policy check [--approval untrusted|on-request|never] [--mode read-only|workspace-write|danger-full-access]\n" +
  "                          [--cwd DIR] [--json] -- 'LINE'\n" +
  "       belay policy check [the same options] --stdin < LINES\n" +
  "Says whether the line would run, ask or be forbidden, and why. --stdin takes a JSON object with `command` a line.\n" +
  "Exit code: 0 it runs, 10 it asks, 11 it is forbidden; with --stdin 0; 2 for a mistake in the call.\n";

const exitCodes: Record<PolicyVerdict, number> = { run: 0, ask: 10, forbid: 11 };
const usageError = 2;

/** `argv` is what follows `policy`. Resolves with the exit code. */
export async function runPolicyCommand(argv: readonly string[], io: PolicyIo): Promise<number> {
  const request = readRequest(argv, io.cwd);
  if (request.kind === "help") {
    io.stdout.write(usage);
    return 0;
  }
  if (request.kind === "wrong") {
    io.stderr.write(`belay policy: ${request.message}\n${usage}`);
    return usageError;
  }
  const check = checker(request, io);
  if (request.line === null) return checkAll(check, io);
  const answer = await check(request.line);
  const { verdict, rule, reason } = answer;
  const plain = `${verdict}: ${reason}${rule === null ? "" : `\nrule: ${rule}`}\n`;
  io.stdout.write(request.json ? `${JSON.stringify(answer)}\n` : plain);
  return exitCodes[verdict];
}

interface Check {
  kind: "check";
  approvalPolicy: PlainApprovalPolicy;
  mode: SandboxMode;
  cwd: string;
  json: boolean;
  /** Null: lines come from stdin. */
  line: string | null;
}

function readRequest(
  argv: readonly string[],
  cwd: string,
): Check | { kind: "help" } | { kind: "wrong"; message: string } {
  const wrong = (message: string) => ({ kind: "wrong" as const, message });
  const [verb, ...rest] = argv;
  if (verb === "--help" || verb === "-h") return { kind: "help" };
  if (verb !== "check") return wrong(verb === undefined ? "say `check`." : `there is no ${JSON.stringify(verb)}.`);
  const end = rest.indexOf("--");
  const options = readOptions(end < 0 ? rest : rest.slice(0, end));
  if (typeof options === "string") return wrong(options);
  if (options.help) return { kind: "help" };
  const approval = PlainApprovalPolicy.safeParse(options.approval ?? "untrusted");
  if (!approval.success) return wrong("--approval must be untrusted, on-request or never.");
  const mode = SandboxMode.safeParse(options.mode ?? "workspace-write");
  if (!mode.success) return wrong("--mode must be read-only, workspace-write or danger-full-access.");
  const lines = end < 0 ? [] : rest.slice(end + 1);
  if (options.stdin && lines.length > 0) return wrong("give a line or --stdin, not both.");
  if (!options.stdin && lines.length !== 1) return wrong("give one line, in quotes, behind a --, or --stdin.");
  return {
    kind: "check",
    approvalPolicy: approval.data,
    mode: mode.data,
    cwd: resolve(cwd, options.cwd ?? "."),
    json: options.json ?? false,
    line: lines[0] ?? null,
  };
}

function readOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        approval: { type: "string" },
        mode: { type: "string" },
        cwd: { type: "string" },
        json: { type: "boolean" },
        stdin: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Answer {
  command: string;
  verdict: PolicyVerdict;
  rule: string | null;
  reason: string;
}

function checker({ approvalPolicy, mode, cwd }: Check, { home }: PolicyIo): (line: string) => Promise<Answer> {
  const context = { ...rulesOf(home), workspace: cwd, cwd };
  // Whether a sandbox works here is the doctor's business; this says what the policy is where one does.
  const situation = { cwd, approvalPolicy, sandbox: sandboxOf(mode), sandboxUnavailable: null };
  return async (command) => {
    const judgement = await judgeCommand(command, context);
    const need = requirement({ kind: "command", judgement, escalated: false }, situation);
    return { command, ...verdictOf(judgement, need) };
  };
}

function rulesOf(home: string): Pick<JudgeContext, "rules" | "unreadRules"> {
  const path = join(home, "rules", "default.rules");
  if (!existsSync(path)) return { rules: [] };
  try {
    const file = readRules(readFileSync(path, "utf8"));
    return { rules: file.rules, unreadRules: unreadRules(file) };
  } catch (error) {
    return { rules: [], unreadRules: `the rules cannot be read (${(error as Error).message})` };
  }
}

function sandboxOf(mode: SandboxMode): SandboxPolicy {
  if (mode === "danger-full-access") return { type: "dangerFullAccess" };
  if (mode === "read-only") return { type: "readOnly", networkAccess: false };
  const common = { writableRoots: [], networkAccess: false, excludeTmpdirEnvVar: false, excludeSlashTmp: false };
  return { type: "workspaceWrite", ...common };
}

/** One answer a line, also for lines that are no question. */
async function checkAll(check: (line: string) => Promise<Answer>, { stdin, stdout }: PolicyIo): Promise<number> {
  const decoder = new TextDecoder();
  let rest = "";
  const answer = async (text: string) => {
    if (text.trim() === "") return "";
    const command = commandOf(text);
    const bad = {
      command: text,
      verdict: "ask",
      rule: null,
      reason: "the line is no JSON object with a text `command`",
    };
    return `${JSON.stringify(command === null ? bad : await check(command))}\n`;
  };
  for await (const bytes of stdin) {
    rest += typeof bytes === "string" ? bytes : decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    let answers = "";
    for (const line of lines) answers += await answer(line);
    if (answers !== "") stdout.write(answers);
  }
  const last = await answer(rest + decoder.decode());
  if (last !== "") stdout.write(last);
  return 0;
}

function commandOf(text: string): string | null {
  try {
    const { command } = JSON.parse(text) as { command: unknown };
    return typeof command === "string" ? command : null;
  } catch {
    // Answered as what it is: no question.
    return null;
  }
}
