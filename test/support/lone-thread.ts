// One thread without a server around it, to break things in: its model, its file and its disk are what a test makes them.
import { Config } from "../../server/config/schema.ts";
import type { Model } from "../../server/model/model.ts";
import type { ServerNotification } from "../../server/protocol/methods.ts";
import type { Recorder } from "../../server/rollout/recorder.ts";
import type { Client } from "../../server/thread/client.ts";
import type { ThreadDeps } from "../../server/thread/deps.ts";
import { readInput } from "../../server/thread/read-input.ts";
import { newThreadRecord } from "../../server/thread/record.ts";
import { initialSettings } from "../../server/thread/settings.ts";
import { Thread } from "../../server/thread/thread.ts";
import type { QueuedInput } from "../../server/thread/turn-life.ts";

const config = Config.parse({});
const meta = {
  ...{ id: "t", createdAt: 100, cwd: "/w", modelProvider: "p", model: "m", cliVersion: "1", originator: "o" },
  ...{ source: "vscode", preview: "", forkedFromId: null, base: null, threadSource: null },
  ...{ baseInstructions: null, developerInstructions: null, dynamicTools: [] },
};

export interface LoneThread {
  readonly thread: Thread;
  /** All that its client was told, and that all are told. */
  readonly heard: ServerNotification[];
  readonly logged: string[];
  /** Resolves when that was told. */
  hears(fits: (told: ServerNotification) => boolean): Promise<void>;
  /** Begins a turn, or joins the one that runs. */
  say(words: string): Promise<void>;
}

export function loneThread(options: {
  model: Model;
  deps?: Partial<ThreadDeps>;
  recorder?: Partial<Recorder>;
}): LoneThread {
  const heard: ServerNotification[] = [];
  const logged: string[] = [];
  const looks = new Set<() => void>();
  let nextId = 0;
  const deps = {
    config,
    selectModel: () => options.model,
    listedModel: () => null,
    readInstructions: async () => [],
    containerIsSandbox: async () => false,
    userHome: null,
    newId: () => `item-${++nextId}`,
    now: () => 1,
    tellAll: (told: ServerNotification) => void heard.push(structuredClone(told)),
    turnEnded() {},
    expectCommands() {},
    log: (_: string, text: string) => void logged.push(text),
    nextRequestId: () => 1,
    ...options.deps,
  } as unknown as ThreadDeps;
  const recorder: Recorder = {
    ...{ path: "/r", trouble: null, append: () => true, flush: async () => {}, close() {} },
    ...options.recorder,
  };
  const metadata = { name: null, gitInfo: null };
  const record = newThreadRecord(structuredClone(meta), metadata, initialSettings(config, "m", "/w"));
  const thread = new Thread(record, recorder, { isPersisted: false }, deps);
  const client: Client = {
    name: "test",
    mayExperiment: true,
    showsTerminals: false,
    ended: new AbortController().signal,
    notify(notification) {
      heard.push(structuredClone(notification));
      for (const look of looks) look();
    },
    drained: () => Promise.resolve(),
    request: () => Promise.reject(new Error("nothing is asked here")),
  };
  thread.subscribe(client);
  return {
    ...{ thread, heard, logged },
    hears: (fits) =>
      new Promise((resolve) => {
        const look = () => heard.some(fits) && (looks.delete(look), resolve());
        looks.add(look);
        look();
      }),
    async say(words) {
      const read = await readInput([{ type: "text", text: words, text_elements: [] }], "/w");
      const queued: QueuedInput = { ...read, clientId: null };
      thread.life.start(queued, {}, { outputSchema: null, rootTurnId: null });
    },
  };
}
