// Handlers that most clients never call are loaded with the first request for one of them, so that starting is fast.
import { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";

type All = Handlers<typeof clientRequests, Caller>;
type Under<P extends string> = Pick<All, Extract<keyof All, `${P}${string}`>>;

/** One for each method whose name begins so. `load` is called once. */
export function later<P extends string>(prefix: P, load: () => Promise<Under<P>>): Under<P> {
  let loaded: Promise<Under<P>> | null = null;
  const names = Object.keys(clientRequests).filter((name) => name.startsWith(prefix)) as (keyof Under<P>)[];
  const handlers = names.map((name) => [
    name,
    async (...given: Parameters<All[keyof All]>) => {
      const handle = (await (loaded ??= load()))[name] as (...same: typeof given) => Promise<unknown>;
      return handle(...given);
    },
  ]);
  // By construction: each name of the table that begins so, with the handler of that name.
  return Object.fromEntries(handlers) as Under<P>;
}
