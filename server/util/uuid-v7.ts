// UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, a counter, then random bits; sorts by time of creation.
import { randomBytes, randomInt } from "node:crypto";

/** Without a time, each sorts behind all that this process made so before, whatever becomes of the clock. */
export function uuidV7(atMs?: number): string {
  const { ms, counter } = atMs === undefined ? behindLast(Date.now()) : { ms: atMs, counter: randomInt(0x1000) };
  const bytes = randomBytes(16);
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | counter, 6);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** `counter`: twelve bits that order the ids of one millisecond. It begins low, which leaves room for many. */
let last = { ms: 0, counter: 0 };

function behindLast(nowMs: number): { ms: number; counter: number } {
  if (nowMs > last.ms) last = { ms: nowMs, counter: randomInt(0x400) };
  else if (last.counter < 0xfff) last = { ms: last.ms, counter: last.counter + 1 };
  else last = { ms: last.ms + 1, counter: 0 };
  return last;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}

/** Unix milliseconds; null for an id of another version. */
export function uuidV7Time(id: string): number | null {
  const hex = /^([0-9a-f]{8})-([0-9a-f]{4})-7/i.exec(id);
  return hex === null ? null : Number.parseInt(`${hex[1]}${hex[2]}`, 16);
}
