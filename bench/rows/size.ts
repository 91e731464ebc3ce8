// What is on the disk after an installation: our bundles, all of them, and the native package with its programs.
import type { Group } from "../measure.ts";

export const size: Group = {
  rows: [{ id: "size", what: "installed", unit: "MB", bar: 0.05 }],
  async measure({ peers, results }) {
    for (const peer of peers) results.add("size", peer, peer.installedBytes / 1e6);
    results.note("size", "ours runs on the Node of the editor, or on one that is there; it is not counted");
  },
};
