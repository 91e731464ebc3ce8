// The types of what TypeScript uses of setup-steps.mjs.

/** A failure with a message for the user: its cause, and its cure. */
export class SetupError extends Error {}

/** Runs npm silently; a SetupError that ends with `cure` when it fails. `node` runs it. */
export function npm(args: readonly string[], options: { node?: string; cwd: string; cure: string }): Promise<void>;

/** Runs `work` while no other process on this machine holds `lock`. A holder that died holds nothing. */
export function withLock<T>(lock: string, holder: string, work: () => Promise<T>): Promise<T>;
