// One process at a time writes to a thread. Reading needs no lock.
// Who has it is known by their number where that means something: on this machine, in this container. Of others only signs
// of life are seen: they touch the file every few seconds, and who has not done so for a while counts as gone.
import { closeSync, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import type { ProcessPlace } from "../exec/process-identity.ts";
import type { ActiveWriter } from "../protocol/thread-saving.ts";
import { type FileLock, fileLock, ownerIn, type Processes } from "../util/file-lock.ts";
import { Heartbeat } from "./heartbeat.ts";

export interface WriterLock {
  /** False: another holder has it. Throws Error when it cannot be written. */
  take(): boolean;
  /** Nobody has taken it over; to be asked before each append. One who was stopped for long may have lost it. */
  isOurs(): boolean;
  /** Who has it now, as far as it says; null when nobody does. */
  writer(): ActiveWriter | null;
  /** Does nothing for who does not have it. */
  release(): void;
}

export interface Writers extends Pick<Processes, "owner"> {
  /** Null: it cannot be told. Then the beats say it. */
  isAlive(owner: string): boolean | null;
  /** Where `isAlive` can tell. */
  place: ProcessPlace;
  /** What a person would call this process; null: nothing is known. */
  client(): string | null;
}

const heartbeat = new Heartbeat();

/** `<home>/locks/<threadId>`. */
export function writerLock(home: string, threadId: string, writers: Writers, beats = heartbeat): WriterLock {
  return new HeldByOne(join(home, "locks", threadId), writers, beats);
}

class HeldByOne implements WriterLock {
  readonly #path: string;
  readonly #writers: Writers;
  readonly #beats: Heartbeat;
  #held: { lock: FileLock; owner: string; fd: number } | null = null;

  constructor(path: string, writers: Writers, beats: Heartbeat) {
    this.#path = path;
    this.#writers = writers;
    this.#beats = beats;
  }

  take(): boolean {
    if (this.#held !== null) return true;
    const owner = said(this.#writers);
    const isAlive = (other: string) => this.#isAlive(other);
    // Looked at first: on a full disk nothing could be tried, and who has it is there all the same.
    const other = ownerIn(this.#path);
    if (other !== null && isAlive(other)) return false;
    const lock = fileLock(this.#path, { owner, isAlive });
    if (!lock.take()) return false;
    try {
      this.#held = { lock, owner, fd: openSync(this.#path, "r+") };
    } catch (error) {
      lock.release();
      throw error;
    }
    this.#beats.begin(this.#path, this.#held.fd, () => this.isOurs());
    return true;
  }

  isOurs(): boolean {
    if (this.#held === null) return false;
    if (this.#isStillThere(this.#held)) return true;
    this.#letGo(this.#held);
    return false;
  }

  writer(): ActiveWriter | null {
    const owner = ownerIn(this.#path);
    if (owner === null) return null;
    const { pid, place, client } = read(owner);
    const { host } = this.#writers.place;
    return { pid, host: place === null || place.host === host ? null : place.host, client };
  }

  release(): void {
    // What somebody else has by now is theirs.
    if (this.#held === null || !this.isOurs()) return;
    const { lock } = this.#held;
    this.#letGo(this.#held);
    lock.release();
  }

  /** Whoever takes it over removes the file that is open here. */
  #isStillThere({ fd, owner }: { fd: number; owner: string }): boolean {
    try {
      if (fstatSync(fd).nlink === 0) return false;
      if (!this.#beats.isOverdue(this.#path)) return true;
      // On a network an open file may be remembered as it was: the name is asked for anew.
      if (ownerIn(this.#path) !== owner) return false;
      this.#beats.beat(this.#path);
      return true;
    } catch {
      // Of an open file that another machine has removed, nothing can be known any more.
      return false;
    }
  }

  #letGo({ fd }: { fd: number }): void {
    this.#beats.end(this.#path);
    closeSync(fd);
    this.#held = null;
  }

  #isAlive(owner: string): boolean {
    const { identity, place } = read(owner);
    const here = this.#writers.place;
    const isHere = place === null || isSame(place, here);
    const lives = isHere ? this.#writers.isAlive(identity) : null;
    if (lives !== null) return lives;
    // The machine itself has started anew since.
    const isEarlier =
      place !== null && place.host === here.host && place.machine === here.machine && place.boot !== here.boot;
    if (here.machine !== "" && isEarlier) return false;
    return !this.#beats.isSilent(this.#path, owner);
  }
}

/** Number and start first, then the rest, so that it is one line of words. */
function said({ owner, place, client }: Writers): string {
  const { host, machine, boot, namespace } = place;
  const where = [host, machine, boot, namespace].map(encodeURIComponent).join("/");
  return `${owner} ${where} ${encodeURIComponent(client()?.slice(0, 60) ?? "")}`;
}

interface Said {
  /** As `Writers.owner` has it. */
  identity: string;
  pid: number | null;
  /** Null for who did not say. */
  place: ProcessPlace | null;
  client: string | null;
}

function read(owner: string): Said {
  const words = owner.split(" ");
  const at = words.findIndex((word) => word.split("/").length === 4);
  const [host = "", machine = "", boot = "", namespace = ""] = (words[at] ?? "").split("/").map(decoded);
  const pid = Number(words[0]);
  return {
    identity: at === -1 ? owner : words.slice(0, at).join(" "),
    pid: Number.isSafeInteger(pid) && pid > 0 ? pid : null,
    place: at === -1 ? null : { host, machine, boot, namespace },
    client: at === -1 ? null : decoded(words[at + 1] ?? "") || null,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isSame(a: ProcessPlace, b: ProcessPlace): boolean {
  return a.host === b.host && a.machine === b.machine && a.boot === b.boot && a.namespace === b.namespace;
}
