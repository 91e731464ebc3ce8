// A workspace on disk with a journal, as turns and a person change it: for tests of review and undo.
import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DocumentView } from "../../../server/files/document-view.ts";
import { planTexts, type TextChange } from "../../../server/files/patch-plan.ts";
import { type EditPort, FileWriter } from "../../../server/files/writer.ts";
import type { ChangeSource, WorkspaceJournal } from "../../../server/journal/change.ts";
import { ChangeJournal } from "../../../server/journal/journal.ts";
import { readImage } from "../../../server/journal/settle.ts";
import { Workspaces, type Workspace } from "../../../server/journal/review/workspaces.ts";
import { writeChange } from "../../../server/journal/write-change.ts";
import type { ReviewFile } from "../../../server/protocol/review.ts";

export const threadId = "thread";

export async function workspaceWith(files: Record<string, string | Uint8Array> = {}): Promise<TestWorkspace> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "belay-review-")));
  const workspace = new TestWorkspace(base);
  await fs.mkdir(workspace.cwd);
  for (const [name, content] of Object.entries(files)) await workspace.person(name, content);
  await workspace.open();
  return workspace;
}

export class TestWorkspace implements AsyncDisposable {
  readonly #base: string;
  readonly cwd: string;
  readonly documents = new DocumentView();
  #editor: EditPort | null = null;
  readonly writer = new FileWriter(this.documents, () => this.#editor);
  /** What clients heard. */
  readonly heard: string[] = [];
  readonly #waiting = new Set<() => void>();
  #journals: ChangeJournal | null = null;
  #workspaces: Workspaces | null = null;
  #workspace: Workspace | null = null;
  #journal: WorkspaceJournal | null = null;
  #ids = 0;

  constructor(base: string) {
    this.#base = base;
    this.cwd = join(base, "work");
  }

  get review() {
    return this.#given(this.#workspace).review;
  }

  get turnFiles() {
    return this.#given(this.#workspace).turnFiles;
  }

  get journal(): WorkspaceJournal {
    return this.#given(this.#journal);
  }

  path(name: string): string {
    return join(this.cwd, name);
  }

  /** Also again: as after a restart. */
  async open(): Promise<void> {
    await this.close();
    const journals: ChangeJournal = new ChangeJournal({
      home: join(this.#base, "home"),
      opened: async (journal, cwd) => void workspaces.follow(journal, cwd),
    });
    const workspaces: Workspaces = new Workspaces({
      journal: journals,
      files: this.documents,
      writer: this.writer,
      reviewUpdated: () => this.#hear("review"),
      filesUpdated: (_, turns) => this.#hear(`files ${turns.map((turn) => `${turn.turnId} ${turn.state}`).join(", ")}`),
      failed: (message) => assert.fail(message),
      newId: () => `id-${this.#ids++}-${this.heard.length}`,
      now: () => 0,
    });
    this.#journals = journals;
    this.#workspaces = workspaces;
    this.#journal = await journals.workspace(this.cwd);
    this.#workspace = await workspaces.at(this.cwd);
  }

  async close(): Promise<void> {
    await this.#workspaces?.told();
    await this.#journals?.close();
  }

  /** A turn writes these texts; null deletes, and `[to, text]` moves. */
  async turn(turnId: string, texts: Record<string, string | null | readonly [string, string]>): Promise<void> {
    const changes: TextChange[] = [];
    for (const [name, given] of Object.entries(texts)) {
      const view = await this.documents.read(this.path(name));
      assert.notEqual(view.kind, "refused");
      const shared =
        view.kind === "text" ? view : { text: null, encoding: "utf8" as const, version: null, dirty: false };
      const [movePath, after] = Array.isArray(given) ? [this.path(String(given[0])), String(given[1])] : [null, given];
      const { text: before, encoding, version, dirty } = shared;
      changes.push({
        path: this.path(name),
        before,
        after: after as string | null,
        movePath,
        encoding,
        version,
        dirty,
      });
    }
    const plan = planTexts(changes);
    const places = changes.flatMap(({ path, movePath }) => (movePath ? [path, movePath] : [path]));
    const realPaths = new Map(places.map((path) => [path, path]));
    const limits = { realPaths, signal: new AbortController().signal };
    const written = await writeChange(this.journal, this.writer, sourceOf(turnId), plan, limits);
    assert.deepEqual(written.ok ? null : written.message, null);
  }

  /** A command of a turn does something to one file, and the journal sees both sides. */
  async command(turnId: string, name: string, work: (path: string) => Promise<unknown>): Promise<void> {
    const path = this.path(name);
    const before = await this.captured(path);
    await work(path);
    const after = await this.captured(path);
    const source = { ...sourceOf(turnId), kind: "command" as const };
    const id = `command-${this.#ids++}`;
    await this.journal.append({
      ...{ type: "captured", id, atMs: 0, source },
      files: [{ path, before, after, movedFrom: null }],
    });
  }

  /** The person writes a file, or deletes it. */
  async person(name: string, content: string | Uint8Array | null): Promise<void> {
    const path = this.path(name);
    if (content === null) return fs.rm(path);
    await fs.mkdir(dirname(path), { recursive: true });
    await fs.writeFile(path, content);
  }

  async text(name: string): Promise<string | null> {
    return fs.readFile(this.path(name), "utf8").catch(() => null);
  }

  /** All files with their bytes and modes. */
  async snapshot(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const entry of await fs.readdir(this.cwd, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const { image } = await readImage(path);
      if (!entry.isDirectory()) found[path.slice(this.cwd.length + 1)] = JSON.stringify(image);
    }
    return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** From now on edits go through it; null: to the disk. */
  connectEditor(editor: EditPort | null): void {
    this.#editor = editor;
  }

  restore(direction: "undo" | "redo", turnIds: string[], options: { acceptMerges?: boolean; paths?: string[] } = {}) {
    const paths = options.paths === undefined ? null : new Set(options.paths.map((name) => this.path(name)));
    const { acceptMerges = false } = options;
    return this.turnFiles.restore({
      threadId,
      turnIds: new Set(turnIds),
      direction,
      paths,
      dryRun: false,
      acceptMerges,
    });
  }

  keep(name: string | null, hunkId: string | null = null) {
    return this.review.keep({ path: name === null ? null : this.path(name), hunkId, acceptMerges: false });
  }

  undo(name: string | null, hunkId: string | null = null, acceptMerges = false) {
    return this.review.undo({ path: name === null ? null : this.path(name), hunkId, acceptMerges });
  }

  /** The row of a file to review. */
  async row(name: string): Promise<ReviewFile | undefined> {
    return (await this.review.list(this.path(name)))[0];
  }

  /** In short: what is to review, file by file. */
  async pending(): Promise<Record<string, string[]>> {
    const files = await this.review.list(null);
    return Object.fromEntries(
      files.map((file) => [
        file.path.slice(this.cwd.length + 1),
        file.hunks.map(({ baseline: a, current: b, isEdited, turns }) => {
          const who = turns.map(({ turnId }) => turnId).join("+");
          return `${a.start},${a.count} ${b.start},${b.count} ${who}${isEdited ? " edited" : ""}`;
        }),
      ]),
    );
  }

  async hears(message: string): Promise<void> {
    if (this.heard.includes(message)) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!this.heard.includes(message)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    rmSync(this.#base, { recursive: true, force: true });
  }

  /** What is there now, with its bytes kept. */
  async captured(path: string) {
    const { image, bytes } = await readImage(path);
    return bytes !== null && image.kind === "file" ? this.journal.keep(bytes, image) : image;
  }

  #hear(message: string): void {
    this.heard.push(message);
    for (const look of this.#waiting) look();
  }

  #given<T>(value: T | null): T {
    assert.ok(value !== null);
    return value;
  }
}

export function sourceOf(turnId: string): ChangeSource {
  return { kind: "patch", threadId, turnId, itemId: null, of: [] };
}

/** Lines numbered from 1, with some of them changed. */
export function lines(count: number, changed: Record<number, string | null> = {}): string {
  return Array.from({ length: count }, (_, at) => {
    const line = changed[at + 1];
    return line === null ? "" : `${line ?? `line ${at + 1}`}\n`;
  }).join("");
}
