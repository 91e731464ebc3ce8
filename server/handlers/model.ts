// Requests about models.
import type { clientRequests } from "../protocol/methods.ts";
import type { Model } from "../protocol/model.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";

export function modelHandlers(models: () => Model[]): Pick<Handlers<typeof clientRequests, Caller>, "model/list"> {
  return {
    async "model/list"() {
      return { data: models(), nextCursor: null };
    },
  };
}
