// Which model answers: from the configuration to a Model. The table of providers that need no configuration is here.
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config, ProviderConfig } from "../config/schema.ts";
import type { Model as ListedModel } from "../protocol/model.ts";
import type { Model, ModelFailure } from "./model.ts";
import { responsesModel } from "./responses.ts";
import { SCRIPTED_MODEL_NAME, scriptedModel } from "./scripted.ts";

const SCRIPTED = "scripted";
const DEFAULT_MODEL = "gpt-5.5";
const SCRIPTED_MODEL = "scripted";

const builtIn: Record<string, Partial<ProviderConfig>> = {
  openai: { name: "OpenAI", base_url: "https://api.openai.com/v1", env_key: "OPENAI_API_KEY" },
  [SCRIPTED]: { name: "Scripted" },
};

export interface ModelSource {
  config: Config;
  /** Relative paths in the configuration are relative to it. */
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Keys by provider, from the editor's secret storage. They win over the environment. */
  apiKeys: Readonly<Record<string, string>>;
}

/** The model id that is used when nobody chose one. */
export function defaultModel({ config }: ModelSource): string {
  if (isScripted(config.model_provider)) return SCRIPTED_MODEL;
  return config.model ?? DEFAULT_MODEL;
}

export function isScripted(provider: string): boolean {
  return provider === SCRIPTED;
}

/** The truth about the configured provider: what can be chosen is what is configured. */
export function listModels(source: ModelSource): ListedModel[] {
  const provider = source.config.model_provider;
  const model = defaultModel(source);
  const scripted = isScripted(provider);
  const providerName = source.config.model_providers[provider]?.name ?? builtIn[provider]?.name ?? provider;
  return [
    {
      id: `${provider}/${model}`,
      model,
      displayName: scripted ? SCRIPTED_MODEL_NAME : model,
      description: scripted ? "Plays a written script. No AI answers, nothing leaves this machine." : providerName,
      hidden: false,
      isDefault: true,
      modelProvider: provider,
      scripted,
      missing: keyOf(source, provider).isMissing ? "apiKey" : null,
    },
  ];
}

/** Never throws: a provider that cannot be used is a model whose every answer says why. */
export function selectModel(source: ModelSource, provider: string): Model {
  const configured = own(source.config.model_providers, provider);
  const preset = own(builtIn, provider);
  if (configured === undefined && preset === undefined) {
    const message = `There is no model provider "${provider}". Describe it under [model_providers.${provider}] in config.toml, or correct model_provider.`;
    return failingModel({ message, info: "other", details: null });
  }
  if (isScripted(provider)) return scriptedModel(resolve(source.home, configured?.script ?? demoScriptPath()));
  const baseUrl = configured?.base_url ?? preset?.base_url;
  if (baseUrl === undefined) {
    const message = `The model provider "${provider}" has no base_url. Add it under [model_providers.${provider}] in config.toml.`;
    return failingModel({ message, info: "other", details: null });
  }
  if (configured?.wire_api === "chat") {
    const message = `The model provider "${provider}" is set to wire_api = "chat", which this version does not speak yet. Use a provider with the Responses API.`;
    return failingModel({ message, info: "other", details: null });
  }
  const envKey = configured?.env_key ?? preset?.env_key ?? null;
  return responsesModel({
    name: configured?.name ?? preset?.name ?? provider,
    baseUrl: baseUrl.replace(/\/+$/, ""),
    envKey,
    apiKey: keyOf(source, provider).key,
    headers: { ...configured?.http_headers, ...headersFromEnv(configured, source.env) },
    query: configured?.query_params ?? {},
    maxRetries: configured?.request_max_retries ?? 2,
    idleTimeoutMs: configured?.stream_idle_timeout_ms ?? 300_000,
  });
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

/** An empty variable is as good as none. */
function keyOf(source: ModelSource, provider: string): { key: string | null; isMissing: boolean } {
  const envKey = own(source.config.model_providers, provider)?.env_key ?? own(builtIn, provider)?.env_key ?? null;
  const key = own(source.apiKeys, provider) || (envKey === null ? "" : source.env[envKey]) || null;
  return { key, isMissing: key === null && envKey !== null };
}

function headersFromEnv(configured: ProviderConfig | undefined, env: ModelSource["env"]): Record<string, string> {
  const named = Object.entries(configured?.env_http_headers ?? {});
  return Object.fromEntries(named.flatMap(([header, name]) => (env[name] ? [[header, env[name]]] : [])));
}

function failingModel(failure: ModelFailure): Model {
  return {
    async *stream() {
      yield { type: "failed", failure };
    },
  };
}

/** Beside this file in the sources; beside the bundle when built. */
function demoScriptPath(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return resolve(here, basename(here) === "server" ? "../demo-script.json" : "demo-script.json");
}
