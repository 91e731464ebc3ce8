// One WebSocket as a transport: one message a text frame.
import { nextTick } from "node:process";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { textOf } from "../protocol/rpc/messages.ts";
import type { Pipe } from "../protocol/rpc/outbox.ts";
import { FULL_BYTES, parsed } from "./text.ts";

/** `stream` is what the socket writes to. A frame that is no JSON text is told to `onBadFrame` and skipped. */
export function webSocketPipe(socket: WebSocket, stream: Duplex, onBadFrame: (reason: string) => void): Pipe {
  let isCorked = false;
  // What is said in one tick leaves in one piece.
  const cork = () => {
    if (isCorked) return;
    isCorked = true;
    stream.cork();
    nextTick(() => {
      isCorked = false;
      stream.uncork();
    });
  };
  const isFull = () => socket.bufferedAmount > FULL_BYTES;
  const sendText = (text: string) =>
    new Promise<void>((resolve, reject) => {
      cork();
      socket.send(text, (error) => (error ? reject(error) : resolve()));
    });

  return {
    get isFull() {
      return isFull();
    },
    sendText,
    send: (message) => sendText(textOf(message)),
    listen(onMessage, onClose) {
      socket.on("message", (data: RawData, isBinary: boolean) => {
        if (isBinary) {
          onBadFrame("a message must be a text frame");
          return;
        }
        const value = parsed((data as Buffer).toString(), onBadFrame);
        if (value !== undefined) onMessage(value);
      });
      // Answered here, because a client that only pings and never reads must not fill the memory.
      socket.on("ping", (data: Buffer) => {
        if (!isFull()) socket.pong(data);
      });
      // Said by `close`, which follows.
      socket.on("error", (error) => onBadFrame(error.message));
      socket.once("close", (code: number) => onClose(`the client closed the WebSocket (${code})`));
    },
    close: () => socket.terminate(),
  };
}
