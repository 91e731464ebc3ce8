// Requests about the files of the machine. By design they have all rights of the user: no sandbox, no approval.
import { resolve } from "node:path";
import { decodeBase64 } from "../files/base64.ts";
import * as host from "../files/host-files.ts";
import { osErrorText } from "../files/os-error.ts";
import { watchPath } from "../files/watch.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { invalidBase64, nulInPath, osError, requestCancelled, watchExists } from "../protocol/rpc/errors.ts";
import type { Client } from "../thread/client.ts";
import { afterAnswer } from "../util/after-answer.ts";
import { orAborted } from "../util/or-aborted.ts";
import { Turnstile } from "../util/turnstile.ts";
import type { Caller } from "./caller.ts";
import { ClientScope } from "./client-scope.ts";

/** Of files that are read and answered at a time: in all, and for one client that may be slow to take the answers. */
const MAX_READ_BYTES = 256 * 1024 * 1024;
const MAX_READ_BYTES_OF_CLIENT = 16 * 1024 * 1024;

type FsMethods = Extract<keyof typeof clientRequests, `fs/${string}`>;

export function fsHandlers(): Pick<Handlers<typeof clientRequests, Caller>, FsMethods> {
  const reading = new Turnstile(MAX_READ_BYTES);
  const readingOf = new WeakMap<Client, Turnstile>();
  const ownReading = (client: Client): Turnstile => {
    const own = readingOf.get(client) ?? new Turnstile(MAX_READ_BYTES_OF_CLIENT);
    readingOf.set(client, own);
    return own;
  };
  const watches = new ClientScope<() => void>((end) => end());
  return {
    async "fs/readFile"({ path }, { client }, signal) {
      const file = resolve(path);
      const size = await told(host.hostFileSize(file));
      const own = await ownReading(client).enter(signal, size);
      try {
        using place = await reading.enter(signal, size);
        if (place === null) throw requestCancelled("fs/readFile");
        return { dataBase64: (await told(host.readHostFile(file))).toString("base64") };
      } finally {
        void leaveWhenTaken(own, client);
      }
    },
    async "fs/writeFile"({ path, dataBase64 }) {
      const decoded = decodeBase64(dataBase64);
      if (!decoded.ok) throw invalidBase64("fs/writeFile", decoded.reason);
      await told(host.writeHostFile(resolve(path), decoded.bytes));
      return {};
    },
    async "fs/createDirectory"({ path, recursive }) {
      await told(host.createHostDirectory(resolve(path), { recursive: recursive ?? true }));
      return {};
    },
    async "fs/getMetadata"({ path }) {
      return told(host.hostMetadata(resolve(path)));
    },
    async "fs/readDirectory"({ path }) {
      return { entries: await told(host.readHostDirectory(resolve(path))) };
    },
    async "fs/remove"({ path, recursive, force }) {
      await told(host.removeHostPath(resolve(path), { recursive: recursive ?? true, force: force ?? true }));
      return {};
    },
    async "fs/copy"({ sourcePath, destinationPath, recursive }) {
      await told(host.copyHostPath(resolve(sourcePath), resolve(destinationPath), { recursive: recursive ?? false }));
      return {};
    },
    async "fs/watch"({ watchId, path }, { client }) {
      if (watches.get(client, watchId) !== null) throw watchExists(watchId);
      const watched = resolve(path);
      watches.set(client, watchId, startWatch(watched, watchId, client));
      return { path: watched };
    },
    async "fs/unwatch"({ watchId }, { client }) {
      watches.end(client, watchId);
      return {};
    },
  };
}

/** When the answer is on its way to the client: one that does not read waits for itself alone. */
async function leaveWhenTaken(place: Disposable | null, client: Client): Promise<void> {
  if (place === null) return;
  await afterAnswer();
  await orAborted(client.drained(), client.ended);
  place[Symbol.dispose]();
}

function startWatch(path: string, watchId: string, client: Client): () => void {
  try {
    return watchPath(path, (changedPaths) =>
      client.notify({ method: "fs/changed", params: { watchId, changedPaths: [...changedPaths] } }),
    );
  } catch (error) {
    throw inWords(error);
  }
}

function told<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw inWords(error);
  });
}

/** What the system says is said in the original's words; RpcErrors and bugs pass. */
function inWords(error: unknown): unknown {
  // Node looks at the path before it asks the system, and has the same reason to refuse it.
  if ((error as NodeJS.ErrnoException).code === "ERR_INVALID_ARG_VALUE") return nulInPath();
  const text = osErrorText(error);
  return text === null ? error : osError(text, error);
}
