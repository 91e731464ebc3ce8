// Requests about the configuration.
import { isAbsolute, resolve } from "node:path";
import { applyEdits, parseKeyPath } from "../config/edits.ts";
import { describeConfig, overridden, versionOf } from "../config/layers.ts";
import { type ConfigWarning, readConfigFile } from "../config/load.ts";
import type { ConfigSource } from "../config/source.ts";
import { lockOwnFile, replaceOwnFile } from "../files/own-file.ts";
import type { ConfigEdit, ConfigWriteResponse } from "../protocol/config.ts";
import type { clientRequests, ServerNotification } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import {
  configNotWritten,
  configUnreadable,
  configWriteRefused,
  invalidInput,
  messageOf,
} from "../protocol/rpc/errors.ts";
import type { Caller } from "./caller.ts";

/** Each read of it is whole, and is held in memory. */
const maxConfigBytes = 10 * 1024 * 1024;

type ConfigMethods = "config/read" | "config/value/write" | "config/batchWrite" | "configRequirements/read";

interface Write {
  edits: readonly ConfigEdit[];
  filePath?: string | null | undefined;
  expectedVersion?: string | null | undefined;
}

const MAX_EDITS = 100;

/** `tellAll`: every client, whoever caused it. `refreshed`: the file has been read again; what it has to warn of. */
export function configHandlers(
  source: ConfigSource,
  tellAll: (notification: ServerNotification) => void,
  refreshed: () => ConfigWarning[],
): Pick<Handlers<typeof clientRequests, Caller>, ConfigMethods> {
  // One write at a time: each builds on what the one before has left.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
  const refresh = async () => {
    for (const params of [...(await source.refresh()), ...refreshed()]) tellAll({ method: "configWarning", params });
  };
  const write = (params: Write) =>
    inTurn(async (): Promise<ConfigWriteResponse> => {
      // Other servers on this home do the same.
      const lock = await lockOwnFile(source.path).catch((error: unknown) => {
        throw configNotWritten(messageOf(error));
      });
      await writeEdits(source.path, params).finally(() => lock.release());
      await refresh();
      const paths = params.edits.map(({ keyPath }) => parseKeyPath(keyPath));
      const overriddenMetadata = overridden(source.loaded, paths);
      const user = source.loaded.layers.find(({ name }) => name.type === "user");
      return {
        status: overriddenMetadata === null ? "ok" : "okOverridden",
        version: user?.version ?? versionOf({}),
        filePath: source.path,
        overriddenMetadata,
      };
    });
  return {
    // What somebody has written into the file by hand counts from here on, so that the answer is true.
    "config/read": ({ includeLayers }) =>
      inTurn(async () => {
        await refresh();
        return describeConfig(source.loaded, { includeLayers: includeLayers ?? false });
      }),
    "config/value/write": ({ filePath, expectedVersion, ...edit }) =>
      write({ edits: [edit], filePath, expectedVersion }),
    "config/batchWrite": write,
    async "configRequirements/read"() {
      return { supportsIndependentSpeedModes: false, requirements: null };
    },
  };
}

/** Throws RpcError, and then nothing is written. */
async function writeEdits(path: string, { edits, filePath, expectedVersion }: Write): Promise<void> {
  if (edits.length > MAX_EDITS) {
    throw invalidInput(`${edits.length} edits are too many for one request. Send at most ${MAX_EDITS} at a time.`);
  }
  if (filePath && !(isAbsolute(filePath) && resolve(filePath) === path)) {
    throw configWriteRefused("configLayerReadonly", "Only writes to the user config are allowed");
  }
  const { text, values, trouble } = await readConfigFile(path);
  if (trouble !== null) throw configUnreadable(trouble.place);
  if (expectedVersion && expectedVersion !== versionOf(values)) {
    const message = "Configuration was modified since last read. Fetch latest version and retry.";
    throw configWriteRefused("configVersionConflict", message);
  }
  const target = applyEdits(values, edits);
  const edited = await edit(text ?? "", target);
  if (edited === (text ?? "")) return;
  if (Buffer.byteLength(edited) > maxConfigBytes) {
    const message = `The configuration would be larger than ${maxConfigBytes >> 20} MB. Nothing was written; write less.`;
    throw configWriteRefused("configValidationError", message);
  }
  const written = await replaceOwnFile(path, text, edited);
  if (!written.ok) throw configNotWritten(written.message);
}

async function edit(text: string, target: Record<string, unknown>): Promise<string> {
  const { editToml } = await import("../config/toml-edit.ts");
  try {
    return editToml(text, target);
  } catch (error) {
    const reason = messageOf(error).split("\n")[0];
    throw configWriteRefused("configValidationError", `The value cannot be written into the file: ${reason}`);
  }
}
