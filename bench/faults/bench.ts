// One run of the fault bench: clients act all the time, something breaks every 0.2 to 2 seconds, and behind each fault
// everything that must hold is looked at.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { limitFiles, noPrlimit, noSmallDisks, type SmallDisk, smallDisk } from "../../test/support/small-disk.ts";
import { Actions } from "./actions.ts";
import { Book } from "./book.ts";
import { Checks } from "./checks.ts";
import { ModelSlot, ServerSlot, processesMarked } from "./processes.ts";
import { type Chance, chance } from "./random.ts";

export interface FaultRun {
  readonly seed: number;
  /** Ends when both are reached. */
  readonly minutes: number;
  readonly faults: number;
  /** The arguments of Node that start a server. */
  readonly server: readonly string[];
  /** A folder of its own, not there yet. */
  readonly base: string;
  say(line: string): void;
  trace(line: string): void;
}

export interface FaultReport {
  readonly kills: Readonly<Record<"server" | "client" | "model", number>>;
  readonly otherFaults: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
  readonly checks: number;
  readonly turns: number;
  readonly tornLines: number;
  readonly slowestEndMs: number;
  readonly answers: ReadonlyMap<string, number>;
  readonly skipped: readonly string[];
}

const weights = { server: 30, ending: 8, client: 15, model: 20, stopped: 8, limited: 8, full: 8 };

export async function runFaults(options: FaultRun): Promise<FaultReport> {
  const run = new Run(options);
  // Whoever stops the bench leaves no server and no disk behind.
  const endNow = () => run.endNow();
  process.once("exit", endNow);
  try {
    return await run.run();
  } finally {
    process.off("exit", endNow);
    await run.end();
  }
}

class Run {
  readonly #options: FaultRun;
  readonly #luck: Chance;
  readonly #book: Book;
  readonly #home: string;
  readonly #disk: SmallDisk | null;
  readonly #model: ModelSlot;
  readonly #slots: readonly ServerSlot[];
  readonly #actions: Actions;
  readonly #checks: Checks;
  readonly #kills = { server: 0, client: 0, model: 0 };
  readonly #others: Record<string, number> = {};
  readonly #acting = new Set<Promise<void>>();
  #isOver = false;
  #slowestEndMs = 0;

  constructor(options: FaultRun) {
    const { base, seed, server } = options;
    this.#options = options;
    this.#book = new Book(options.trace);
    this.#luck = chance(seed);
    const [home, workspace, marks] = ["home", "work", "marks"].map((name) => join(base, name)) as [
      string,
      string,
      string,
    ];
    for (const folder of [home, workspace, marks]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#home = home;
    this.#disk = noSmallDisks === false ? smallDisk(home, {}, "256m") : null;
    this.#model = new ModelSlot(marks, (said) => this.#checks.asked(said));
    const place = { home, workspace, server, book: this.#book };
    this.#slots = [new ServerSlot("stdio", place, null), new ServerSlot("socket", place, join(base, "s"))];
    this.#actions = new Actions(this.#book, chance(seed + 1));
    this.#checks = new Checks({ book: this.#book, actions: this.#actions, slots: this.#slots, home, marks });
  }

  async run(): Promise<FaultReport> {
    const { seed, minutes, faults, say } = this.#options;
    await this.#model.start(seed);
    writeFileSync(join(this.#home, "config.toml"), configText(this.#model.url));
    for (const slot of this.#slots) await slot.start();
    const until = performance.now() + minutes * 60_000;
    let count = 0;
    for (; count < faults || performance.now() < until; count++) {
      await this.#actFor(this.#luck.between(200, 2_000));
      const what = this.#luck.weighed(weights);
      this.#options.trace(`FAULT ${count + 1} ${what}`);
      await this.#break(what);
      await this.#checks.afterFault({ kills: this.#kills.server + (this.#others["full"] ?? 0) });
      if (count % 6 === 5) await this.#checks.atRest();
      this.#options.trace(`FAULT ${count + 1} ${what} is over`);
      say(`${count + 1} ${what}, ${this.#book.violations.length} violations`);
    }
    await this.#checks.atRest();
    await this.#checks.lastTurns();
    await this.#shutDown();
    return this.#report();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    for (const slot of this.#slots) await slot.end("SIGKILL");
    await this.#model.kill();
    this.endNow();
    rmSync(this.#options.base, { recursive: true, force: true, maxRetries: 3 });
  }

  endNow(): void {
    for (const slot of this.#slots) slot.signal("SIGKILL");
    this.#disk?.[Symbol.dispose]();
  }

  /** Every client does one thing after the other. */
  async #actFor(ms: number): Promise<void> {
    const until = performance.now() + ms;
    const loops = this.#slots
      .flatMap(({ clients }) => clients)
      .map(async (client) => {
        while (performance.now() < until && client.isOpen && !this.#isOver) {
          const acting = this.#actions.act(client);
          this.#acting.add(acting);
          void acting.finally(() => this.#acting.delete(acting));
          // What takes long is not waited for: a person does not, either.
          await Promise.race([acting, pause(300)]);
          await pause(this.#luck.between(10, 120));
        }
      });
    await Promise.all(loops);
  }

  async #break(what: keyof typeof weights): Promise<void> {
    const slot = this.#luck.pick(this.#slots) as ServerSlot;
    switch (what) {
      case "server":
      case "ending": {
        this.#kills[what === "server" ? "server" : "client"]++;
        const mark = await slot.end(what === "server" ? "SIGKILL" : "close");
        await this.#seeGone(mark, slot);
        return slot.start();
      }
      case "client": {
        this.#kills.client++;
        const victim = this.#slots[1]?.clients[0];
        victim?.close();
        return this.#slots[1]?.connect();
      }
      case "model":
        this.#kills.model++;
        await this.#model.kill();
        await this.#actFor(this.#luck.between(0, 1_500));
        return this.#model.start(this.#options.seed + this.#kills.model);
      default:
        this.#others[what] = (this.#others[what] ?? 0) + 1;
        return this.#disturb(what, slot);
    }
  }

  /** For a moment; what is tried meanwhile may be refused. */
  async #disturb(what: "stopped" | "limited" | "full", slot: ServerSlot): Promise<void> {
    const ms = this.#luck.between(200, 1_500);
    const [begin, end] = this.#disturbance(what, slot);
    this.#book.isDiskBroken = what !== "stopped";
    begin();
    await this.#actFor(ms);
    end();
    // What was asked in that time may be answered a moment later.
    await Promise.race([Promise.allSettled(this.#acting), pause(2_000)]);
    this.#book.isDiskBroken = false;
  }

  #disturbance(what: "stopped" | "limited" | "full", slot: ServerSlot): [() => void, () => void] {
    const disk = this.#disk;
    const nothing = () => {};
    switch (what) {
      case "stopped":
        return [() => slot.signal("SIGSTOP"), () => slot.signal("SIGCONT")];
      case "limited":
        if (noPrlimit !== false) return [nothing, nothing];
        return [() => limitFiles(slot.pid, 2_000), () => slot.isRunning && limitFiles(slot.pid, null)];
      case "full":
        return disk === null ? [nothing, nothing] : [() => disk.fill(), () => disk.free()];
    }
  }

  /** Commands of a server that is gone have a second on a quiet machine. */
  async #seeGone(mark: string, slot: ServerSlot): Promise<void> {
    const since = performance.now();
    const limit = 1_000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
    for (;;) {
      const left = processesMarked(mark);
      const tookMs = performance.now() - since;
      this.#slowestEndMs = Math.max(this.#slowestEndMs, tookMs);
      if (left.length === 0) return;
      if (tookMs > limit) {
        this.#book.violate(`${left.length} processes of ${slot.name} live ${Math.round(tookMs)} ms behind its end`);
        for (const pid of left) process.kill(pid, "SIGKILL");
        return;
      }
      await pause(10);
    }
  }

  async #shutDown(): Promise<void> {
    this.#isOver = true;
    for (const slot of this.#slots) {
      const mark = await slot.end("close");
      await this.#seeGone(mark, slot);
    }
    this.#checks.afterEnd();
  }

  #report(): FaultReport {
    const skipped = [
      ...(this.#disk === null ? [`full disks: ${String(noSmallDisks)}`] : []),
      ...(noPrlimit === false ? [] : [`limits of files: ${noPrlimit}`]),
    ];
    const turns = [...this.#book.threads.values()].reduce((sum, thread) => sum + thread.turns.size, 0);
    return {
      ...{ kills: this.#kills, otherFaults: this.#others, violations: this.#book.violations, turns, skipped },
      ...{ checks: this.#checks.count, tornLines: this.#checks.tornLines, slowestEndMs: this.#slowestEndMs },
      answers: this.#actions.counts,
    };
  }
}

function configText(url: string): string {
  return [
    'model = "test-model"',
    'model_provider = "test"',
    'sandbox_mode = "danger-full-access"',
    "[model_providers.test]",
    `base_url = "${url}"`,
    "request_max_retries = 2",
    "stream_max_retries = 3",
    "stream_idle_timeout_ms = 1500",
  ].join("\n");
}
