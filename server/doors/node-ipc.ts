// The channel that `fork` opens between two Node processes, as a transport. JSON-RPC 2.0 to the letter, because the
// other side is a language client.
import type { Transport } from "../protocol/rpc/connection.ts";

/** The part of `process` that is the channel. */
export interface IpcProcess {
  send?(message: unknown, handle: undefined, options: undefined, callback: (error: Error | null) => void): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "disconnect", listener: () => void): unknown;
  disconnect?(): void;
}

/** Throws when the process was not forked with a channel. */
export function nodeIpc(channel: IpcProcess): Transport {
  const { send } = channel;
  if (send === undefined) throw new Error("this door is opened by VS Code; to talk over stdio use: belay app-server");
  return {
    // Waiting for the callback is what bounds memory when the other side is slow.
    send: (message) =>
      new Promise((resolve, reject) => {
        const sent = { jsonrpc: "2.0", ...message };
        send.call(channel, sent, undefined, undefined, (error) => (error ? reject(error) : resolve()));
      }),
    listen(onMessage, onClose) {
      channel.on("message", onMessage);
      channel.on("disconnect", () => onClose("the editor is gone"));
    },
    close: () => channel.disconnect?.(),
  };
}
