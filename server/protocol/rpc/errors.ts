// Errors as they cross the wire: a code, a sentence, sometimes data. One named factory each.
// Texts and codes are those of the App Server protocol, section 2.5, so that clients that match on them work.
import type { ActiveWriter } from "../thread-saving.ts";
import type { ErrorBody } from "./messages.ts";

export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, options: { data?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RpcError";
    this.code = code;
    this.data = options.data;
  }

  toBody(): ErrorBody {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }
}

/** The connection ended while something waited for it. */
export class ConnectionClosed extends Error {
  constructor(reason: string) {
    super(`The connection is closed: ${reason}`);
    this.name = "ConnectionClosed";
  }
}

const INVALID_REQUEST = -32600;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
const SERVER_OVERLOADED = -32001;
const REQUEST_CANCELLED = -32800;

export const notInitialized = () => new RpcError(INVALID_REQUEST, "Not initialized");
export const alreadyInitialized = () => new RpcError(INVALID_REQUEST, "Already initialized");
export const invalidRequest = (detail: string) => new RpcError(INVALID_REQUEST, `Invalid request: ${detail}`);
export const unknownMethod = (method: string, known: readonly string[]) =>
  invalidRequest(`unknown variant \`${method}\`, expected one of ${known.map((name) => `\`${name}\``).join(", ")}`);
export const needsExperimentalApi = (what: string) =>
  new RpcError(INVALID_REQUEST, `${what} requires experimentalApi capability`);
export const threadNotFound = (threadId: string) => new RpcError(INVALID_REQUEST, `thread not found: ${threadId}`);
export const emptySectionName = () => new RpcError(INVALID_PARAMS, "section name must not be empty");
export const longSectionName = (chars: number, maxChars: number) =>
  new RpcError(INVALID_PARAMS, `the section name has ${chars} characters; it can have ${maxChars}`);
export const builtInSection = (what: "renamed" | "deleted") =>
  new RpcError(INVALID_PARAMS, `the built-in pinned section cannot be ${what}`);
export const sectionNotFound = (sectionId: string) =>
  new RpcError(INVALID_PARAMS, `thread section not found: ${sectionId}`);
export const noSuchSection = (sectionId: string) =>
  new RpcError(INVALID_REQUEST, `section ${sectionId} does not exist`);
export const beforeItself = (threadId: string) =>
  new RpcError(INVALID_REQUEST, `thread ${threadId} cannot be moved before itself`);
export const notInSection = (threadId: string, sectionId: string) =>
  new RpcError(INVALID_REQUEST, `before thread ${threadId} is not in section ${sectionId}`);
export const noSectionOfEphemeral = (threadId: string) =>
  new RpcError(INVALID_REQUEST, `ephemeral thread does not support section moves: ${threadId}`);
export const noOrderOfSections = () =>
  new RpcError(INVALID_REQUEST, "section-position sorting requires a section filter");
export const tooManyExcluded = (max: number) =>
  new RpcError(INVALID_PARAMS, `excludedThreadIds accepts at most ${max} entries`);
export const invalidExcluded = (threadId: string) =>
  new RpcError(INVALID_PARAMS, `invalid excluded thread id: ${JSON.stringify(threadId)} is not a UUID`);
export const emptySearch = () => new RpcError(INVALID_REQUEST, "thread/search requires a non-empty searchTerm");
export const threadNotLoaded = (threadId: string) => new RpcError(INVALID_REQUEST, `thread not loaded: ${threadId}`);
export const noRollout = (threadId: string) =>
  new RpcError(INVALID_REQUEST, `no rollout found for thread id ${threadId}`);
export const invalidThreadId = (threadId: string) =>
  new RpcError(INVALID_REQUEST, `invalid thread id: ${JSON.stringify(threadId)} is not a UUID`);
export const noTurnToInterrupt = () => new RpcError(INVALID_REQUEST, "no active turn to interrupt");
export const otherTurnActive = (expected: string, active: string) =>
  new RpcError(INVALID_REQUEST, `expected active turn id ${expected} but found ${active}`);
export const noTurnToSteer = () => new RpcError(INVALID_REQUEST, "no active turn to steer");
export const otherTurnSteered = (expected: string, active: string) =>
  new RpcError(INVALID_REQUEST, `expected active turn id \`${expected}\` but found \`${active}\``);
export const turnNotSteerable = (turnKind: "compact") => {
  const message = `cannot steer a ${turnKind} turn`;
  const codexErrorInfo = { activeTurnNotSteerable: { turnKind } };
  return new RpcError(INVALID_REQUEST, message, {
    data: { message, codexErrorInfo, additionalDetails: null, misalignment: null },
  });
};
export const compactionNotUndoable = (reason: string) =>
  new RpcError(INVALID_REQUEST, `this compaction cannot be taken back: ${reason}`);
export const queuedNotFound = (id: string) => new RpcError(INVALID_REQUEST, `queued submission not found: ${id}`);
export const queueFull = (max: number) =>
  new RpcError(INVALID_REQUEST, `queue cannot contain more than ${max} submissions`);
export const queueTooLarge = () =>
  new RpcError(INVALID_REQUEST, "the queue is too large to be kept: send some of it first, or use smaller pictures");
export const queueEmpty = () => new RpcError(INVALID_REQUEST, "queue is empty");
export const nothingToQueue = () =>
  new RpcError(INVALID_REQUEST, "only user input can be added to the user-message queue");
export const incompleteOrder = () =>
  new RpcError(INVALID_REQUEST, "queue reorder must include every queued submission exactly once");
export const turnIsPending = () => new RpcError(INVALID_REQUEST, "thread already has an active or pending turn");
export const queueNeedsThread = () =>
  new RpcError(INVALID_REQUEST, "resume the thread before starting a queued message");
export const noQueueOfEphemeral = (threadId: string) =>
  new RpcError(INVALID_REQUEST, `ephemeral thread does not support queued submissions: ${threadId}`);
export const noThreadOfQueue = (threadId: string) =>
  new RpcError(
    INTERNAL_ERROR,
    `failed to read thread: invalid thread-store request: no rollout found for thread id ${threadId}`,
  );
export const queueUnreadable = (path: string, cause: unknown) =>
  new RpcError(
    INTERNAL_ERROR,
    `the queued messages in ${path} cannot be read (${messageOf(cause)}); mend the file, or move it away to begin anew`,
    { cause },
  );
export const queueNotSaved = (reason: string) =>
  new RpcError(INTERNAL_ERROR, `the queue was not changed, because it could not be saved: ${reason}`);
export const turnNotFound = (turnId: string) => new RpcError(INVALID_REQUEST, `turn not found: ${turnId}`);
export const threadArchived = (threadId: string) =>
  new RpcError(
    INVALID_REQUEST,
    `session ${threadId} is archived. Take it out of the archive with thread/unarchive first.`,
  );
/** `belay.writer` in its data is ours: who that is, as far as it is known. */
export const activeWriter = (threadId: string, writer: ActiveWriter | null) =>
  new RpcError(INVALID_REQUEST, `thread ${threadId} already has an active writer`, { data: { belay: { writer } } });
/** The thread takes no more, because it cannot be saved. */
export const notSaved = (sentence: string) => new RpcError(INVALID_REQUEST, sentence);
export const noTurnsOfEphemeral = () => new RpcError(INVALID_REQUEST, "ephemeral threads do not support includeTurns");
export const noRevertOfEphemeral = () =>
  new RpcError(INVALID_REQUEST, "ephemeral threads do not support thread/revert");
export const unknownProfile = (id: string) =>
  new RpcError(
    INVALID_REQUEST,
    `failed to load configuration: default_permissions refers to unknown built-in profile \`${id}\``,
  );
export const permissionsTwice = (member: string) =>
  new RpcError(INVALID_REQUEST, `\`permissions\` cannot be combined with \`${member}\``);
export const invalidInput = (sentence: string) => new RpcError(INVALID_REQUEST, sentence);
export const remoteImage = () =>
  new RpcError(INVALID_REQUEST, "remote image URLs are not supported; use an inline data URL instead");
export const inputTooLarge = (maxChars: number, actualChars: number) =>
  new RpcError(INVALID_PARAMS, `Input exceeds the maximum length of ${maxChars} characters.`, {
    data: { input_error_code: "input_too_large", max_chars: maxChars, actual_chars: actualChars },
  });
export const invalidCursor = () => invalidRequest("the cursor is not one this method gave out");
export const invalidPage = (message: string) => new RpcError(INVALID_REQUEST, message);
export const configWriteRefused = (
  code: "configVersionConflict" | "configValidationError" | "configLayerReadonly",
  message: string,
) => new RpcError(INVALID_REQUEST, message, { data: { config_write_error_code: code } });
export const configUnreadable = (place: string) =>
  new RpcError(INTERNAL_ERROR, `failed to load configuration: ${place}`);
export const configNotWritten = (reason: string) =>
  new RpcError(INTERNAL_ERROR, `the configuration was not written: ${reason}`);
export const providerNotConfigured = (modelProvider: string) =>
  new RpcError(
    INVALID_REQUEST,
    `There is no model provider "${modelProvider}". Describe it under [model_providers.${modelProvider}] in config.toml, or name another.`,
    { data: { type: "modelProviderNotConfigured", modelProvider } },
  );
export const loginRefused = (message: string) => new RpcError(INVALID_REQUEST, message);
export const missingFolder = (cwd: string) =>
  invalidRequest(`the folder ${cwd} does not exist; open or create it, or start a thread elsewhere`);
/** `data` says which one it is, so that a client can offer another. */
export const goneFolder = (cwd: string) =>
  new RpcError(
    INVALID_REQUEST,
    `the folder of this thread is not there any more: ${cwd}. Bring it back, or go on elsewhere: give another cwd.`,
    { data: { missingFolder: cwd } },
  );
/** Of a refusal as above; null for any other. */
export function missingFolderOf(error: unknown): string | null {
  const data = error instanceof RpcError ? error.data : null;
  const folder = typeof data === "object" && data !== null && "missingFolder" in data ? data.missingFolder : null;
  return typeof folder === "string" ? folder : null;
}
/** What the operating system said, as `osErrorText` has it. */
export const osError = (text: string, cause: unknown) => new RpcError(INTERNAL_ERROR, text, { cause });
export const nulInPath = () => new RpcError(INVALID_REQUEST, "file name contained an unexpected NUL byte");
export const notAFile = (path: string) => new RpcError(INVALID_REQUEST, `path \`${path}\` is not a file`);
export const fileTooLarge = (maxBytes: number) =>
  new RpcError(INVALID_REQUEST, `file is too large to read: limit is ${maxBytes} bytes`);
export const invalidBase64 = (method: string, reason: string) =>
  new RpcError(INVALID_REQUEST, `${method} requires valid base64 dataBase64: ${reason}`);
export const copyRefused = (reason: string) => new RpcError(INVALID_REQUEST, `fs/copy ${reason}`);
export const rootIsKept = (path: string) =>
  new RpcError(INVALID_REQUEST, `fs/remove does not remove \`${path}\`, the root of a file system`);
export const watchExists = (watchId: string) => new RpcError(INVALID_REQUEST, `watchId already exists: ${watchId}`);
export const searchNotFound = (sessionId: string) =>
  new RpcError(INVALID_REQUEST, `fuzzy file search session not found: ${sessionId}`);
export const searchNeedsId = () => new RpcError(INVALID_REQUEST, "sessionId must not be empty");
export const searchNeedsRoots = () =>
  new RpcError(INTERNAL_ERROR, "failed to start fuzzy file search session: at least one search directory is required");
export const tooManySearches = (max: number) =>
  new RpcError(
    INVALID_REQUEST,
    `A client may have ${max} fuzzy file search sessions at a time. End one with fuzzyFileSearch/sessionStop first.`,
  );
export const noActiveCommand = (processId: string) =>
  invalidCommandRequest(`no active command/exec for process id ${JSON.stringify(processId)}`);
export const invalidCommandRequest = (text: string) => new RpcError(INVALID_REQUEST, text);
export const invalidCommandOption = (text: string) => new RpcError(INVALID_PARAMS, text);
export const commandNotStarted = (cause: string) => new RpcError(INTERNAL_ERROR, `failed to spawn command: ${cause}`);
export const commandNotRunning = (itemId: string) =>
  new RpcError(INVALID_REQUEST, `the command ${itemId} does not run: it has ended, or was not started yet`);
export const commandTakesNoInput = () =>
  new RpcError(INVALID_REQUEST, "the command has no terminal, so its input is empty; it can only be stopped");
export const commandNotResized = (reason: string) =>
  new RpcError(INVALID_REQUEST, `the terminal was not resized: ${reason}`);
export const invalidProcessId = (processId: string) =>
  new RpcError(INVALID_REQUEST, `invalid background terminal process id: ${JSON.stringify(processId)} is not a number`);
export const requestCancelled = (method: string) =>
  new RpcError(REQUEST_CANCELLED, `${method} was cancelled by the client`);
/** Nothing was done; the client tries again a little later. */
export const serverOverloaded = () => new RpcError(SERVER_OVERLOADED, "Server overloaded; retry later.");
/** What everything unforeseen becomes on the wire; the stack goes to the log. */
export const internalError = (method: string, cause: unknown) =>
  new RpcError(INTERNAL_ERROR, `${method} failed inside Belay: ${messageOf(cause)}`, { cause });

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
