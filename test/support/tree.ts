// A folder with files for one test, gone behind it.
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";

/** Its real path. Folders on the way to a file are made. */
export async function tree(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = await fs.realpath(await fs.mkdtemp(join(tmpdir(), "belay-tree-")));
  t.after(() => fs.rm(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await fs.mkdir(dirname(join(root, name)), { recursive: true });
    await fs.writeFile(join(root, name), content);
  }
  return root;
}
