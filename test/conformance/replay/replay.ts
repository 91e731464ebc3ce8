// The client side of one conversation, written down so that it can be played to any server, and its player.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Message, Peer, Said } from "../peer.ts";
import { type Place, place, type PlaceOptions, type ServerName } from "../servers.ts";
import { scriptedApi } from "../scripts.ts";

/**
 * Strings in params may hold `$ws` (the workspace), `$thread` and `$turn` (of the newest thread/start and turn/start),
 * and what a step saved with `as`.
 */
export interface Replay {
  readonly name: string;
  /** What it is about. */
  readonly about: string;
  readonly place?: PlaceOptions;
  readonly steps: readonly Step[];
}

export type Step =
  /** Sends a request. Waits for the answer unless `later`. `as` saves the id of what it is about. */
  | { do: "ask"; method: string; params?: unknown; as?: string; later?: boolean }
  | { do: "tell"; message: Message }
  /** Sends a line as it is. */
  | { do: "line"; line: string }
  /** Waits for a message that nobody waited for before, with at least these params. */
  | { do: "hear"; method: string; params?: unknown }
  /** Waits for a request of the server and answers it. */
  | { do: "reply"; method: string; answer: Pick<Message, "result" | "error"> }
  /** Answers every such request from here on, whether or not the server has one. */
  | { do: "replyToAll"; method: string; result: unknown }
  /** Creates a file of the workspace, which a command waits for. */
  | { do: "touch"; file: string }
  /** Ends the process by the end of its input, or politely by a signal, and waits for its end. */
  | { do: "end"; by: "input" | "signal" }
  /** From here on another process in the same place is spoken to; the one before goes on unless it was ended. */
  | { do: "start" };

/** What was said in a replay, one list for each process of the server. */
export interface Recording {
  readonly processes: readonly (readonly Said[])[];
  readonly exitCodes: readonly (number | null)[];
  readonly place: Pick<Place, "home" | "workspace">;
}

export async function play(replay: Replay, server: ServerName): Promise<Recording> {
  await using api = await scriptedApi();
  using here = await place(server, api, replay.place);
  const player = new Player(here);
  try {
    for (const step of replay.steps) await player.step(step);
    const exitCodes: (number | null)[] = [];
    for (const peer of player.peers) {
      await peer.answered();
      exitCodes.push(await peer.end());
    }
    return {
      processes: player.peers.map(({ said }) => said),
      exitCodes,
      place: { home: here.home, workspace: here.workspace },
    };
  } finally {
    for (const peer of player.peers) await peer[Symbol.asyncDispose]();
  }
}

/** Methods of requests that a server must know for this replay. */
export function methodsOf({ steps }: Replay): string[] {
  return [...new Set(steps.flatMap((step) => (step.do === "ask" || step.do === "reply" ? [step.method] : [])))];
}

class Player {
  readonly peers: Peer[] = [];
  readonly #place: Place;
  readonly #saved: Record<string, string>;

  constructor(place: Place) {
    this.#place = place;
    this.#saved = { ws: place.workspace };
  }

  async step(step: Step): Promise<void> {
    switch (step.do) {
      case "ask":
        return this.#ask(step);
      case "tell":
        return this.#peer.send(this.#fill(step.message) as Message);
      case "line":
        return this.#peer.sendLine(step.line);
      case "hear":
        await this.#hear(step.method, step.params);
        return;
      case "reply":
        this.#peer.send({ id: (await this.#hear(step.method)).id ?? "", ...step.answer });
        return;
      case "replyToAll":
        return this.#peer.answerAll(step.method, step.result);
      case "touch":
        return writeFileSync(join(this.#place.workspace, step.file), "");
      case "end":
        await (step.by === "input" ? this.#peer.end() : this.#peer.terminate());
        return;
      case "start":
        this.peers.push(this.#place.start());
        return;
      default:
        step satisfies never;
    }
  }

  get #peer(): Peer {
    if (this.peers.length === 0) this.peers.push(this.#place.start());
    return this.peers.at(-1) as Peer;
  }

  async #ask({ method, params, as, later = false }: Extract<Step, { do: "ask" }>): Promise<void> {
    const answered = this.#peer.request(method, this.#fill(params));
    // Whoever does not wait finds it among what was said.
    if (later) return void answered.catch(() => {});
    const { result } = await answered;
    const { thread, turn, queuedSubmission } = (result ?? {}) as Record<string, { id: string } | undefined>;
    const name = as ?? defaultNames[method];
    const id = turn?.id ?? thread?.id ?? queuedSubmission?.id;
    if (name !== undefined && id !== undefined) this.#saved[name] = id;
  }

  #hear(method: string, params: unknown = {}): Promise<Message> {
    const wanted = this.#fill(params);
    return this.#peer.hear(method, (given) => includes(given, wanted));
  }

  #fill(value: unknown): unknown {
    if (value === undefined) return undefined;
    const filled = JSON.stringify(value).replaceAll(/\$([a-z]\w*)/gi, (whole, name: string) => {
      const saved = this.#saved[name];
      return saved === undefined ? whole : JSON.stringify(saved).slice(1, -1);
    });
    return JSON.parse(filled);
  }
}

const defaultNames: Readonly<Record<string, string>> = { "thread/start": "thread", "turn/start": "turn" };

function includes(given: unknown, wanted: unknown): boolean {
  if (wanted === null || typeof wanted !== "object") return given === wanted;
  if (given === null || typeof given !== "object") return false;
  return Object.entries(wanted).every(([key, value]) => includes((given as Record<string, unknown>)[key], value));
}
