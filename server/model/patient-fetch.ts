// A `fetch` that waits as long as it is told: the one of Node gives up after five minutes of silence.

type Dispatcher = NonNullable<RequestInit["dispatcher"]>;

const NODES_PATIENCE_MS = 300_000;

/** More options for `fetch`, where what is wanted goes beyond what it does by itself. */
export function patience(idleTimeoutMs: number): { dispatcher?: Dispatcher } {
  if (idleTimeoutMs <= NODES_PATIENCE_MS) return {};
  patient ??= makePatient();
  return patient === null ? {} : { dispatcher: patient };
}

// Kept: it holds the connections that are used again.
let patient: Dispatcher | null | undefined;

/** Of the same kind as Node's own, so that what was set for that one, such as a proxy, holds here. Null: not possible. */
function makePatient(): Dispatcher | null {
  const own: unknown = (globalThis as Record<symbol, unknown>)[Symbol.for("undici.globalDispatcher.1")];
  if (typeof own !== "object" || own === null) return null;
  try {
    const Kind = own.constructor as new (options: object) => Dispatcher;
    return new Kind({ headersTimeout: 0, bodyTimeout: 0 });
  } catch {
    // A dispatcher of another making: then five minutes it is.
    return null;
  }
}
