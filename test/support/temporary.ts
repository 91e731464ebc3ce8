// A folder that is gone behind the test.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Under its real path. */
export function temporary(): Disposable & { readonly path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "belay-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
