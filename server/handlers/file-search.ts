// Requests that find files by a few letters of their paths.
import { FileList } from "../files/file-search.ts";
import type { FileMatch } from "../protocol/file-search.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { searchNeedsId, searchNeedsRoots, searchNotFound, tooManySearches } from "../protocol/rpc/errors.ts";
import type { Client } from "../thread/client.ts";
import { Turnstile } from "../util/turnstile.ts";
import type { Caller } from "./caller.ts";
import { ClientScope } from "./client-scope.ts";
import { SearchSession } from "./search-session.ts";

type SearchMethods = Extract<keyof typeof clientRequests, `fuzzyFileSearch${string}`>;

/** Each keeps a list of files for as long as it lives. */
const MAX_SESSIONS_OF_CLIENT = 16;
const MAX_AT_A_TIME = 2;

/** `cwd`: what relative roots are relative to. */
export function fileSearchHandlers(cwd: string): Pick<Handlers<typeof clientRequests, Caller>, SearchMethods> {
  const turnstiles = { walks: new Turnstile(MAX_AT_A_TIME), searches: new Turnstile(MAX_AT_A_TIME) };
  const sessions = new ClientScope<SearchSession>((session) => session.end());
  const searches = new ClientScope<AbortController>((search) => search.abort());
  return {
    async fuzzyFileSearch({ query, roots, cancellationToken }, { client }, signal) {
      if (query === "") return { files: [] };
      const search = new AbortController();
      const token = cancellationToken ?? null;
      if (token !== null) searches.set(client, token, search);
      try {
        const stop = AbortSignal.any([signal, search.signal]);
        return { files: await searchOnce(new FileList(roots, cwd, turnstiles), query, stop) };
      } finally {
        if (token !== null && searches.get(client, token) === search) searches.end(client, token);
      }
    },
    async "fuzzyFileSearch/sessionStart"({ sessionId, roots }, { client }) {
      if (sessionId === "") throw searchNeedsId();
      if (roots.length === 0) throw searchNeedsRoots();
      const isKnown = sessions.get(client, sessionId) !== null;
      if (!isKnown && sessions.count(client) >= MAX_SESSIONS_OF_CLIENT) throw tooManySearches(MAX_SESSIONS_OF_CLIENT);
      sessions.set(client, sessionId, startSession(sessionId, new FileList(roots, cwd, turnstiles), client));
      return {};
    },
    async "fuzzyFileSearch/sessionUpdate"({ sessionId, query }, { client }) {
      const session = sessions.get(client, sessionId);
      if (session === null) throw searchNotFound(sessionId);
      session.search(query);
      return {};
    },
    async "fuzzyFileSearch/sessionStop"({ sessionId }, { client }) {
      sessions.end(client, sessionId);
      return {};
    },
  };
}

/** Empty when it is stopped. */
async function searchOnce(list: FileList, query: string, stop: AbortSignal): Promise<FileMatch[]> {
  const onStop = () => list.stop();
  stop.addEventListener("abort", onStop, { once: true });
  if (stop.aborted) onStop();
  await list.complete;
  return list.search(query, stop);
}

function startSession(sessionId: string, list: FileList, client: Client): SearchSession {
  return new SearchSession(list, {
    updated: (query, files) =>
      client.notify({ method: "fuzzyFileSearch/sessionUpdated", params: { sessionId, query, files } }),
    completed: () => client.notify({ method: "fuzzyFileSearch/sessionCompleted", params: { sessionId } }),
  });
}
