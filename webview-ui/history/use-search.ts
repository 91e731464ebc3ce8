// What the server finds in the texts of threads for what is typed. One search at a time: what was typed meanwhile is
// looked for when that one is over.
import { useEffect, useRef, useState } from "preact/hooks";
import { usePanel } from "../shell/panel-context.ts";
import type { ListFilter } from "../state/state.ts";
import type { FoundThread } from "./thread-actions.ts";

export interface Found {
  /** What it was looked for; behind what is typed while the search goes on. */
  words: string;
  threads: readonly FoundThread[];
}

const nothing: Found = { words: "", threads: [] };

export function useSearch(
  typed: string,
  { isArchived }: ListFilter,
  onFailure: (error: unknown) => void,
): { found: Found; isSearching: boolean } {
  const { actions } = usePanel();
  const words = typed.trim();
  const [found, setFound] = useState(nothing);
  const wanted = useRef(words);
  const isRunning = useRef(false);
  wanted.current = words;
  useEffect(() => {
    const run = async () => {
      if (isRunning.current) return;
      isRunning.current = true;
      try {
        for (let asked: string | null = null; asked !== wanted.current; ) {
          asked = wanted.current;
          const filter = { isAll: true, isArchived };
          setFound(asked === "" ? nothing : { words: asked, threads: await actions.threads.search(asked, filter) });
        }
      } catch (error) {
        onFailure(error);
      } finally {
        isRunning.current = false;
      }
    };
    void run();
  }, [words, isArchived]);
  return { found, isSearching: found.words !== words };
}
