// What the file tools must leave alone because commands may not even read it: the same list, from the same policy.
import { basename, dirname, join } from "node:path";
import { diskFacts } from "../sandbox/facts.ts";
import { type FileSystemFacts, resolvePolicy } from "../sandbox/policy.ts";
import { isInside } from "../util/inside.ts";

/** Given the thread's folder, then asked with real paths. True for all where no command could work in that folder. */
export function deniedPlaces(homes: {
  userHome: string | null;
  belayHome: string;
}): (cwd: string) => (realPath: string) => boolean {
  const { userHome: home, belayHome } = homes;
  return (cwd) => {
    const resolution = resolvePolicy(
      { type: "readOnly", networkAccess: false },
      { cwd, home, belayHome, privateTmp: null, files: placeFacts },
    );
    if (resolution.kind === "refused") return () => true;
    if (resolution.policy.kind === "unrestricted") return () => false;
    // Some file systems ignore case; to refuse once too often is harmless.
    const places = resolution.policy.deniedPaths.map(({ path }) => path.toLowerCase());
    return (realPath) => places.some((place) => isInside(place, realPath.toLowerCase()));
  };
}

// A place counts before anything is there: nobody is to make an authorized_keys where there was none.
const placeFacts: FileSystemFacts = {
  ...diskFacts,
  realpath: futureRealpath,
  lstat: (path) => diskFacts.lstat(path) ?? "file",
};

function futureRealpath(path: string): string {
  const real = diskFacts.realpath(path);
  const parent = dirname(path);
  if (real !== null || parent === path) return real ?? path;
  return join(futureRealpath(parent), basename(path));
}
