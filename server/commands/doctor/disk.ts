// The disk that threads are saved on: what is free, and whether others far away may share it. Reads, and writes nothing.
import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { type Check, ok, warn } from "./check.ts";

type Found = Omit<Check, "id" | "name">;

/** A long thread takes some tens of megabytes; the journal of changes may take more. */
const LITTLE_BYTES = 200 * 2 ** 20;

/** By the number that Linux gives them. */
const networks: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x01021997: "9p",
  0x65735546: "FUSE",
  0x00c36400: "Ceph",
};

export async function checkDisk(home: string): Promise<Found> {
  const { bavail, bsize, files, ffree, type } = await statfsOf(home);
  const freeBytes = bavail * bsize;
  const network = networks[type >>> 0] ?? null;
  const facts = { path: home, freeBytes, freeFiles: files === 0 ? null : ffree, network };
  const free = `${Math.floor(freeBytes / 2 ** 20)} MB free`;
  if (freeBytes < LITTLE_BYTES || (files > 0 && ffree < 1_000)) {
    const left = freeBytes < LITTLE_BYTES ? free : `room for ${ffree} more files`;
    const summary = `${left} on the disk of ${home}: when it is full, threads are kept in memory, and lost with the server.`;
    return warn(summary, "Free some space there, or let BELAY_HOME name a folder on another disk.", facts);
  }
  if (network === null) return ok(free, facts);
  const summary = `${free}, on ${network}: who writes to a thread is told from other machines by signs of life`;
  return ok(summary, facts);
}

/** Of what is there: the home, or the nearest folder around it. */
async function statfsOf(path: string): Promise<StatsFs> {
  try {
    return await statfs(path);
  } catch (error) {
    if (dirname(path) === path) throw error;
    return statfsOf(dirname(path));
  }
}
