// What a scenario plays on: our server, a scripted model, and the few steps that most scenarios begin with.
import type { Message, Peer } from "../peer.ts";
import { place, type Place, type PlaceOptions, type ServerName } from "../servers.ts";
import { type ScriptName, scriptedApi } from "../scripts.ts";

/** Drives methods of the protocol through a server of its own, so that every message of them crosses the wire. */
export interface Scenario {
  readonly name: string;
  /** What it drives to an answer. It runs when our server has all of them. */
  readonly drives: readonly string[];
  readonly place?: PlaceOptions;
  /** Absent: it says something about both servers. */
  readonly only?: ServerName;
  run(stage: Stage): Promise<void>;
}

export class Stage {
  readonly place: Place;
  readonly peers: Peer[];

  constructor(place: Place, peers: Peer[]) {
    this.place = place;
    this.peers = peers;
  }

  get workspace(): string {
    return this.place.workspace;
  }

  /** A server that has shaken hands. */
  async server(capabilities: Record<string, unknown> = {}): Promise<Peer> {
    const peer = this.place.start();
    this.peers.push(peer);
    await peer.result("initialize", {
      clientInfo: { name: "conformance", title: null, version: "1" },
      capabilities: { experimentalApi: true, requestAttestation: false, ...capabilities },
    });
    peer.send({ method: "initialized" });
    return peer;
  }

  /** A server with one thread, idle. */
  async thread(params: Record<string, unknown> = {}): Promise<Live> {
    const server = await this.server();
    return { server, threadId: await this.startThread(server, params) };
  }

  async startThread(server: Peer, params: Record<string, unknown> = {}): Promise<string> {
    const { thread } = await server.result("thread/start", {
      cwd: this.workspace,
      approvalPolicy: "never",
      sandbox: "danger-full-access",
      ...params,
    });
    return (thread as { id: string }).id;
  }

  /** A server with a thread that has a turn behind it, and so a file. */
  async threadWithTurn(
    script: ScriptName = "hello",
    params: Record<string, unknown> = {},
  ): Promise<Live & { turnId: string }> {
    const live = await this.thread(params);
    return { ...live, turnId: await playTurn(live, script) };
  }
}

export interface Live {
  readonly server: Peer;
  readonly threadId: string;
}

/** Starts a turn; its id. */
export async function startTurn({ server, threadId }: Live, prompt: string): Promise<string> {
  const { turn } = await server.result("turn/start", { threadId, input: text(prompt) });
  return (turn as { id: string }).id;
}

/** Runs a turn to its end; its id. */
export async function playTurn(live: Live, script: ScriptName): Promise<string> {
  const turnId = await startTurn(live, script);
  await turnEnd(live, turnId);
  return turnId;
}

export async function turnEnd({ server }: Live, turnId: string): Promise<void> {
  await server.hear("turn/completed", ({ turn }: { turn: { id: string } }) => turn.id === turnId);
}

/** Waits for a request of the server and answers it. */
export async function answer(server: Peer, method: string, result: unknown): Promise<Message> {
  const request = await server.hear(method);
  server.send({ id: request.id ?? "", result });
  return request;
}

export function text(words: string): { type: string; text: string; text_elements: never[] }[] {
  return [{ type: "text", text: words, text_elements: [] }];
}

/** The processes that the scenario started are in `peers`, also when it fails. */
export async function withStage(
  name: ServerName,
  options: PlaceOptions,
  peers: Peer[],
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  await using api = await scriptedApi();
  using here = await place(name, api, options);
  try {
    await play(new Stage(here, peers));
    for (const peer of peers) {
      await peer.answered();
      const code = await peer.end();
      if (code !== 0) throw new Error(`the server ended with code ${code}: ${peer.stderr.slice(-600)}`);
    }
  } finally {
    for (const peer of peers) await peer[Symbol.asyncDispose]();
  }
}
