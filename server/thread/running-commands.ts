// The commands of one thread that run, and those that have ended while the model was not looking.
import { messageOf } from "../protocol/rpc/errors.ts";
import type { Turn } from "../protocol/turn.ts";
import type { RunningCommands as ToolCommands, ThreadCommand } from "../tools/command.ts";

const MAX_RUNNING = 64;
/** So many ends are kept for a model that asks for them; of more, the oldest are forgotten. */
const MAX_ENDED = 64;

export class RunningCommands implements ToolCommands {
  readonly #running = new Map<string, ThreadCommand>();
  #ended: ThreadCommand[] = [];
  #lastProcessId: number;
  readonly #hooks: { started(command: ThreadCommand): void; failed(message: string): void };

  /** `turns`: what the thread was before, whose process ids are not given out again. */
  constructor(
    turns: readonly Turn[],
    hooks: {
      /** Something runs from now on. */
      started(command: ThreadCommand): void;
      /** Its end could not be told. */
      failed(message: string): void;
    },
  ) {
    this.#hooks = hooks;
    this.#lastProcessId = turns.reduce(lastProcessId, FIRST_PROCESS_ID - 1);
  }

  nextProcessId(): string {
    this.#lastProcessId += 1;
    return String(this.#lastProcessId);
  }

  add(command: ThreadCommand): void {
    this.#running.set(command.item.id, command);
    this.#hooks.started(command);
    command.ended
      .catch((error: unknown) => this.#hooks.failed(`${command.item.id}: ${messageOf(error)}`))
      .finally(() => this.#hasEnded(command));
  }

  /** Null: it does not run. */
  get(itemId: string): ThreadCommand | null {
    return this.#running.get(itemId) ?? null;
  }

  get running(): readonly ThreadCommand[] {
    return [...this.#running.values()];
  }

  /** Those that outlived the call that started them. */
  get background(): readonly ThreadCommand[] {
    return this.running.filter(({ isBackground }) => isBackground);
  }

  get sessions(): readonly ThreadCommand[] {
    return [...this.#ended, ...this.background];
  }

  session(processId: string): ThreadCommand | null {
    return this.sessions.find(({ item }) => item.processId === processId) ?? null;
  }

  told(command: ThreadCommand): void {
    this.#ended = this.#ended.filter((other) => other !== command);
  }

  refusal(): string | null {
    if (this.#running.size < MAX_RUNNING) return null;
    return `${MAX_RUNNING} commands of this thread run already. End some first, with write_stdin and "\\u0003", or ask the user to.`;
  }

  /** Resolves when none of the turn runs any more. */
  async endOf(turnId: string): Promise<void> {
    await this.#ends(this.running.filter((command) => command.turnId === turnId));
  }

  /** Resolves when none of these turns runs any more; the model is not told of their ends either. */
  async stopOf(turnIds: readonly string[]): Promise<void> {
    const running = this.running.filter(({ turnId }) => turnIds.includes(turnId));
    for (const command of running) command.stop();
    await this.#ends(running);
    this.#ended = this.#ended.filter(({ turnId }) => !turnIds.includes(turnId));
  }

  /** Resolves when none runs any more. */
  async stopAll(): Promise<void> {
    const { running } = this;
    for (const command of running) command.stop();
    await this.#ends(running);
  }

  async #ends(commands: readonly ThreadCommand[]): Promise<void> {
    await Promise.allSettled(commands.map(({ ended }) => ended));
  }

  #hasEnded(command: ThreadCommand): void {
    this.#running.delete(command.item.id);
    if (command.isBackground) this.#ended = [...this.#ended, command].slice(-MAX_ENDED);
  }
}

const FIRST_PROCESS_ID = 1001;

function lastProcessId(last: number, { items }: Turn): number {
  // A thread may have more commands than a call can have arguments.
  for (const item of items) {
    if (item.type === "commandExecution") last = Math.max(last, Number(item.processId) || 0);
  }
  return last;
}
