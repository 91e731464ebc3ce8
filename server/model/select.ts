// Which model answers: from the configuration to a Model.
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ProviderConfig } from "../config/schema.ts";
import type { Model, ModelFailure } from "./model.ts";
import { findProvider, isScripted, keyOf, type ModelSource, OPENAI } from "./providers.ts";
import { responsesModel } from "./responses.ts";
import { retryingModel } from "./retry.ts";
import { scriptedModel } from "./scripted.ts";

/** Never throws: a provider that cannot be used is a model whose every answer says why. */
export function selectModel(source: ModelSource, provider: string): Model {
  const found = findProvider(source, provider);
  if (found === null) {
    const message = `There is no model provider "${provider}". Describe it under [model_providers.${provider}] in config.toml, or correct model_provider.`;
    return failingModel({ message, info: "other", details: null });
  }
  const { configured, name, baseUrl, envKey } = found;
  const settings = configured ?? ProviderConfig.parse({});
  const retries = {
    requestRetries: settings.request_max_retries,
    streamRetries: settings.stream_max_retries,
    baseDelayMs: settings.retry_base_delay_ms,
  };
  if (isScripted(provider)) {
    return retryingModel(scriptedModel(resolve(source.home, settings.script ?? demoScriptPath())), retries);
  }
  if (baseUrl === null) {
    const message = `The model provider "${provider}" has no base_url. Add it under [model_providers.${provider}] in config.toml.`;
    return failingModel({ message, info: "other", details: null });
  }
  if (configured?.wire_api === "chat") {
    const message = `The model provider "${provider}" is set to wire_api = "chat", which this version does not speak yet. Use a provider with the Responses API.`;
    return failingModel({ message, info: "other", details: null });
  }
  const model = responsesModel({
    name,
    baseUrl: baseUrl.replace(/\/+$/, ""),
    keyWays: { envKey, canSignIn: provider === OPENAI, instructions: settings.env_key_instructions?.trim() || null },
    apiKey: keyOf(source, provider).key,
    headers: { ...settings.http_headers, ...headersFromEnv(settings, source.env) },
    query: settings.query_params,
    idleTimeoutMs: settings.stream_idle_timeout_ms,
  });
  return retryingModel(model, retries);
}

function headersFromEnv(settings: ProviderConfig, env: ModelSource["env"]): Record<string, string> {
  const named = Object.entries(settings.env_http_headers);
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
  return resolve(here, basename(here) === "lib" ? "../demo-script.json" : "demo-script.json");
}
