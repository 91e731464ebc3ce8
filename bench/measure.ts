// What a group of rows is, and how its samples are taken: both peers in turn, so that a busy moment meets both.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Driver } from "./driver.ts";
import type { Peer, PeerName } from "./peers.ts";

export interface RowSpec {
  readonly id: string;
  readonly what: string;
  readonly unit: "ms" | "MB" | "1/s" | "%" | "tokens";
  /** The ratio of costs, ours to theirs, that we hold ourselves to; null: told for information. */
  readonly bar: number | null;
  /** What ours may be at most, in the row's unit, where there is nobody to compare with. */
  readonly limit?: number;
}

/** Rows that are measured together. */
export interface Group {
  readonly rows: readonly RowSpec[];
  measure(bench: Bench): Promise<void>;
}

export interface Bench {
  readonly peers: readonly Peer[];
  readonly runs: number;
  readonly results: Results;
  /** An absolute path that does not exist yet. */
  newDir(name: string): string;
}

export class Results {
  readonly samples = new Map<string, Partial<Record<PeerName, number[]>>>();
  readonly notes = new Map<string, string>();

  add(id: string, peer: Peer, value: number): void {
    const row = this.samples.get(id) ?? {};
    this.samples.set(id, row);
    (row[peer.name] ??= []).push(value);
  }

  note(id: string, text: string): void {
    const before = this.notes.get(id);
    if (before?.includes(text)) return;
    this.notes.set(id, before === undefined ? text : `${before}; ${text}`);
  }
}

/** Each run begins with another peer. */
export async function interleave(
  { peers, runs }: Pick<Bench, "peers" | "runs">,
  act: (peer: Peer, run: number) => Promise<void>,
): Promise<void> {
  for (let run = 0; run < runs; run++) {
    for (const peer of run % 2 === 0 ? peers : peers.toReversed()) await act(peer, run);
  }
}

/** A home of each peer that has been started in once: what is made on the first day of all is made. */
export async function warmHomes(bench: Bench, name: string): Promise<Map<Peer, string>> {
  const homes = new Map<Peer, string>();
  for (const peer of bench.peers) {
    const home = join(bench.newDir(name), peer.name);
    mkdirSync(home, { recursive: true });
    peer.prepare(home);
    homes.set(peer, home);
    await withDriver(peer, home, async (driver) => {
      await driver.initialize();
      const { result } = await driver.startThread();
      await driver.turn(result.thread.id, "deltas 3");
    });
  }
  return homes;
}

/** For the length of `work`. */
export async function withDriver<T>(
  peer: Peer,
  home: string | undefined,
  work: (driver: Driver) => Promise<T>,
): Promise<T> {
  if (home === undefined) throw new Error(`no home was made for ${peer.name}`);
  const driver = new Driver(peer, home);
  try {
    return await work(driver);
  } finally {
    await driver.stop();
  }
}

/** One process of each peer, initialized, for the length of `work`. */
export async function withAll(
  bench: Bench,
  homes: Map<Peer, string>,
  work: (drivers: Map<Peer, Driver>) => Promise<void>,
): Promise<void> {
  const drivers = new Map<Peer, Driver>();
  try {
    for (const peer of bench.peers) {
      const driver = new Driver(peer, homes.get(peer) ?? "");
      drivers.set(peer, driver);
      await driver.initialize();
    }
    await work(drivers);
  } finally {
    for (const driver of drivers.values()) await driver.stop();
  }
}
