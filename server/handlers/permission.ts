// Requests about what can be permitted, and about features behind a switch.
import type { clientRequests } from "../protocol/methods.ts";
import { permissionProfiles } from "../protocol/permission-profiles.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import type { Caller } from "./caller.ts";
import { paged } from "./paged.ts";

type PermissionMethods = "permissionProfile/list" | "experimentalFeature/list";

export function permissionHandlers(): Pick<Handlers<typeof clientRequests, Caller>, PermissionMethods> {
  return {
    async "permissionProfile/list"(page) {
      const all = Object.keys(permissionProfiles).map((id) => ({ id, description: null, allowed: true }));
      return paged(all, page, "permission profiles");
    },
    // Nothing here is behind a switch.
    async "experimentalFeature/list"(page) {
      return paged([], page, "feature flags");
    },
  };
}
