// Drives our server through every scenario and holds each message against the schema that the original prints.
import * as z from "zod";
import { clientRequests, serverNotifications, serverRequests } from "../../../server/protocol/methods.ts";
import { editorRequests } from "../../../server/protocol/editor-methods.ts";
import type { RequestTable } from "../../../server/protocol/rows.ts";
import type { Peer, Said } from "../peer.ts";
import { sideBySide } from "../side-by-side.ts";
import type { ServerName } from "../servers.ts";
import type { PrintedSchema } from "./printed.ts";
import { ownScenarios } from "./scenarios/ours.ts";
import { queueScenarios } from "./scenarios/queue.ts";
import { serverScenarios } from "./scenarios/server.ts";
import { threadScenarios } from "./scenarios/thread.ts";
import { turnScenarios } from "./scenarios/turn.ts";
import { workspaceScenarios } from "./scenarios/workspace.ts";
import { type Scenario, withStage } from "./stage.ts";
import { validator, type Violation } from "./validator.ts";

export const scenarios: readonly Scenario[] = [
  ...serverScenarios,
  ...threadScenarios,
  ...queueScenarios,
  ...turnScenarios,
  ...workspaceScenarios,
  ...ownScenarios,
];

export interface SchemaReport {
  /** Scenarios that ran. */
  readonly played: number;
  readonly messages: number;
  /** Each once, with how often it was seen. */
  readonly violations: readonly (Violation & { count: number })[];
  /** Scenarios that could not be played to their end, and why. */
  readonly broken: readonly string[];
  /** Methods that were answered and whose messages all fit, in both directions. */
  readonly valid: ReadonlySet<string>;
  /** What our tables have and the run did not drive. Empty when scenarios were filtered. */
  readonly undriven: readonly string[];
  /** What scenarios drive and our tables do not have. */
  readonly notHereYet: readonly string[];
}

const ours: RequestTable = { ...clientRequests, ...serverRequests };

/** `server` is the original when the scenarios themselves are in doubt. */
export async function driveSchema(
  schema: PrintedSchema,
  filter: string,
  server: ServerName = "ours",
): Promise<SchemaReport> {
  const chosen = scenarios.filter(({ name, drives }) => [name, ...drives].some((word) => word.includes(filter)));
  const has = (method: string) => server === "native" || Object.hasOwn(ours, method);
  const playable = chosen.filter(({ drives, only = server }) => only === server && drives.every(has));
  const tally = new Tally(schema);
  const broken: string[] = [];
  const said = await sideBySide(playable, async (scenario) => {
    const stage = await playScenario(scenario, server);
    if (stage.problem !== null) broken.push(`${scenario.name}: ${stage.problem}`);
    return stage.said;
  });
  for (const one of said.flat()) tally.add(one);
  const driven = (method: string) => tally.answered.has(method) || tally.heard.has(method);
  return {
    played: playable.length,
    messages: tally.messages,
    violations: [...tally.violations(), ...(filter === "" ? ungated(schema) : [])],
    broken,
    valid: tally.valid(),
    undriven: filter === "" ? expectedOfUs().filter((method) => !driven(method)) : [],
    notHereYet: missingFromUs(chosen),
  };
}

async function playScenario(
  { place = {}, run }: Scenario,
  server: ServerName,
): Promise<{ said: readonly Said[]; problem: string | null }> {
  const peers: Peer[] = [];
  try {
    await withStage(server, place, peers, run);
  } catch (error) {
    return { said: peers.flatMap(({ said }) => said), problem: (error as Error).message };
  }
  return { said: peers.flatMap(({ said }) => said), problem: null };
}

/** All of our tables that a client of the App Server door can meet and that the original has as well. */
function expectedOfUs(): string[] {
  const spoken = [clientRequests, serverRequests, serverNotifications].flatMap((table) => Object.keys(table));
  return spoken.filter((method) => !isOurOwn(method));
}

/** Ours, or of the language server protocol, which only the editor's door speaks. */
export function isOurOwn(method: string): boolean {
  return (
    method.startsWith("belay/") ||
    method === "workspace/applyEdit" ||
    (method !== "initialize" && Object.hasOwn(editorRequests, method))
  );
}

function missingFromUs(chosen: readonly Scenario[]): string[] {
  return [...new Set(chosen.flatMap(({ drives }) => drives))].filter((method) => !Object.hasOwn(ours, method)).sort();
}

/** Methods and members of params that the original keeps for clients with `experimentalApi`, and we give to anybody. */
function ungated({ experimentalMethods, experimentalMembers }: PrintedSchema): (Violation & { count: number })[] {
  return Object.entries(clientRequests as RequestTable).flatMap(([method, row]) => {
    const isGated = (member?: string) =>
      row.experimental === true ||
      (member !== undefined && row.experimental !== false && Object.hasOwn(row.experimental, member));
    const members = (experimentalMembers.get(method) ?? []).filter((member) =>
      membersRead(row.params).includes(member),
    );
    const open = [
      ...(experimentalMethods.has(method) && !isGated() ? [method] : []),
      ...members.filter((member) => !isGated(member)).map((member) => `${method}.${member}`),
    ];
    return open.map((what) => ({ what, problem: "needs experimentalApi, and our row does not say so", count: 1 }));
  });
}

/** The members of params that a row takes in. */
export function membersRead(params: z.ZodType): string[] {
  const { properties = {} } = z.toJSONSchema(params, { io: "input", unrepresentable: "any" });
  return Object.keys(properties);
}

/** What all conversations together showed. */
class Tally {
  messages = 0;
  readonly answered = new Set<string>();
  readonly heard = new Set<string>();
  readonly #violations = new Map<string, Violation & { count: number }>();
  readonly #invalid = new Set<string>();
  readonly #check: ReturnType<typeof validator>["check"];
  readonly #known: (method: string) => boolean;

  constructor(schema: PrintedSchema) {
    this.#check = validator(schema).check;
    this.#known = (method) =>
      schema.clientRequests.has(method) || schema.serverRequests.has(method) || schema.notifications.has(method);
  }

  add(said: Said): void {
    const { message, request, from } = said;
    const method = message.method ?? request?.method;
    if (method === undefined) return;
    this.messages++;
    if (message.method === undefined && message.error === undefined) this.answered.add(method);
    if (message.method !== undefined && message.id === undefined && from === "server") this.heard.add(method);
    for (const violation of [...(this.#check(said) ?? []), ...this.#stamp(said)]) this.#note(method, violation);
    if (!this.#known(method) && !isOurOwn(method) && message.method !== undefined && from === "server")
      this.#note(method, { what: method, problem: "the original has no such method" });
  }

  valid(): Set<string> {
    const driven = [...this.answered, ...this.heard];
    return new Set(driven.filter((method) => !this.#invalid.has(method)));
  }

  violations(): (Violation & { count: number })[] {
    return [...this.#violations.values()];
  }

  #note(method: string, violation: Violation): void {
    this.#invalid.add(method);
    const key = `${violation.what}${violation.problem}`;
    this.#violations.set(key, { ...violation, count: (this.#violations.get(key)?.count ?? 0) + 1 });
  }

  /** Notifications say when they were sent, and nothing else does. */
  #stamp({ from, message }: Said): Violation[] {
    if (from === "client") return [];
    const isNotification = message.method !== undefined && message.id === undefined;
    if ((typeof message.emittedAtMs === "number") === isNotification) return [];
    const problem = isNotification ? "has no emittedAtMs" : "has emittedAtMs, which only notifications have";
    return [{ what: message.method ?? "an answer", problem }];
  }
}
