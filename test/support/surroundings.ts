// Places to start a server in where the sandbox does not work, stops working, or is said to be a container: made with
// bubblewrap around the server, and nothing of it is left behind.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executable } from "../../server/sandbox/facts.ts";
import { findHelper } from "../../server/sandbox/linux.ts";

const helper = process.platform === "linux" ? findHelper({ path: "", roots: [], executable }) : null;

const noNamespaces = ["--unshare-user", "--disable-userns", "--die-with-parent"];

/** Why a test that needs these places cannot run here; false: it can. */
export const cannotSurround = whyNot();

function whyNot(): string | false {
  if (helper === null) return "there is no bubblewrap here to put around a server";
  for (const place of [withoutNamespaces(), inContainer(), [helper, "--dev-bind", "/", "/", "--"]]) {
    const [file, ...args] = [...place, "true"];
    const { status, stderr } = spawnSync(file, args, { timeout: 60_000 });
    if (status !== 0) return `bubblewrap cannot be put around a server here: ${stderr.toString().trim()}`;
  }
  return false;
}

/** No user namespace can be made inside, so bubblewrap fails as it does where an administrator forbids them. */
export function withoutNamespaces(): string[] {
  return [helper ?? "", ...noNamespaces, "--dev-bind", "/", "/", "--"];
}

/** The same, with the mark of a container at its root. */
export function inContainer(): string[] {
  const root = readdirSync("/", { withFileTypes: true }).flatMap((entry) => {
    const path = `/${entry.name}`;
    if (entry.isSymbolicLink()) return ["--symlink", readlinkSync(path), path];
    return entry.isDirectory() ? ["--dev-bind-try", path, path] : [];
  });
  return [helper ?? "", ...noNamespaces, ...root, "--ro-bind", "/dev/null", "/.dockerenv", "--"];
}

export interface FadingSandbox extends Disposable {
  readonly startedBy: string[];
  /** As when the package is removed. */
  vanish(): void;
  /** As when an administrator forbids user namespaces. */
  forbidNamespaces(): void;
  /** It works again. */
  restore(): void;
}

/** A bubblewrap that works inside, until the test takes it away. */
export function fadingSandbox(): FadingSandbox {
  const real = helper ?? "";
  const folder = mkdtempSync(join(tmpdir(), "belay-fading-"));
  const copy = join(folder, "bwrap");
  // What is mounted inside is this very file, whatever becomes of its contents and its mode.
  const restore = () => {
    copyFileSync(real, copy);
    chmodSync(copy, 0o755);
  };
  restore();
  return {
    startedBy: [real, "--die-with-parent", "--dev-bind", "/", "/", "--ro-bind", copy, real, "--"],
    vanish: () => chmodSync(copy, 0o000),
    forbidNamespaces() {
      const said = "bwrap: No permissions to create new namespace";
      writeFileSync(copy, `#!/bin/sh\necho '${said}' >&2\nexit 1\n`);
    },
    restore,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
