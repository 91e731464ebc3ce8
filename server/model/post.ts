// One POST over HTTP, answered by a stream of bytes. Node's own `fetch` does the same, for four times the processor time
// and memory when it is first used. Proxies and certificates are those of the process, as Node's options set them.
import type * as http from "node:http";
import { createRequire } from "node:module";
import type { Readable } from "node:stream";

export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** As it was before it was compressed. Who stops reading it ends the connection. */
  readonly body: AsyncIterable<Buffer>;
  /** Nobody wants the rest. */
  end(): void;
}

export interface AnswerHeaders {
  get(name: string): string | null;
}

export interface Post {
  headers: Readonly<Record<string, string>>;
  body: string;
  signal: AbortSignal;
}

type Http = Pick<typeof http, "request">;

// As long as Node's `fetch` waits. From then on the watchdog is the judge.
const CONNECT_TIMEOUT_MS = 10_000;

// Not `import`, which reads every member of node:http, and so loads what is done without here.
const load = createRequire(import.meta.url);

/** What it needs is loaded here. */
export function poster(url: URL): (post: Post) => Promise<Answer> {
  const { request } = load(url.protocol === "https:" ? "node:https" : "node:http") as Http;
  return (what) => post(url, what, request);
}

/** Redirects are not followed. Rejects when there is no answer. */
async function post(url: URL, { headers, body, signal }: Post, request: Http["request"]): Promise<Answer> {
  const isSecure = url.protocol === "https:";
  const bytes = Buffer.from(body);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const own = { "content-type": "application/json", "content-length": String(bytes.length) };
    const sent = request(url, { method: "POST", headers: { ...headers, ...own }, signal });
    const impatience = setTimeout(() => sent.destroy(timedOut(url)), CONNECT_TIMEOUT_MS);
    const settled = () => clearTimeout(impatience);
    sent.once("socket", (socket) => {
      if (!socket.connecting) settled();
      else socket.once(isSecure ? "secureConnect" : "connect", settled);
    });
    sent.once("close", settled);
    sent.once("response", resolve);
    // Not `once`: what goes wrong behind the response is heard by who reads that.
    sent.on("error", reject);
    sent.end(bytes);
  });
  const encoding = response.headers["content-encoding"] ?? "";
  return {
    status: response.statusCode ?? 0,
    headers: { get: (name) => textOf(response.headers[name]) },
    body: await unpacked(response, encoding.toLowerCase()),
    end: () => void response.destroy(),
  };
}

/** It is not asked for, and some send it all the same. */
async function unpacked(response: Readable, encoding: string): Promise<Readable> {
  if (encoding === "" || encoding === "identity") return response;
  const { createBrotliDecompress, createUnzip } = await import("node:zlib");
  const { pipeline } = await import("node:stream");
  // Each piece as it comes: an event must not wait for the next one.
  const unpack = encoding === "br" ? createBrotliDecompress() : createUnzip();
  return pipeline(response, unpack, () => {});
}

function textOf(value: string | string[] | undefined): string | null {
  return Array.isArray(value) ? value.join(", ") : (value ?? null);
}

function timedOut({ host }: URL): Error {
  return Object.assign(new Error(`no connection to ${host} in ${CONNECT_TIMEOUT_MS / 1000} s`), { code: "ETIMEDOUT" });
}
