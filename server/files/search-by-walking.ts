// Searches without ripgrep: walks the folder and reads each file itself.
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { readRegularFile } from "./disk-read.ts";
import { decode } from "./encoding.ts";
import { lineMatcher, type Matcher, TooSlow } from "./line-matcher.ts";
import { listFiles } from "./list-files.ts";
import { openRegularFile, type Permits } from "./open-regular.ts";
import { excerpt, leftOutNames, scopeOf } from "./search-scope.ts";
import type { EngineEnd, EngineRequest, Hit } from "./search-text.ts";
import { linesOf, splitText, streamBlocks } from "./stream-lines.ts";

export async function searchByWalking(request: EngineRequest): Promise<EngineEnd> {
  const { root, text, signal } = request;
  const matcher = lineMatcher(request.pattern);
  if (typeof matcher === "string") return { problem: `the pattern is not understood: ${matcher}` };
  try {
    if (text !== null) return report(searchLines(splitText(text), { path: root, first: 1 }, matcher), request);
    const inScope = scopeOf(root, request.glob);
    for (const path of await filesBelow(root, signal)) {
      if (signal.aborted) return "stopped";
      if (!inScope(path) || !request.permits(path)) continue;
      const end = report(await searchFile(path, matcher, request), request);
      if (end !== null) return end;
    }
    return signal.aborted ? "stopped" : null;
  } catch (error) {
    if (!(error instanceof TooSlow)) throw error;
    return { problem: "the pattern takes too long on some line. Make it simpler." };
  }
}

function report(hits: readonly Hit[], { onHit }: EngineRequest): "stopped" | null {
  return hits.every((hit) => onHit(hit)) ? null : "stopped";
}

/** The root itself when it is a file. */
async function filesBelow(root: string, signal: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  let isFolder = false;
  await listFiles(
    root,
    ({ path, isDirectory }) => {
      isFolder = true;
      if (!isDirectory) files.push(join(root, path));
    },
    { signal, closed: new Set(), leftOut: leftOutNames },
  );
  return isFolder ? files.toSorted() : [root];
}

/** What is larger is read line by line, and then its encoding is not looked for. */
const maxWholeBytes = 4 * 1024 * 1024;

/** None in what is binary or cannot be read. */
async function searchFile(
  path: string,
  matcher: Matcher,
  { permits, signal }: { permits: Permits; signal: AbortSignal },
): Promise<Hit[]> {
  try {
    await using file = await openRegularFile(path, permits);
    if (!file.ok) return [];
    if (file.stat.size > maxWholeBytes) return await searchStream(file.handle, path, matcher, signal);
    const read = await readRegularFile(path, permits);
    const decoded = read.ok ? decode(read.bytes) : null;
    return decoded?.ok ? searchLines(splitText(decoded.text.replace(/^\uFEFF/, "")), { path, first: 1 }, matcher) : [];
  } catch (error) {
    if (error instanceof TooSlow) throw error;
    // Gone meanwhile, or out of reach.
    return [];
  }
}

function searchLines(lines: readonly string[], place: { path: string; first: number }, matcher: Matcher): Hit[] {
  return matcher(lines).map(({ index, at }) => {
    return { path: place.path, line: place.first + index, text: excerpt(lines[index] ?? "", at) };
  });
}

const maxHitsOfFile = 10_001;

async function searchStream(handle: FileHandle, path: string, matcher: Matcher, signal: AbortSignal): Promise<Hit[]> {
  const hits: Hit[] = [];
  const end = await streamBlocks(handle, signal, ({ first, bytes }) => {
    for (const hit of searchLines(linesOf(bytes).lines, { path, first }, matcher)) hits.push(hit);
    return hits.length < maxHitsOfFile;
  });
  return end === "binary" ? [] : hits;
}
