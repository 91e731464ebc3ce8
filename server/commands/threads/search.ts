// `belay threads search`: the threads in which a text stands, by the same code as the server's.
import { arch } from "node:os";
import { findRipgrep } from "../../files/ripgrep.ts";
import { searchThreads as search } from "../../thread/search.ts";
import { openThreads, plainText, Refusal, type ThreadsIo } from "./io.ts";
import { listedData, plainLine } from "./list.ts";

export interface SearchChoice {
  json: boolean;
  archived: boolean;
  /** Null: all. */
  limit: number | null;
}

const pageSize = 100;
/** A page that takes longer has what was found, and another one goes on behind it. */
const maxMs = 60_000;

export async function searchThreads(text: string, choice: SearchChoice, io: ThreadsIo): Promise<number> {
  const { json, archived, limit } = choice;
  if (text.trim() === "") throw new Refusal("give the text to look for.", { isMistake: true });
  const all = await openThreads(io);
  const places = { platform: io.platform, arch: arch(), path: io.env["PATH"] ?? "", editorRoot: undefined };
  const deps = { ...all, home: io.home, ripgrep: findRipgrep(places, [io.cwd]), maxMs };
  let left = limit ?? Number.POSITIVE_INFINITY;
  let hasFound = false;
  for (let cursor: string | null = null; left > 0; ) {
    const params = { searchTerm: text, archived, cursor, limit: Math.min(left, pageSize) };
    const page = await search(deps, params, new AbortController().signal);
    for (const { entry, snippet } of page.data) {
      const plain = `${plainLine(entry)}\n    ${plainText(snippet).trim()}\n`;
      io.stdout.write(json ? `${JSON.stringify({ thread: listedData(entry, all.sections), snippet })}\n` : plain);
      hasFound = true;
    }
    left -= page.data.length;
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  return hasFound ? 0 : 1;
}
