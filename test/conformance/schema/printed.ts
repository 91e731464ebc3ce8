// The schema that the original prints of itself, kept in the cache, and what it says about each method.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { cacheDir } from "../../../.ci/setup-vscode.mjs";
import { ensureNativeCodex } from "../../support/native-codex.ts";

export interface JsonSchema {
  readonly [key: string]: unknown;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly oneOf?: readonly JsonSchema[];
}

/** What the original speaks: each method with the schemas of what is sent and of what is answered. */
export interface PrintedSchema {
  readonly version: string;
  readonly clientRequests: ReadonlyMap<string, Method>;
  readonly serverRequests: ReadonlyMap<string, Method>;
  readonly notifications: ReadonlyMap<string, JsonSchema>;
  readonly clientNotifications: ReadonlyMap<string, JsonSchema>;
  /** Only for clients with `experimentalApi`. */
  readonly experimentalMethods: ReadonlySet<string>;
  /** Of methods for everybody: the members of their params that are only for those clients. */
  readonly experimentalMembers: ReadonlyMap<string, readonly string[]>;
}

interface Method {
  /** Of the whole message, so that it says whether params may be left out. */
  readonly request: JsonSchema;
  readonly response: JsonSchema;
}

/** Throws an Error with cause and cure when it cannot be had. */
export async function printedSchema(): Promise<PrintedSchema> {
  const { binary, version } = await ensureNativeCodex();
  const all = await print(binary, path.join(cacheDir(), `codex-${version}-schema-experimental`), ["--experimental"]);
  const stable = await print(binary, path.join(cacheDir(), `codex-${version}-schema-stable`), []);
  const clientRequests = methodsIn(all, "ClientRequest.json");
  const stableRequests = messagesIn(stable, "ClientRequest.json");
  return {
    version,
    clientRequests,
    serverRequests: methodsIn(all, "ServerRequest.json"),
    notifications: messagesIn(all, "ServerNotification.json"),
    clientNotifications: messagesIn(all, "ClientNotification.json"),
    experimentalMethods: new Set([...clientRequests.keys()].filter((name) => !stableRequests.has(name))),
    experimentalMembers: new Map(
      [...stableRequests].map(([name, message]) => {
        const known = membersOf(message);
        return [name, membersOf(clientRequests.get(name)?.request ?? {}).filter((member) => !known.includes(member))];
      }),
    ),
  };
}

/** The folder with the schema files; printed once. */
async function print(binary: string, target: string, flags: readonly string[]): Promise<string> {
  if (existsSync(target)) return target;
  const partial = `${target}.partial-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    await promisify(execFile)(binary, ["app-server", "generate-json-schema", ...flags, "--out", partial]);
    renameSync(partial, target);
  } catch (error) {
    // Another run may have been faster.
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return target;
}

/** Method name to the schema of the whole message, from a file that is one big choice between messages. */
function messagesIn(folder: string, file: string): Map<string, JsonSchema> {
  const { definitions = {}, oneOf = [] } = read(path.join(folder, file));
  return new Map(
    oneOf.map((message) => [methodOf(message), { $schema: draft, definitions, ...message } satisfies JsonSchema]),
  );
}

function methodsIn(folder: string, file: string): Map<string, Method> {
  const files = new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => [path.basename(name, ".json"), name]),
  );
  const find = (method: string, message: JsonSchema): JsonSchema => {
    const name = responseNames[method] ?? `${stemOf(method, message)}Response`;
    const found = files.get(name);
    if (found === undefined) throw new Error(`${method}: there is no ${name}.json. Name its answer in responseNames.`);
    return read(path.join(folder, found));
  };
  return new Map(
    [...messagesIn(folder, file)].map(([method, request]) => [
      method,
      {
        request,
        get response() {
          return find(method, request);
        },
      },
    ]),
  );
}

/** The members of a message's params. */
export function membersOf({ properties, definitions }: JsonSchema): string[] {
  const reference = (properties as { params?: { $ref?: string } } | undefined)?.params?.$ref;
  const params = definitions?.[reference?.split("/").at(-1) ?? ""];
  return Object.keys((params?.["properties"] as Record<string, unknown> | undefined) ?? {});
}

/** "ThreadStart" of a message whose params are ThreadStartParams. */
function stemOf(method: string, { properties }: JsonSchema): string {
  const { params } = properties as { params?: JsonSchema };
  const reference = JSON.stringify(params ?? null).match(/#\/definitions\/(\w+?)Params"/);
  // Methods without params are named for themselves: "configRequirements/read" has ConfigRequirementsReadResponse.
  return reference?.[1] ?? method.split("/").map(capital).join("");
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Where the answer is not named for its params. */
const responseNames: Readonly<Record<string, string>> = {
  "account/logout": "LogoutAccountResponse",
  "config/value/write": "ConfigWriteResponse",
  "config/batchWrite": "ConfigWriteResponse",
};

const draft = "http://json-schema.org/draft-07/schema#";

function methodOf({ properties }: JsonSchema): string {
  return (properties as { method: { enum: [string] } }).method.enum[0];
}

function read(file: string): JsonSchema {
  return JSON.parse(readFileSync(file, "utf8")) as JsonSchema;
}
