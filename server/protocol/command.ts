// Commands of a thread while they run, and what may run unasked. The methods below `belay/` are ours.
import * as z from "zod";
import { TerminalSize } from "./command-exec.ts";

export const BackgroundTerminal = z.lazy(() =>
  z.object({
    itemId: z.string(),
    processId: z.string(),
    /** What the shell was told to run. */
    command: z.string(),
    cwd: z.string(),
    /** Of the process that was started: with a sandbox or a terminal, one around the command. */
    osPid: z.int().nullable(),
    cpuPercent: z.number().nullable(),
    rssKb: z.int().nullable(),
  }),
);
export type BackgroundTerminal = z.infer<typeof BackgroundTerminal>;

export const BackgroundTerminalsListParams = z.lazy(() =>
  z.object({ threadId: z.string(), cursor: z.string().nullish(), limit: z.int().nullish() }),
);
/** Commands that outlived the call that started them. */
export const BackgroundTerminalsListResponse = z.lazy(() =>
  z.object({ data: z.array(BackgroundTerminal), nextCursor: z.string().nullable() }),
);
export const BackgroundTerminalsTerminateParams = z.lazy(() =>
  z.object({ threadId: z.string(), processId: z.string() }),
);
export const BackgroundTerminalsTerminateResponse = z.lazy(() => z.object({ terminated: z.boolean() }));

/** The model has typed into a running command. */
export const TerminalInteractionNotification = z.lazy(() =>
  z.object({
    threadId: z.string(),
    turnId: z.string(),
    itemId: z.string(),
    processId: z.string(),
    stdin: z.string(),
  }),
);

const command = { threadId: z.string(), itemId: z.string() };

/** What a person types into a running command. It reaches nothing once the command has ended. */
export const CommandWriteParams = z.lazy(() => z.object({ ...command, text: z.string().max(1_000_000) }));
export const CommandResizeParams = z.lazy(() => z.object({ ...command, size: TerminalSize }));
export const CommandParams = z.object(command);
/** False: it was not running any more. */
export const CommandStopResponse = z.object({ stopped: z.boolean() });
export const StopAllParams = z.object({});
/** How many were stopped. */
export const StopAllResponse = z.object({ turns: z.int(), commands: z.int() });

/** For how long a rule stands, and where. `workspace`: for commands of threads in that folder. */
export const RuleScope = z.enum(["thread", "workspace", "always"]);
export type RuleScope = z.infer<typeof RuleScope>;
export const RuleDecision = z.enum(["allow", "prompt", "forbidden"]);
export type RuleDecision = z.infer<typeof RuleDecision>;

export const Rule = z.lazy(() =>
  z.object({
    /** Names it for `belay/rule/remove`; stands while the rule is unchanged. */
    id: z.string(),
    /** One entry a word of the command; an entry of several words takes any of them. */
    pattern: z.array(z.array(z.string())),
    /** True: this command and no word more. False: whatever follows. */
    exact: z.boolean(),
    decision: RuleDecision,
    scope: RuleScope,
    /** The folder, when the scope is one. */
    workspace: z.string().nullable(),
    /** It also allows to leave the sandbox. */
    outsideSandbox: z.boolean(),
    justification: z.string().nullable(),
    /** Where it stands, as "default.rules:3". Null: only in memory. */
    source: z.string().nullable(),
  }),
);
export type Rule = z.infer<typeof Rule>;

export const RuleListParams = z.lazy(() => z.object({ threadId: z.string().nullish() }));
export const RuleListResponse = z.lazy(() =>
  z.object({
    rules: z.array(Rule),
    /** What could not be read of the file, a sentence each; every command asks until that is mended. */
    problems: z.array(z.string()),
  }),
);
export const RuleRemoveParams = z.lazy(() => z.object({ id: z.string(), threadId: z.string().nullish() }));
export const RuleRemoveResponse = z.object({ removed: z.boolean() });

export const PolicyCheckParams = z.lazy(() =>
  z.object({ command: z.string(), threadId: z.string().nullish(), cwd: z.string().nullish() }),
);
export const PolicyVerdict = z.enum(["run", "ask", "forbid"]);
export type PolicyVerdict = z.infer<typeof PolicyVerdict>;
export const PolicyCheckResponse = z.lazy(() =>
  z.object({
    verdict: PolicyVerdict,
    /** The rule that decided it, as it stands in the file or by the name of ours. Null: none did. */
    rule: z.string().nullable(),
    reason: z.string(),
  }),
);

/** What confines commands here. Found out by a real run, not assumed. */
export const SandboxState = z.lazy(() =>
  z.object({
    /** `container`: a person said that the container around us is the sandbox. */
    kind: z.enum(["works", "unavailable", "container"]),
    /** In words, such as "bubblewrap, seccomp". Null: none. */
    layer: z.string().nullable(),
    /** Why there is none, and what would help. */
    reason: z.string().nullable(),
    cure: z.string().nullable(),
    /** This server runs in a container, so that a person may say that it is the sandbox. */
    isContainer: z.boolean(),
  }),
);
export type SandboxState = z.infer<typeof SandboxState>;

/** The server asks the editor to run what was approved in the person's own shell. */
export const RunInTerminalParams = z.lazy(() =>
  z.object({ ...command, turnId: z.string(), script: z.string(), cwd: z.string() }),
);
export type RunInTerminalParams = z.infer<typeof RunInTerminalParams>;
export const RunInTerminalResult = z.lazy(() =>
  z.object({
    /** False: it was not run, and `problem` says why. */
    ran: z.boolean(),
    /** Null: nobody knows. */
    exitCode: z.int().nullable(),
    /** What the shell showed, as far as it could be read. Null: nothing could. */
    output: z.string().nullable(),
    problem: z.string().nullable(),
  }),
);
export type RunInTerminalResult = z.infer<typeof RunInTerminalResult>;
