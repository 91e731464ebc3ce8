// Listens for clients that come and go: WebSockets over TCP or over a Unix socket. It outlives every one of them.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import { type Authorize, authorizer, type WebSocketAuth } from "./bearer-auth.ts";
import { listenOnSocket } from "./control-socket.ts";
import type { Pipe } from "../protocol/rpc/outbox.ts";
import { MAX_MESSAGE_BYTES } from "./text.ts";
import { webSocketPipe } from "./web-socket.ts";

export type SocketAddress =
  | { kind: "tcp"; host: string; port: number }
  /** `path` null: the usual place below `home`. */
  | { kind: "unix"; path: string | null };

export interface SocketServerOptions {
  home: string;
  auth: WebSocketAuth;
  /** Takes over a client. */
  serve(pipe: Pipe): void;
  onBadFrame(reason: string): void;
}

export interface SocketServer {
  /** For people: where it listens. */
  readonly banner: string;
  /** Takes no more clients and parts from those there are. */
  close(): void;
}

/** Resolves when it listens. Throws Error with a sentence when it cannot, or must not. */
export async function listenForSockets(address: SocketAddress, options: SocketServerOptions): Promise<SocketServer> {
  if (address.kind === "tcp" && !isLoopback(address.host) && options.auth.kind === "none") {
    throw new Error(
      `refusing to start non-loopback websocket listener ${hostAndPort(address)} without auth; ` +
        "configure `--ws-auth capability-token` or `--ws-auth signed-bearer-token`",
    );
  }
  // Not above: reading node:http as a module loads all of Node's fetch, which other doors do without.
  const [{ createServer }, { WebSocketServer }, authorize] = await Promise.all([
    import("node:http"),
    import("ws"),
    authorizer(options.auth),
  ]);
  // Compressing costs more than a local wire does. Pings are answered by the transport, which knows when not to.
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    autoPong: false,
  });
  const server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, answerPlain);
  server.on("upgrade", (request, stream, head) => void upgrade({ request, stream, head }, sockets, authorize, options));
  const banner = await listen(server, address, options.home);
  return {
    banner,
    close() {
      server.close();
      server.closeIdleConnections();
      for (const socket of sockets.clients) socket.close(GOING_AWAY);
    },
  };
}

const GOING_AWAY = 1001;
/** So long a connection may be silent before the system asks whether its other end is still there. */
const KEEP_ALIVE_MS = 30_000;

async function listen(server: Server, address: SocketAddress, home: string): Promise<string> {
  if (address.kind === "unix") {
    const place = await listenOnSocket(server, address.path, home);
    return `belay app-server (WebSockets)\n  listening on: unix://${place}\n`;
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const at = hostAndPort({ host: address.host, port });
  const isLocal = isLoopback(address.host);
  return [
    "belay app-server (WebSockets)",
    `  listening on: ws://${at}`,
    `  readyz: http://${at}/readyz`,
    `  healthz: http://${at}/healthz`,
    ...(isLocal ? ["  note: only this machine can connect; from elsewhere forward the port over SSH"] : []),
    "",
  ].join("\n");
}

/**
 * A page in a browser always sends its Origin with an upgrade, so refusing every Origin keeps pages out, those that
 * rebind a name to this machine as well; the Host header is not looked at.
 */
function answerPlain(request: IncomingMessage, response: ServerResponse): void {
  const [status, text] = plainAnswer(request);
  response.writeHead(status, text === "" ? {} : { "content-type": "text/plain; charset=utf-8" });
  response.end(text);
}

function plainAnswer({ headers, method, url }: IncomingMessage): [number, string] {
  if (headers.origin !== undefined) return [403, ""];
  const isRead = method === "GET" || method === "HEAD";
  if (/^\/(?:readyz|healthz)(?:\?|$)/.test(url ?? "")) return [isRead ? 200 : 405, ""];
  if (!isRead) return [405, "Request method must be `GET`"];
  return [400, "Connection header did not include 'upgrade'"];
}

interface Upgrade {
  request: IncomingMessage;
  stream: Duplex;
  head: Buffer;
}

async function upgrade(
  { request, stream, head }: Upgrade,
  sockets: WebSocketServer,
  authorize: Authorize,
  { serve, onBadFrame }: SocketServerOptions,
): Promise<void> {
  // A client may go at any moment before it is one; the stream then closes by itself.
  const ignore = () => {};
  stream.on("error", ignore);
  if (request.headers.origin !== undefined) {
    refuse(stream, "403 Forbidden", "");
    return;
  }
  const refusal = await authorize(request.headers.authorization);
  if (refusal !== null) {
    refuse(stream, "401 Unauthorized", refusal);
    return;
  }
  stream.off("error", ignore);
  sockets.handleUpgrade(request, stream, head, (socket) => serve(webSocketPipe(socket, stream, onBadFrame)));
}

function refuse(stream: Duplex, status: string, text: string): void {
  // Else a client that does not hang up would hold the connection open.
  stream.once("finish", () => stream.destroy());
  stream.end(
    [
      `HTTP/1.1 ${status}`,
      "connection: close",
      "content-type: text/plain; charset=utf-8",
      `content-length: ${Buffer.byteLength(text)}`,
      "",
      text,
    ].join("\r\n"),
  );
}

function isLoopback(host: string): boolean {
  return host === "::1" || /^127(?:\.\d+){3}$/.test(host);
}

function hostAndPort({ host, port }: { host: string; port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
