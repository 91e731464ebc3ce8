// One command of a thread, from its start to its end: the model's, or a person's own. The call and the turn that
// started it may be long over by then. Whatever ends it, its item completes, once.
import type { RunningCommand } from "../exec/command.ts";
import type { Capture } from "../journal/capture/capture.ts";
import type { ThreadItemOf } from "../protocol/item.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import { messageOf } from "../protocol/rpc/errors.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type {
  CommandStart,
  EndedCommand,
  ExecOutcome,
  RunningCommands,
  Started,
  StartRequest,
  ThreadCommand,
} from "./command.ts";
import { endedCommand } from "./command-item.ts";
import { pacedOutput } from "./paced-output.ts";

type CommandItem = ThreadItemOf<"commandExecution">;

export interface CommandSurroundings {
  readonly threadId: string;
  readonly turnId: string;
  readonly policy: SandboxPolicy;
  /** Of the turn that starts it: stopping a turn stops its commands. */
  readonly signal: AbortSignal;
  readonly commands: RunningCommands;
  /** Begun already. Null: what it changes is not captured. */
  readonly capture: Capture | null;
  start(request: StartRequest): Promise<Started>;
  /** `ended`: with the completion of its item. */
  emit(notification: ServerNotification, ended?: EndedCommand): void;
  now(): number;
}

/** `item` was announced already. */
export function startThreadCommand(
  item: CommandItem,
  request: CommandStart,
  around: CommandSurroundings,
): ThreadCommand {
  const { threadId, turnId, policy } = around;
  const ids = { threadId, turnId };
  const stopping = new AbortController();
  const output = pacedOutput((delta) =>
    around.emit({ method: "item/commandExecution/outputDelta", params: { ...ids, itemId: item.id, delta } }),
  );
  const signal = AbortSignal.any([around.signal, stopping.signal]);
  const life: { isEnded: boolean; isBackground: boolean; program: RunningCommand | null } = {
    ...{ isEnded: false, isBackground: false, program: null },
  };
  const starting = startSafely(around, { ...request, signal, onOutput: (bytes) => output.push(bytes) }).then(
    (started) => {
      if (started.kind === "running") life.program = started.command;
      return started;
    },
  );

  async function end(): Promise<EndedCommand> {
    const started = await starting;
    const outcome = started.kind === "refused" ? started : await outcomeOf(started);
    output.end();
    // Ahead of its completion, so that whoever hears of that finds the changes.
    await around.capture?.end();
    const completedAtMs = around.now();
    const completed = endedCommand(item, outcome, completedAtMs);
    life.isEnded = true;
    const ended = { item: completed, outcome };
    const params = { item: completed, ...ids, contentTokenCount: null, completedAtMs };
    around.emit({ method: "item/completed", params }, ended);
    return ended;
  }

  const command: ThreadCommand = {
    ...{ item, argv: request.argv, turnId, policy },
    takesInput: request.input !== "nothing",
    ended: end(),
    get isEnded() {
      return life.isEnded;
    },
    get isBackground() {
      return life.isBackground;
    },
    goOn: () => void (life.isBackground = true),
    get osPid() {
      return life.program?.pid ?? null;
    },
    async write(text) {
      const started = await starting;
      if (started.kind === "refused") return;
      await Promise.race([started.command.write(Buffer.from(text)), started.command.ended]);
    },
    async resize(size) {
      const started = await starting;
      return started.kind === "refused" ? started.message : started.command.resize(size);
    },
    stop: () => stopping.abort(),
    takeNew: () => life.program?.takeNew() ?? { text: "", omitted: 0 },
  };
  around.commands.add(command);
  return command;
}

async function outcomeOf({ command, launchProblem }: Extract<Started, { kind: "running" }>): Promise<ExecOutcome> {
  const result = await command.ended;
  const problem = await launchProblem(result);
  return problem === null ? { kind: "ended", ...result } : { kind: "refused", message: problem };
}

/** A bug on the way to a program fails its item like any other trouble: what was started completes. */
async function startSafely(around: CommandSurroundings, request: StartRequest): Promise<Started> {
  try {
    return await around.start(request);
  } catch (error) {
    return { kind: "refused", message: `it failed inside Belay: ${messageOf(error)}. It may have had effects.` };
  }
}
