// A file system in a table, for the pure translation. Parents of listed paths exist as directories.
import { basename, dirname, resolve } from "node:path";
import type { FileSystemFacts, PolicyContext } from "../../../server/sandbox/policy.ts";

/** A directory, a file with its text, a socket, or a symlink with its target. */
export type FakeEntry = "directory" | "socket" | { text: string } | { link: string };

export function fakeFiles(entries: Record<string, FakeEntry>): FileSystemFacts {
  const all = new Map<string, FakeEntry>(Object.entries(entries));
  for (const path of Object.keys(entries)) {
    for (let parent = dirname(path); !all.has(parent); parent = dirname(parent)) all.set(parent, "directory");
  }

  function realpath(path: string): string | null {
    if (path === "/") return path;
    const parent = realpath(dirname(path));
    if (parent === null) return null;
    const own = resolve(parent, path.slice(path.lastIndexOf("/") + 1));
    const entry = all.get(own);
    if (entry === undefined) return null;
    return typeof entry === "object" && "link" in entry ? realpath(resolve(parent, entry.link)) : own;
  }

  const lstat: FileSystemFacts["lstat"] = (path) => {
    const parent = realpath(dirname(path));
    const entry = parent === null ? undefined : all.get(resolve(parent, path.slice(path.lastIndexOf("/") + 1)));
    if (entry === undefined) return null;
    if (entry === "directory") return "directory";
    if (entry === "socket") return "other";
    return "link" in entry ? "symlink" : "file";
  };

  return {
    lstat,
    realpath,
    list(path) {
      const real = realpath(path);
      const inside = [...all.keys()].filter((each) => each !== "/" && dirname(each) === real);
      return inside.map((each) => ({ name: basename(each), kind: lstat(each) ?? "other" }));
    },
    readText(path) {
      const real = realpath(path);
      const entry = real === null ? undefined : all.get(real);
      return typeof entry === "object" && "text" in entry ? entry.text : null;
    },
  };
}

/** A thread in /ws of a user whose home is /home/ada. */
export function fakeContext(entries: Record<string, FakeEntry>, changes: Partial<PolicyContext> = {}): PolicyContext {
  const files = fakeFiles({ "/ws": "directory", "/home/ada": "directory", "/tmp": "directory", ...entries });
  return { cwd: "/ws", home: "/home/ada", belayHome: "/home/ada/.belay", privateTmp: null, files, ...changes };
}
