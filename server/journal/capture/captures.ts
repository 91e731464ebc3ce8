// Where commands are watched for what they change: one `WorkspaceCapture` for each workspace of this process.
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

export class Captures {
  readonly #deps: CapturesDeps;
  /** The one that was wanted last stands last. */
  readonly #workspaces = new Map<string, WorkspaceCapture>();

  constructor(deps: CapturesDeps) {
    this.#deps = deps;
  }

  /** A command may come: looks at the workspace while nobody waits. Must not throw. */
  warm(cwd: string): void {
    void this.#workspaceOf(cwd).then((workspace) => workspace?.warm());
  }

  /**
   * To be awaited before a command of a thread in `cwd` starts. Null: what commands change there is not captured. Must not
   * reject.
   */
  async begin(cwd: string, source: ChangeSource, signal: AbortSignal): Promise<Capture | null> {
    const workspace = await this.#workspaceOf(cwd);
    return workspace === null ? null : workspace.begin(source, signal);
  }

  /** See `WorkspaceCapture.settle`; for a thread in `cwd`. */
  async settle(cwd: string, signal: AbortSignal): Promise<void> {
    const root = await realFolder(cwd);
    await this.#workspaces.get(root ?? cwd)?.settle(signal);
  }

  async #workspaceOf(cwd: string): Promise<WorkspaceCapture | null> {
    const [root, home] = await Promise.all([realFolder(cwd), realFolder(this.#deps.userHome ?? "/")]);
    if (root === null || isInside(root, home ?? "/") || inKernelDirectory(root)) return null;
    const belayHome = (await realFolder(this.#deps.belayHome)) ?? this.#deps.belayHome;
    if (isInside(belayHome, root)) return null;
    const workspace = this.#workspaces.get(root) ?? this.#make(root, belayHome);
    this.#workspaces.delete(root);
    this.#workspaces.set(root, workspace);
    this.#forgetOldest();
    return workspace;
  }

  #make(root: string, belayHome: string): WorkspaceCapture {
    const { journalOf, ...deps } = this.#deps;
    return new WorkspaceCapture(root, {
      ...deps,
      journal: () => journalOf(root),
      home: belayHome,
    });
  }

  /** What is known of a workspace costs memory, and only time to know again. */
  #forgetOldest(): void {
    for (const [root, workspace] of this.#workspaces) {
      if (this.#workspaces.size <= maxWorkspaces) return;
      if (!workspace.isIdle) continue;
      this.#workspaces.delete(root);
      void workspace.close();
    }
  }
}

const maxWorkspaces = 4;

async function realFolder(path: string): Promise<string | null> {
  return fs.realpath(path).catch(() => null);
}
