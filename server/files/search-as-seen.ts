// A search of what the person sees: with the editor's unsaved buffers, and the ripgrep that is found for it.
import type { DocumentView } from "./document-view.ts";
import { findRipgrep, type RipgrepPlaces } from "./ripgrep.ts";
import { type SearchRequest, type SearchResult, searchText } from "./search-text.ts";

/** Must not throw. */
export async function searchAsSeen(
  request: SearchRequest,
  { documents, places }: { documents: DocumentView; places: RipgrepPlaces },
): Promise<SearchResult> {
  const { instead = [] } = request;
  const replaced = new Set(instead.map(({ realPath }) => realPath));
  const buffers = await documents.unsavedBuffers(request.root);
  const unsaved = [...buffers.filter(({ realPath }) => !replaced.has(realPath)), ...instead];
  return searchText(request, { unsaved, ripgrep: findRipgrep(places, request.roots) });
}
