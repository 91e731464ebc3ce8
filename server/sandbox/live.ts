// What confines commands here, as it stands: found out by a real run, asked again when there is reason to, and told to
// whoever wants to hear of a change. Runs and reads nothing by itself.
import type { SandboxState } from "../protocol/command.ts";
import type { SandboxPolicy } from "../protocol/sandbox.ts";
import type { ContainerFinding } from "./container.ts";
import { launchFailure, type SandboxStatus } from "./probe.ts";

export interface LiveSandboxDeps {
  /** A real run each time. Must not throw. */
  probe(): Promise<SandboxStatus>;
  findContainer(): ContainerFinding;
  /** What the user's own configuration says at this moment. */
  containerIsSandbox(): boolean;
  /** Milliseconds of a monotonic clock. */
  now(): number;
}

interface Probe {
  readonly answer: Promise<SandboxStatus>;
  /** Null: its answer is still to come, or it worked, which is good for as long as no command shows otherwise. */
  failedAt: number | null;
  isRunning: boolean;
}

/** A sandbox that did not work is tried again when somebody asks so long after: a person may have cured it. */
const RETRY_AFTER_MS = 10_000;

export class LiveSandbox {
  readonly #deps: LiveSandboxDeps;
  readonly #listeners = new Set<(state: SandboxState) => void>();
  #latest: Probe | null = null;
  #container: ContainerFinding | null = null;
  #isContainerMeant: boolean;
  /** As somebody last heard it. */
  #known: SandboxState | null = null;

  constructor(deps: LiveSandboxDeps) {
    this.#deps = deps;
    this.#isContainerMeant = deps.containerIsSandbox();
  }

  /** Of the sandbox itself, whatever is around it. */
  status(): Promise<SandboxStatus> {
    if (this.#latest === null) return this.#ask();
    const { answer, failedAt } = this.#latest;
    const isStale = failedAt !== null && this.#deps.now() - failedAt >= RETRY_AFTER_MS;
    return isStale ? this.reprobe() : answer;
  }

  /** For when the sandbox failed to start a command, or a person wants to know anew. Listeners hear what changed. */
  async reprobe(): Promise<SandboxStatus> {
    const status = await this.#ask();
    await this.#announce();
    return status;
  }

  async state(): Promise<SandboxState> {
    const state = this.#stateOf(await this.status());
    this.#known ??= state;
    return state;
  }

  /** Costs nothing where the configuration does not say so. */
  async containerIsSandbox(): Promise<boolean> {
    if (!this.#isContainerMeant || this.container.kind !== "container") return false;
    return (await this.status()).kind !== "works";
  }

  /**
   * Null: commands under the policy are confined here. Else why not. A container keeps what is inside from what is
   * outside, and nothing inside from being written: it cannot stand for a sandbox that only reads.
   */
  async unavailable(policy: SandboxPolicy): Promise<string | null> {
    const status = await this.status();
    if (status.kind === "works") return null;
    if (!(await this.containerIsSandbox())) return status.reason;
    return policy.type === "readOnly" ? "The container around it does not keep a command from writing." : null;
  }

  /** A command never began because the sandbox around it did not stand: asks anew, and says so, with cause and cure. */
  async launchFailed(output: string): Promise<string> {
    const status = await this.reprobe();
    const failure = launchFailure(output, status);
    return status.kind === "works" ? failure : `${failure} Call again, and what needs a sandbox asks the user first.`;
  }

  get container(): ContainerFinding {
    this.#container ??= this.#deps.findContainer();
    return this.#container;
  }

  /** To be called when the configuration may say something else: whether it does. */
  configured(): boolean {
    const isMeant = this.#deps.containerIsSandbox();
    if (isMeant === this.#isContainerMeant) return false;
    this.#isContainerMeant = isMeant;
    void this.#announce();
    return true;
  }

  onChange(listener: (state: SandboxState) => void): void {
    this.#listeners.add(listener);
  }

  /** One run at a time: who asks meanwhile gets its answer. */
  #ask(): Promise<SandboxStatus> {
    if (this.#latest?.isRunning) return this.#latest.answer;
    const probe: Probe = { answer: this.#deps.probe(), failedAt: null, isRunning: true };
    this.#latest = probe;
    void probe.answer.then(({ kind }) => {
      probe.isRunning = false;
      probe.failedAt = kind === "works" ? null : this.#deps.now();
    });
    return probe.answer;
  }

  async #announce(): Promise<void> {
    const state = this.#stateOf(await (this.#latest?.answer ?? this.#ask()));
    if (JSON.stringify(state) === JSON.stringify(this.#known)) return;
    this.#known = state;
    for (const listener of this.#listeners) listener(state);
  }

  #stateOf(status: SandboxStatus): SandboxState {
    const { container } = this;
    const isContainer = container.kind === "container";
    if (status.kind === "works") {
      return { kind: "works", layer: status.layer, reason: null, cure: null, isContainer };
    }
    const { reason, cure } = status;
    if (!isContainer) return { kind: "unavailable", layer: null, reason, cure, isContainer };
    if (!this.#isContainerMeant) {
      const choice = "Or let this container be the sandbox: container_is_sandbox = true in your config.toml.";
      return { kind: "unavailable", layer: null, reason, cure: `${cure} ${choice}`, isContainer };
    }
    const wayOut = container.openings.map((opening) => ` It has a way out: ${opening}.`).join("");
    return { kind: "container", layer: null, reason: `${reason}${wayOut}`, cure, isContainer };
  }
}
