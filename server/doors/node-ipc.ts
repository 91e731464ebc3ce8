// The channel that `fork` opens between two Node processes, as a transport. JSON-RPC 2.0 to the letter, because the
// other side is a language client.
import type { Message } from "../protocol/rpc/messages.ts";
import type { Pipe } from "../protocol/rpc/outbox.ts";

/** The part of `process` that is the channel. */
export interface IpcProcess {
  /** False: more waits in the channel than it should hold. The callback comes when the message has left. */
  send?(message: unknown, handle: undefined, options: undefined, callback: (error: Error | null) => void): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  disconnect?(): void;
}

/** Throws when the process was not forked with a channel. */
export function nodeIpc(channel: IpcProcess): Pipe {
  const { send } = channel;
  if (send === undefined) throw new Error("this door is opened by VS Code; to talk over stdio use: belay app-server");
  let isFull = false;
  const sendMessage = (message: Message) =>
    new Promise<void>((resolve, reject) => {
      const hasRoom = send.call(channel, { jsonrpc: "2.0", ...message }, undefined, undefined, (error) => {
        isFull = false;
        if (error) reject(error);
        else resolve();
      });
      isFull = !hasRoom;
    });
  return {
    get isFull() {
      return isFull;
    },
    send: sendMessage,
    sendText: (text) => sendMessage(JSON.parse(text) as Message),
    listen(onMessage, onClose) {
      channel.on("message", onMessage);
      channel.on("disconnect", () => onClose("the editor is gone"));
    },
    close: () => channel.disconnect?.(),
  };
}
