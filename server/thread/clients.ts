// Everyone who is connected, whichever threads they listen to.
import type { ServerNotification } from "../protocol/methods.ts";
import type { Client } from "./client.ts";

export class Clients {
  readonly #connected = new Set<Client>();

  join(client: Client): void {
    this.#connected.add(client);
  }

  leave(client: Client): void {
    this.#connected.delete(client);
  }

  /** What a person would call this server by; null when nobody is connected. */
  firstName(): string | null {
    const [first] = this.#connected;
    return first?.name ?? null;
  }

  tell(notification: ServerNotification): void {
    for (const client of this.#connected) client.notify(notification);
  }
}
