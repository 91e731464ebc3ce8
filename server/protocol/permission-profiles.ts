// What the built-in permission profiles come to. One table: what is listed, taken by threads and by commands.
import type { SandboxMode } from "./sandbox.ts";

export const permissionProfiles: Readonly<Record<string, SandboxMode>> = {
  ":read-only": "read-only",
  ":workspace": "workspace-write",
  ":danger-full-access": "danger-full-access",
};

/** Null: there is none of that name. */
export function sandboxOfProfile(id: string): SandboxMode | null {
  return Object.hasOwn(permissionProfiles, id) ? (permissionProfiles[id] ?? null) : null;
}
