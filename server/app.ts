// The composition root: builds the parts and hands them down. One app serves all connections of a process.
import { arch, homedir } from "node:os";
import { type ConfigWarning, overlaid, type Overrides } from "./config/load.ts";
import { ConfigSource } from "./config/source.ts";
import { DocumentView } from "./files/document-view.ts";
import { lives, ownIdentity, ownPlace } from "./exec/process-identity.ts";
import { editorRootVariable, terminals } from "./exec/terminals.ts";
import { readGitInfo } from "./files/git-info.ts";
import type { EditPort } from "./files/writer.ts";
import { lockOwnFile, replaceOwnFile } from "./files/own-file.ts";
import { accountHandlers } from "./handlers/account.ts";
import type { Caller } from "./handlers/caller.ts";
import { commandHandlers } from "./handlers/command.ts";
import { ruleHandlers } from "./handlers/rule.ts";
import { sandboxHandlers, sandboxWarnings } from "./handlers/sandbox.ts";
import { later } from "./handlers/later.ts";
import { configHandlers } from "./handlers/config.ts";
import { modelHandlers } from "./handlers/model.ts";
import { permissionHandlers } from "./handlers/permission.ts";
import { threadHandlers } from "./handlers/thread.ts";
import { threadCareHandlers } from "./handlers/thread-care.ts";
import { threadSectionHandlers } from "./handlers/thread-section.ts";
import { threadListHandlers } from "./handlers/thread-list.ts";
import { turnHandlers } from "./handlers/turn.ts";
import { readInstructions } from "./instructions/agents-md.ts";
import type { FileChanges } from "./journal/file-changes.ts";
import { defaultModel, listedModel } from "./model/list.ts";
import { findProvider, type ModelSource, secretNames } from "./model/providers.ts";
import { selectModel } from "./model/select.ts";
import { openStoredKey } from "./model/stored-key.ts";
import { type RunInTerminalParams, RunInTerminalResult } from "./protocol/command.ts";
import type { clientRequests, ServerNotification } from "./protocol/methods.ts";
import type { Handlers } from "./protocol/rpc/dispatch.ts";
import { messageOf } from "./protocol/rpc/errors.ts";
import type { Log } from "./thread/deps.ts";
import { Clients } from "./thread/clients.ts";
import { RuleStore } from "./thread/rule-store.ts";
import { initialSettings, sandboxFromMode } from "./thread/settings.ts";
import { ThreadStore } from "./thread/thread-store.ts";
import { deniedPlaces } from "./tools/denied-places.ts";
import { commandRunner } from "./tools/execute.ts";

export interface AppOptions {
  /** BELAY_HOME, absolute. */
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  platform: NodeJS.Platform;
  version: string;
  /** Lowest first: the editor's settings, then `-c`. */
  overrides: readonly Overrides[];
  apiKeys: Readonly<Record<string, string>>;
  /** The process outlives its clients, so that questions wait for one that comes back. */
  clientsReturn: boolean;
  /** Names our requests to clients, uniquely in the process. */
  nextRequestId(): number;
  /** Names threads, turns and items: a UUID of version 7. */
  newId(): string;
  log: Log;
}

/** An editor that applies edits to its own buffers. */
export interface EditorPort extends EditPort {
  /** Null: it has no shells of the person's own. Rejects like `applyEdit`. */
  runInTerminal: ((command: RunInTerminalParams, signal: AbortSignal) => Promise<unknown>) | null;
}

export interface App {
  readonly options: AppOptions;
  /** About the configuration as it stands. */
  readonly warnings: readonly ConfigWarning[];
  readonly documents: DocumentView;
  readonly store: ThreadStore;
  /** Who is connected. */
  readonly clients: Clients;
  /** All of the protocol but the handshake, which is the door's. */
  readonly handlers: Omit<Handlers<typeof clientRequests, Caller>, "initialize">;
  /** From now on edits go through this editor, and a person's own shells are its; null: to the disk, and there are none. */
  connectEditor(port: EditorPort | null): void;
  /** Interrupts what runs and waits for it. */
  close(): Promise<void>;
}

/** A start is over by then. */
const PROBE_AFTER_MS = 1_000;
/** The model has been asked by then: looking at a workspace costs nothing while it thinks. A command looks itself. */
const LOOK_AFTER_MS = 150;

export async function createApp(options: AppOptions): Promise<App> {
  const { home, env, log } = options;
  const [config, storedKey] = await Promise.all([
    ConfigSource.open(home, options.overrides),
    openStoredKey(home, { lock: lockOwnFile, replace: replaceOwnFile }),
  ]);
  const documents = new DocumentView();
  const models: ModelSource = {
    home,
    env,
    apiKeys: options.apiKeys,
    get config() {
      return config.current;
    },
    get catalog() {
      return config.loaded.catalog;
    },
    get storedKey() {
      return storedKey.get();
    },
  };
  const homes = { userHome: homedir() || null, belayHome: home };
  const containerIsSandbox = () => config.current.container_is_sandbox;
  const { platform } = options;
  const editorRoot = env[editorRootVariable];
  const ripgrepPlaces = { platform, arch: arch(), path: env["PATH"] ?? "", editorRoot };
  const findTerminals = terminals(platform, editorRoot);
  const runner = commandRunner({
    ...{ platform, env, ...homes, containerIsSandbox },
    secretNames: () => secretNames(models),
    terminals: findTerminals,
  });
  const { sandbox } = runner;
  const { nextRequestId } = options;
  const clients = new Clients();
  const tellAll = (notification: ServerNotification) => clients.tell(notification);
  const ownFiles = { lock: lockOwnFile, replace: replaceOwnFile };
  const rules = new RuleStore(home, ownFiles);
  sandbox.onChange((params) => tellAll({ method: "belay/sandbox/updated", params }));
  // Who asks earlier is answered earlier. Until then it would only be in the way of the first thread.
  const probing = setTimeout(() => void sandbox.status(), PROBE_AFTER_MS);
  probing.unref();
  let editor: EditorPort | null = null;
  let isClosing = false;
  let fileWork: Promise<FileChanges> | null = null;
  const loadFileWork = async () => {
    const { FileChanges } = await import("./journal/file-changes.ts");
    return new FileChanges({
      ...{ belayHome: home, userHome: homes.userHome, documents, newId: options.newId, tellAll, log },
      editor: () => editor,
      isKept: () => config.current.journal,
      maxBytes: () => config.current.journal_max_bytes,
    });
  };
  const changes = () => (fileWork ??= loadFileWork());
  const misplaced = () => sandboxWarnings(sandbox, config.current, config.path);
  const instructions = (folders: readonly string[]) =>
    readInstructions({ home, folders }, config.current.project_doc_max_bytes);
  const store = new ThreadStore({
    clients,
    ownFiles,
    writers: { owner: ownIdentity(), isAlive: lives, place: ownPlace(), client: () => clients.firstName() },
    home,
    version: options.version,
    defaultCwd: options.cwd,
    defaultModel: (own) => {
      // The catalog lists the models of the provider in use.
      const isListed = own.model_provider === config.current.model_provider;
      return defaultModel({ config: own, catalog: isListed ? models.catalog : [] });
    },
    isProvider: (id) => findProvider(models, id) !== null,
    configWith: (overrides) => overlaid(config.current, overrides),
    readGitInfo,
    thread: {
      userHome: homes.userHome,
      get config() {
        return config.current;
      },
      files: {
        read: (path, permits) => documents.read(path, permits),
        readPart: (path, range, permits) => documents.readPart(path, range, permits),
        search: async (request) =>
          (await import("./files/search-as-seen.ts")).searchAsSeen(request, { documents, places: ripgrepPlaces }),
        list: async (request) => (await import("./files/list-folder.ts")).listFolder(request),
        unsaved: (root) => documents.unsaved(root),
        realTarget: (path) => documents.realTarget(path),
        realFolder: (path) => documents.realFolder(path),
        deniedTo: deniedPlaces(homes),
      },
      shell: "bash",
      platform: options.platform,
      selectModel: (provider) => selectModel(models, provider),
      listedModel: (provider, model) => listedModel(models, provider, model),
      readInstructions: instructions,
      sandboxUnavailable: (policy) => sandbox.unavailable(policy),
      containerIsSandbox: () => sandbox.containerIsSandbox(),
      hasTerminals: async () => (await findTerminals()).kind === "available",
      start: (request) => runner.start(request),
      write: async (...change) => (await changes()).write(...change),
      journal: async (cwd) => (await changes()).journal.workspace(cwd),
      capture: async (folders, ids, signal) =>
        (await changes()).captures.begin(folders, { kind: "command", ...ids, of: [] }, signal),
      expectCommands: (folders) => {
        const look = async () => void (isClosing || (await changes()).captures.warm(folders));
        setTimeout(() => void look(), LOOK_AFTER_MS).unref();
      },
      rules,
      get runInTerminal() {
        const run = editor?.runInTerminal ?? null;
        return run === null
          ? null
          : (command: RunInTerminalParams, signal: AbortSignal) => inTerminal(run(command, signal), signal);
      },
      clientsReturn: options.clientsReturn,
      nextRequestId,
      newId: options.newId,
      now: Date.now,
      log,
    },
  });

  const loadReview = async () => {
    const { reviewHandlers } = await import("./handlers/review.ts");
    return reviewHandlers({ workspaces: await (await changes()).workspaces(), threads: store, cwd: options.cwd });
  };
  const loadQueue = async () => (await import("./handlers/queue.ts")).queueHandlers(store, options.newId);
  return {
    options,
    get warnings() {
      return [...config.loaded.warnings, ...misplaced()];
    },
    documents,
    store,
    clients,
    handlers: {
      ...threadListHandlers(store, async () =>
        // None that lies in the folder that the server was started in, which may be anybody's.
        (await import("./files/ripgrep.ts")).findRipgrep(ripgrepPlaces, [options.cwd]),
      ),
      ...threadSectionHandlers(store, clients, options.newId),
      ...threadCareHandlers(store, clients, async (threadId) => {
        const { journal } = await changes();
        await journal.forget(threadId).catch((error: unknown) => log("warning", messageOf(error), error));
      }),
      ...threadHandlers(store, clients, async (folders) => (await instructions(folders)).map(({ path }) => path)),
      ...turnHandlers(store),
      ...later("thread/queue/", loadQueue),
      ...later("belay/queue/", loadQueue),
      ...later("fs/", async () => (await import("./handlers/fs.ts")).fsHandlers()),
      ...later("fuzzyFileSearch", async () =>
        (await import("./handlers/file-search.ts")).fileSearchHandlers(options.cwd),
      ),
      ...later("command/exec", async () => {
        const { commandExecHandlers } = await import("./handlers/command-exec.ts");
        return commandExecHandlers({
          runner,
          terminals: findTerminals,
          cwd: options.cwd,
          policyOf: (mode) => sandboxFromMode(mode, config.current),
          defaultMode: () => config.current.sandbox_mode,
        });
      }),
      ...modelHandlers(models, () => config.isOverridden("model_provider")),
      ...configHandlers(config, tellAll, () => (sandbox.configured() ? misplaced() : [])),
      ...accountHandlers(models, storedKey, tellAll),
      ...permissionHandlers(),
      ...commandHandlers(store),
      ...ruleHandlers({
        rules,
        threads: store,
        defaults: () => initialSettings(config.current, "", options.cwd),
        sandboxUnavailable: (policy) => sandbox.unavailable(policy),
      }),
      ...sandboxHandlers(sandbox),
      ...later("belay/review/", loadReview),
      ...later("belay/files/", loadReview),
      ...later("belay/journal/", async () => {
        const { journalHandlers } = await import("./handlers/journal.ts");
        return journalHandlers((await changes()).journal, () => config.current.journal_max_bytes);
      }),
    },
    connectEditor(port) {
      editor = port;
      if (port === null) documents.clear();
    },
    async close() {
      isClosing = true;
      clearTimeout(probing);
      await store.live.stopAll();
      if (fileWork !== null) await (await fileWork).journal.close();
    },
  };
}

/** A shell that cannot be heard of any more ran the command, or did not: nobody knows. */
async function inTerminal(answer: Promise<unknown>, signal: AbortSignal): Promise<RunInTerminalResult> {
  try {
    return RunInTerminalResult.parse(await answer);
  } catch (error) {
    const problem = signal.aborted ? "the turn was stopped while it ran in the user's shell" : messageOf(error);
    return { ran: true, exitCode: null, output: null, problem };
  }
}
