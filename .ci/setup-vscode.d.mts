// The types of what TypeScript uses of setup-vscode.mjs.

/** Where things live that outlast a checkout. */
export function cacheDir(): string;
