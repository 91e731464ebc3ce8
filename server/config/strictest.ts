// What holds where a restriction was written so that it cannot be read: the strictest value, not the default.

export interface Setting {
  /** Dotted. */
  readonly key: string;
  readonly value: unknown;
}

const readOnly = { key: "sandbox_mode", value: "read-only" };
const noContainer = { key: "container_is_sandbox", value: false };
const untrusted = { key: "approval_policy", value: "untrusted" };
const ofWorkspace = Object.entries({ network_access: false, exclude_tmpdir_env_var: true, exclude_slash_tmp: true });

const strictest: readonly Setting[] = [
  readOnly,
  untrusted,
  noContainer,
  { key: "edits", value: "propose" },
  ...ofWorkspace.map(([key, value]) => ({ key: `sandbox_workspace_write.${key}`, value })),
];

/** For a file of which nothing can be read. */
export const strictestOfFile: readonly Setting[] = [readOnly, untrusted];

/** For a value that does not fit. A table that does not may have held each of its restrictions. */
export function strictestAt(path: readonly string[]): Setting[] {
  const at = `${path.join(".")}.`;
  return strictest.filter(({ key }) => at.startsWith(`${key}.`) || `${key}.`.startsWith(at));
}

export function inWords(settings: readonly Setting[]): string {
  return settings.map(({ key, value }) => `${key} is ${JSON.stringify(value)}`).join(" and ");
}
