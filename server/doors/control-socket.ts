// The place of a Unix socket: private to its owner, and not taken from a server that still listens there.
import { chmodSync } from "node:fs";
import { chmod, lstat, mkdir, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";

// One byte less than `sun_path` of the systems we know; a longer path would be cut or refused without a word.
const MAX_PATH_BYTES = 103;

/** Throws Error with a sentence when the socket cannot be there. `path` null: the usual place below `home`. */
export async function listenOnSocket(server: Server, path: string | null, home: string): Promise<string> {
  const place = path ?? join(home, "app-server-control", "app-server-control.sock");
  if (Buffer.byteLength(place) > MAX_PATH_BYTES) {
    throw new Error(
      `the socket path ${place} is longer than ${MAX_PATH_BYTES} bytes; choose one with --listen unix://PATH`,
    );
  }
  await mkdir(dirname(place), { recursive: true, mode: 0o700 });
  // A folder that was named may be shared and is left as it is; the usual one is ours alone.
  if (path === null) await chmod(dirname(place), 0o700);
  await removeStale(place);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, resolve);
    // In the same step: nobody can connect in between.
    if (server.listening) chmodSync(place, 0o600);
  });
  return place;
}

/** Only what is a socket, and only when nobody answers on it. */
async function removeStale(place: string): Promise<void> {
  const there = await lstat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (there === null) return;
  if (!there.isSocket()) throw new Error(`${place} exists and is not a socket; move it away or choose another path`);
  if (await isAnswered(place)) {
    throw new Error(
      `another server listens on ${place}; use that one, or choose another path with --listen unix://PATH`,
    );
  }
  await unlink(place);
}

function isAnswered(place: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(place);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(error);
    });
  });
}
