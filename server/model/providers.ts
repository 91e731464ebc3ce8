// Who can answer: the providers of the configuration and those that need none, and their keys.
import type { CatalogModel } from "../config/catalog.ts";
import type { Config, ProviderConfig } from "../config/schema.ts";

export const OPENAI = "openai";
const SCRIPTED = "scripted";

const builtIn: Record<string, Partial<ProviderConfig>> = {
  [OPENAI]: { name: "OpenAI", base_url: "https://api.openai.com/v1", env_key: "OPENAI_API_KEY" },
  [SCRIPTED]: { name: "Scripted" },
};

/** As it stands when somebody looks: the configuration and the stored key change while the process lives. */
export interface ModelSource {
  readonly config: Config;
  /** The models of the provider in use, if somebody has listed them. */
  readonly catalog: readonly CatalogModel[];
  /** Relative paths in the configuration are relative to it. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Keys by provider, from the editor's secret storage. They win over all others. */
  readonly apiKeys: Readonly<Record<string, string>>;
  /** The key somebody has signed in with, for OpenAI alone. It wins over the environment. */
  readonly storedKey: string | null;
}

export interface Provider {
  readonly configured: ProviderConfig | undefined;
  readonly name: string;
  readonly baseUrl: string | null;
  readonly envKey: string | null;
}

/** Null: nobody has described it. */
export function findProvider({ config }: Pick<ModelSource, "config">, id: string): Provider | null {
  const configured = own(config.model_providers, id);
  const preset = own(builtIn, id);
  if (configured === undefined && preset === undefined) return null;
  return {
    configured,
    name: configured?.name ?? preset?.name ?? id,
    baseUrl: configured?.base_url ?? preset?.base_url ?? null,
    envKey: configured?.env_key ?? preset?.env_key ?? null,
  };
}

/** By name. */
export function providerIds({ config }: Pick<ModelSource, "config">): string[] {
  return [...new Set([...Object.keys(builtIn), ...Object.keys(config.model_providers)])].toSorted();
}

export function isScripted(provider: string): boolean {
  return provider === SCRIPTED;
}

/** An empty variable is as good as none. */
export function keyOf(source: ModelSource, id: string): { key: string | null; isMissing: boolean } {
  const envKey = findProvider(source, id)?.envKey ?? null;
  const stored = id === OPENAI ? source.storedKey : null;
  const key = own(source.apiKeys, id) || stored || (envKey === null ? "" : source.env[envKey]) || null;
  return { key, isMissing: key === null && envKey !== null };
}

/** The environment variables that hold a key or a header's value for any provider: no command may see them. */
export function secretNames({ config }: Pick<ModelSource, "config">): string[] {
  const providers = [...Object.values(builtIn), ...Object.values(config.model_providers)];
  return providers.flatMap(({ env_key, env_http_headers }) => [
    ...(env_key === undefined ? [] : [env_key]),
    ...Object.values(env_http_headers ?? {}),
  ]);
}

/** A provider may be named like a property that every object has. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
