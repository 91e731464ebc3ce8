// Requests that find files by a few letters of their paths.
import { FileList } from "../files/file-search.ts";
import type { FileMatch } from "../protocol/file-search.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { searchNeedsId, searchNeedsRoots, searchNotFound } from "../protocol/rpc/errors.ts";
import type { Client } from "../thread/client.ts";
import type { Caller } from "./caller.ts";
import { ClientScope } from "./client-scope.ts";
import { SearchSession } from "./search-session.ts";

type SearchMethods = Extract<keyof typeof clientRequests, `fuzzyFileSearch${string}`>;

/** `cwd`: what relative roots are relative to. */
export function fileSearchHandlers(cwd: string): Pick<Handlers<typeof clientRequests, Caller>, SearchMethods> {
  const sessions = new ClientScope<SearchSession>((session) => session.end());
  const searches = new ClientScope<AbortController>((search) => search.abort());
  return {
    async fuzzyFileSearch({ query, roots, cancellationToken }, { client }, signal) {
      if (query === "") return { files: [] };
      const search = new AbortController();
      const token = cancellationToken ?? null;
      if (token !== null) searches.set(client, token, search);
      try {
        return { files: await searchOnce(new FileList(roots, cwd), query, AbortSignal.any([signal, search.signal])) };
      } finally {
        if (token !== null && searches.get(client, token) === search) searches.end(client, token);
      }
    },
    async "fuzzyFileSearch/sessionStart"({ sessionId, roots }, { client }) {
      if (sessionId === "") throw searchNeedsId();
      if (roots.length === 0) throw searchNeedsRoots();
      sessions.set(client, sessionId, startSession(sessionId, new FileList(roots, cwd), client));
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
  return stop.aborted ? [] : list.search(query, stop);
}

function startSession(sessionId: string, list: FileList, client: Client): SearchSession {
  return new SearchSession(list, {
    updated: (query, files) =>
      client.notify({ method: "fuzzyFileSearch/sessionUpdated", params: { sessionId, query, files } }),
    completed: () => client.notify({ method: "fuzzyFileSearch/sessionCompleted", params: { sessionId } }),
  });
}
