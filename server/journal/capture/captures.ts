// Where commands are watched for what they change: one `WorkspaceCapture` for each folder of a thread in this process.
import * as fs from "node:fs/promises";
import { inKernelDirectory } from "../../files/paths.ts";
import { isInside } from "../../util/inside.ts";
import { type Capture, type CaptureDeps, WorkspaceCapture } from "./capture.ts";
import type { ChangeSource, WorkspaceJournal } from "../change.ts";

export interface CapturesDeps extends Pick<CaptureDeps, "saves" | "limits" | "now" | "newId" | "failed"> {
  /** By the real folder of a workspace. */
  journalOf(root: string): Promise<WorkspaceJournal>;
  readonly userHome: string | null;
  readonly belayHome: string;
}

/** Of a thread, as they are spelled; its `cwd` comes first. */
export type Folders = readonly [string, ...string[]];

interface Watched {
  /** What is looked at. */
  readonly root: string;
  /** In whose journal it is: that of the thread's `cwd`, so that all that a turn changed stands in one. */
  readonly journalRoot: string;
  readonly capture: WorkspaceCapture;
}

export class Captures {
  readonly #deps: CapturesDeps;
  /** The one that was wanted last stands last. */
  readonly #workspaces = new Map<string, Watched>();

  constructor(deps: CapturesDeps) {
    this.#deps = deps;
  }

  /** A command may come: looks at these folders while nobody waits. Must not throw. */
  warm(folders: Folders): void {
    void this.#workspacesOf(folders).then((workspaces) => {
      for (const workspace of workspaces) workspace.warm();
    });
  }

  /**
   * To be awaited before a command of a thread in these folders starts. Null: what commands change there is not captured.
   * Must not reject.
   */
  async begin(folders: Folders, source: ChangeSource, signal: AbortSignal): Promise<Capture | null> {
    const workspaces = await this.#workspacesOf(folders);
    if (workspaces.length === 0) return null;
    const captures = await Promise.all(workspaces.map((workspace) => workspace.begin(source, signal)));
    return { end: async () => (await Promise.all(captures.map((capture) => capture.end()))).includes(true) };
  }

  /** See `WorkspaceCapture.settle`; for a thread in `cwd`. */
  async settle(cwd: string, signal: AbortSignal): Promise<void> {
    const home = (await realFolder(cwd)) ?? cwd;
    const own = [...this.#workspaces].filter(([, { journalRoot }]) => journalRoot === home);
    await Promise.all(own.map(([, { capture }]) => capture.settle(signal)));
  }

  /** Those of a folder within another one are seen with it. */
  async #workspacesOf(folders: Folders): Promise<WorkspaceCapture[]> {
    const [home, belay, ...real] = await Promise.all([
      realFolder(this.#deps.userHome ?? "/"),
      realFolder(this.#deps.belayHome),
      ...folders.map(realFolder),
    ]);
    const [journalRoot] = real;
    if (journalRoot === undefined || journalRoot === null) return [];
    const belayHome = belay ?? this.#deps.belayHome;
    const isWatched = (root: string) =>
      !isInside(root, home ?? "/") && !inKernelDirectory(root) && !isInside(belayHome, root);
    const roots = [...new Set(real.filter((root) => root !== null))].filter(isWatched);
    const outermost = roots.filter((root) => !roots.some((other) => other !== root && isInside(other, root)));
    const found = outermost.map((root) => this.#workspaceOf({ root, journalRoot, belayHome }));
    this.#forgetOldest();
    return found;
  }

  #workspaceOf({ root, journalRoot, belayHome }: Omit<Watched, "capture"> & { belayHome: string }): WorkspaceCapture {
    const key = `${journalRoot}\0${root}`;
    const watched = this.#workspaces.get(key) ?? this.#make({ root, journalRoot, belayHome });
    this.#workspaces.delete(key);
    this.#workspaces.set(key, watched);
    return watched.capture;
  }

  #make({ root, journalRoot, belayHome }: Omit<Watched, "capture"> & { belayHome: string }): Watched {
    const { journalOf, ...deps } = this.#deps;
    const journal = () => journalOf(journalRoot);
    return { root, journalRoot, capture: new WorkspaceCapture(root, { ...deps, journal, home: belayHome }) };
  }

  /** What is known of a workspace costs memory, and only time to know again. */
  #forgetOldest(): void {
    for (const [key, { capture }] of this.#workspaces) {
      if (this.#workspaces.size <= maxWorkspaces) return;
      if (!capture.isIdle) continue;
      this.#workspaces.delete(key);
      void capture.close();
    }
  }
}

const maxWorkspaces = 8;

async function realFolder(path: string): Promise<string | null> {
  return fs.realpath(path).catch(() => null);
}
