// What writes files, keeps what was in them and watches commands, put together. Loaded when it is first needed.
import type { DocumentView } from "../files/document-view.ts";
import type { FilePlan } from "../files/patch-plan.ts";
import { type EditPort, FileWriter, type WriteLimits } from "../files/writer.ts";
import type { ServerNotification } from "../protocol/methods.ts";
import { Captures } from "./capture/captures.ts";
import type { ChangeSource } from "./change.ts";
import { ChangeJournal } from "./journal.ts";
import type { Workspaces } from "./review/workspaces.ts";
import { type ChangeOutcome, writeChange } from "./write-change.ts";

export interface FileChangesDeps {
  readonly belayHome: string;
  readonly userHome: string | null;
  readonly documents: DocumentView;
  /** As it stands: null when there is none. */
  editor(): EditPort | null;
  /** False: nothing of the journal is on disk. */
  isKept(): boolean;
  maxBytes(): number;
  tellAll(notification: ServerNotification): void;
  newId(): string;
  log(level: "warning" | "error", message: string): void;
}

export class FileChanges {
  readonly journal: ChangeJournal;
  readonly captures: Captures;
  readonly #deps: FileChangesDeps;
  readonly #writer: FileWriter;
  #workspaces: Promise<Workspaces> | null = null;

  constructor(deps: FileChangesDeps) {
    const { belayHome, userHome, documents, newId, log } = deps;
    this.#deps = deps;
    this.#writer = new FileWriter(documents, () => deps.editor());
    this.journal = new ChangeJournal({
      home: belayHome,
      isOn: () => deps.isKept(),
      maxBytes: () => deps.maxBytes(),
      failed: (message) => log("warning", message),
      opened: async (opened, cwd) => void (await this.workspaces()).follow(opened, cwd),
    });
    this.captures = new Captures({
      ...{ belayHome, userHome, newId, now: Date.now },
      journalOf: (root) => this.journal.workspace(root),
      saves: {
        mark: () => documents.saveMark(),
        since: (mark) =>
          Promise.all(documents.savesSince(mark).map((path) => documents.realTarget(path).catch(() => path))),
      },
      failed: (message) => log("error", message),
    });
  }

  /** What waits for review, and undo. */
  workspaces(): Promise<Workspaces> {
    const { documents, tellAll, newId, log } = this.#deps;
    return (this.#workspaces ??= import("./review/workspaces.ts").then(
      (module) =>
        new module.Workspaces({
          ...{ journal: this.journal, files: documents, writer: this.#writer, newId, now: Date.now },
          reviewUpdated: (cwd) => tellAll({ method: "belay/review/updated", params: { cwd } }),
          filesUpdated: (threadId, turns) => tellAll({ method: "belay/files/updated", params: { threadId, turns } }),
          failed: (message) => log("error", message),
        }),
    ));
  }

  /** Behind what commands have changed until now. Must not throw. */
  async write(
    cwd: string,
    source: ChangeSource,
    plan: readonly FilePlan[],
    limits: WriteLimits,
  ): Promise<ChangeOutcome> {
    await this.captures.settle(cwd, limits.signal);
    return writeChange(this.journal.workspace(cwd), this.#writer, source, plan, limits);
  }
}
