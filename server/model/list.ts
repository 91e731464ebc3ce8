// What a client can choose from: models and providers, as they are configured. No provider is asked.
import type { CatalogModel } from "../config/catalog.ts";
import type { ProviderConfig } from "../config/schema.ts";
import type { Model, ModelProvider } from "../protocol/model.ts";
import { findProvider, isScripted, keyOf, type ModelSource, OPENAI, type Provider, providerIds } from "./providers.ts";
import { SCRIPTED_MODEL_NAME } from "./scripted.ts";

const DEFAULT_MODEL = "gpt-5.5";
const SCRIPTED_MODEL = "scripted";

/** The model id that is used when nobody chose one. */
export function defaultModel(
  { config, catalog }: Pick<ModelSource, "config" | "catalog">,
  provider = config.model_provider,
): string {
  if (isScripted(provider)) return SCRIPTED_MODEL;
  const listed =
    provider === config.model_provider ? catalog.find(({ visibility }) => visibility === "list") : undefined;
  return config.model ?? listed?.slug ?? DEFAULT_MODEL;
}

/** What the catalog says of a model; null: nothing. It lists the models of the provider in use. */
export function listedModel(
  { config, catalog }: Pick<ModelSource, "config" | "catalog">,
  provider: string,
  model: string,
): CatalogModel | null {
  if (provider !== config.model_provider) return null;
  return catalog.find(({ slug }) => slug === model) ?? null;
}

/** The truth about a provider: what can be chosen is what is configured, the default first. */
export function listModels(source: ModelSource, provider: string, options: { includeHidden: boolean }): Model[] {
  const { config, catalog } = source;
  if (isScripted(provider)) return [scriptedEntry(provider)];
  const model = defaultModel(source, provider);
  const listed = provider === config.model_provider ? catalog : [];
  const unlisted: CatalogModel = { slug: model, visibility: "list", priority: 0 };
  const known = listed.find(({ slug }) => slug === model) ?? unlisted;
  const others = listed.filter(({ slug, visibility }) => {
    return slug !== model && (options.includeHidden || visibility === "list");
  });
  const providerName = findProvider(source, provider)?.name ?? provider;
  return [known, ...others].map((entry): Model => {
    return {
      id: `${provider}/${entry.slug}`,
      model: entry.slug,
      displayName: entry.display_name ?? entry.slug,
      description: entry.description ?? providerName,
      hidden: entry.visibility !== "list",
      isDefault: entry.slug === model,
      ...efforts(entry, config.model_reasoning_effort),
      inputModalities: ["text", "image"],
      ...withoutExtras,
      modelProvider: provider,
      scripted: false,
      missing: keyOf(source, provider).isMissing ? "apiKey" : null,
    };
  });
}

function scriptedEntry(provider: string): Model {
  return {
    id: `${provider}/${SCRIPTED_MODEL}`,
    model: SCRIPTED_MODEL,
    displayName: SCRIPTED_MODEL_NAME,
    description: "Plays a written script. No AI answers, nothing leaves this machine.",
    hidden: false,
    isDefault: true,
    supportedReasoningEfforts: [],
    defaultReasoningEffort: "none",
    inputModalities: ["text", "image"],
    ...withoutExtras,
    modelProvider: provider,
    scripted: true,
    missing: null,
  };
}

export function listProviders(source: ModelSource): ModelProvider[] {
  return providerIds(source).flatMap((id) => {
    const provider = findProvider(source, id);
    return provider === null ? [] : [describeProvider(id, provider)];
  });
}

function describeProvider(id: string, provider: Provider): ModelProvider {
  const { configured, name } = provider;
  if (id === OPENAI) return { id, name, canEdit: false, baseUrl: null, settings: { type: "openai" } };
  const baseUrl = provider.baseUrl !== null && isShowable(provider.baseUrl) ? provider.baseUrl : null;
  const auth = authOf(configured, baseUrl);
  return { id, name, canEdit: configured !== undefined, baseUrl, settings: { type: "customGateway", auth } };
}

type GatewayAuth = Extract<ModelProvider["settings"], { type: "customGateway" }>["auth"];

function authOf(configured: ProviderConfig | undefined, baseUrl: string | null): GatewayAuth {
  const envKey = configured?.env_key ?? null;
  const headers = { ...configured?.http_headers, ...configured?.env_http_headers };
  const isPlain = Object.keys(headers).length === 0 && (baseUrl !== null || configured?.base_url === undefined);
  if (!isPlain) return { mode: "externallyConfigured", envKey };
  return envKey === null ? { mode: "none" } : { mode: "environmentVariable", envKey };
}

/** Passwords and tokens are put into addresses, too. */
function isShowable(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** What the catalog says of this model, else what the Responses API defines for all; and what was configured. */
function efforts(
  entry: CatalogModel,
  configured: string | undefined,
): Pick<Model, "supportedReasoningEfforts" | "defaultReasoningEffort"> {
  const levels = entry.supported_reasoning_levels ?? usualLevels;
  const isKnown = configured === undefined || levels.some(({ effort }) => effort === configured);
  const all = isKnown ? levels : [...levels, { effort: configured, description: "As configured" }];
  return {
    supportedReasoningEfforts: all.map(({ effort, description }) => ({ reasoningEffort: effort, description })),
    defaultReasoningEffort: configured ?? entry.default_reasoning_level ?? "medium",
  };
}

const usualLevels = [
  { effort: "low", description: "Answers sooner, thinks less" },
  { effort: "medium", description: "Between the two" },
  { effort: "high", description: "Thinks longer before it answers" },
];

const withoutExtras = {
  upgrade: null,
  upgradeInfo: null,
  availabilityNux: null,
  modelSpecialty: null,
  supportsPersonality: false,
  multiAgentVersion: null,
  additionalSpeedTiers: [],
  serviceTiers: [],
  defaultServiceTier: null,
  availableAccessPrograms: null,
} satisfies Partial<Model>;
