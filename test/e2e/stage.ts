// Sets the stage for stories in a real VS Code: a copy of the sample project, a home of its own on the scripted model,
// a served VS Code with Belay in it, and a browser in front of it.
import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FrameLocator, Locator } from "playwright-core";
import { patienceMs, within } from "../support/vscode/deadline.ts";
import { type ServedVscode, serveVscode, type ServeOptions } from "../support/vscode/serve.ts";
import { openWorkbench, type Workbench, type WorkbenchOptions } from "../support/vscode/workbench.ts";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));

export interface StageOptions {
  /** config.toml; the default asks before every step, so that each can be seen. */
  config?: string;
  /** Files on top of the sample project, or null for a folder that stays empty. */
  files?: Record<string, string> | null;
  /** Puts more into BELAY_HOME before anything starts. */
  prepareHome?: (home: string) => void;
  isTrustAsked?: boolean;
  env?: Record<string, string>;
  window?: Partial<WorkbenchOptions>;
  /** Opens VS Code without a folder. */
  withoutFolder?: boolean;
}

export const askEverything = 'model_provider = "scripted"\napproval_policy = "untrusted"\n';

export interface Stage extends AsyncDisposable {
  readonly workbench: Workbench;
  readonly vscode: ServedVscode;
  readonly project: string;
  readonly home: string;
  readonly panel: Panel;
  read(file: string): string;
  /** Resolves once the file has this text: what is shown of a change that is made may be ahead of the disk. */
  becomes(file: string, text: string): Promise<void>;
  /** A second window on the same VS Code, after the first was closed. */
  reopen(): Promise<void>;
}

/** A stage whose model plays these scenes. `config`: more lines of config.toml. */
export function setScriptedStage(scenes: object[], config = ""): Promise<Stage> {
  return setStage({
    config: `model_provider = "scripted"\n${config}[model_providers.scripted]\nscript = "story.json"\n`,
    prepareHome: (home) => writeFileSync(join(home, "story.json"), JSON.stringify({ name: "story", scenes })),
  });
}

export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const { base, project, home } = prepareProject(options);
  options.prepareHome?.(home);
  const served: ServeOptions = { env: { BELAY_HOME: home, ...options.env } };
  if (options.isTrustAsked) served.isTrustAsked = true;
  const vscode = await serveVscode(served);
  const open = () =>
    openWorkbench({
      vscode,
      folder: options.withoutFolder ? null : project,
      extensionPath: checkout,
      ...options.window,
    });
  let workbench = await open();
  return {
    get workbench() {
      return workbench;
    },
    vscode,
    project,
    home,
    get panel() {
      return new Panel(workbench.chat());
    },
    read: (file) => readFileSync(join(project, file), "utf8"),
    becomes: (file, text) => becomes(join(project, file), text),
    async reopen() {
      await workbench.dispose();
      workbench = await open();
    },
    async [Symbol.asyncDispose]() {
      await workbench.dispose();
      await vscode.stop();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

async function becomes(path: string, text: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const now = () => (existsSync(path) ? readFileSync(path, "utf8") : null);
  const look = () => now() === text && resolve();
  const watcher = watch(dirname(path), look);
  look();
  try {
    await within(patienceMs, `${path} to be written`, promise);
  } catch {
    // Says in what they differ.
    assert.equal(now(), text);
  } finally {
    watcher.close();
  }
}

/** A fresh copy of the sample project and a fresh home, in one folder that the caller removes. */
export function prepareProject(options: Pick<StageOptions, "config" | "files"> = {}): {
  base: string;
  project: string;
  home: string;
} {
  // Below the home: the sandbox has a /tmp of its own.
  const parent = join(homedir(), ".cache", "belay", "stages");
  mkdirSync(parent, { recursive: true });
  const base = mkdtempSync(join(parent, "stage-"));
  const project = join(base, "shop");
  const home = join(base, "home");
  mkdirSync(home, { mode: 0o700 });
  if (options.files === null) mkdirSync(project);
  else cpSync(join(checkout, "test/fixtures/sample-project"), project, { recursive: true });
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(project, name), text);
  writeFileSync(join(home, "config.toml"), options.config ?? askEverything);
  return { base, project, home };
}

/** The rollout files of a home. */
export function rollouts(home: string): string[] {
  const threads = join(home, "threads");
  if (!existsSync(threads)) return [];
  return readdirSync(threads, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => join(threads, name));
}

/** The chat panel, by the accessible names that screen readers use too. */
export class Panel {
  readonly frame: FrameLocator;

  constructor(frame: FrameLocator) {
    this.frame = frame;
  }

  get composer(): Locator {
    return this.frame.getByRole("textbox", { name: "Message Belay" });
  }

  get thread(): Locator {
    return this.frame.getByRole("log", { name: "Thread" });
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole("button", { name, ...(typeof name === "string" ? { exact: true } : {}) });
  }

  approval(what: "run command" | "change files"): Locator {
    return this.frame.getByRole("group", { name: `Approval: ${what}` });
  }

  item(name: string | RegExp): Locator {
    return this.frame.getByRole("article", { name });
  }

  /** Waits for a question that can be answered: its buttons count only once a person had time to read it. */
  async ready(what: "run command" | "change files"): Promise<void> {
    await this.approval(what)
      .getByRole("button", { name: /^Approve(?! for)/, disabled: false })
      .waitFor();
  }

  async send(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.button(/^(Send|Steer)$/).click();
  }

  async approve(what: "run command" | "change files"): Promise<void> {
    await this.approval(what)
      .getByRole("button", { name: /^Approve(?! for)/ })
      .click();
  }
}
