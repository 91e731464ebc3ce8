// What the server announces, typed by the protocol's table, for the parts of the extension that listen.
import type * as vscode from "vscode";
import type { ParamsOut } from "../../server/protocol/rows.ts";
import { serverNotifications } from "../../server/protocol/methods.ts";

type Table = typeof serverNotifications;
type Listener = (params: never) => void;

export class Notifications {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #invalid: (sentence: string) => void;

  constructor(invalid: (sentence: string) => void) {
    this.#invalid = invalid;
  }

  on<M extends keyof Table & string>(method: M, listener: (params: ParamsOut<Table, M>) => void): vscode.Disposable {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners.add(listener));
    return { dispose: () => void listeners.delete(listener) };
  }

  /** Params nobody listens to are not even read. */
  dispatch(method: string, params: unknown): void {
    const listeners = this.#listeners.get(method);
    if (listeners === undefined || listeners.size === 0) return;
    const valid = serverNotifications[method as keyof Table].params.safeParse(params);
    if (!valid.success) {
      this.#invalid(`The server's ${method} cannot be read: ${valid.error.message}`);
      return;
    }
    for (const listener of [...listeners]) listener(valid.data as never);
  }
}
