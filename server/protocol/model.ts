// The models a client can choose from, and who provides them.
import * as z from "zod";
import { pageOf, pageParams } from "./paging.ts";

export const Model = z.lazy(() =>
  z.object({
    id: z.string(),
    model: z.string(),
    /** What a person reads. A scripted model says so here. */
    displayName: z.string(),
    description: z.string(),
    hidden: z.boolean(),
    isDefault: z.boolean(),
    /** What can be asked for; whether the model heeds it is the model's affair. Empty: there is no choice. */
    supportedReasoningEfforts: z.array(z.object({ reasoningEffort: z.string(), description: z.string() })),
    defaultReasoningEffort: z.string(),
    inputModalities: z.array(z.enum(["text", "image"])),
    // What the protocol has and no model here does.
    upgrade: z.null(),
    upgradeInfo: z.null(),
    availabilityNux: z.null(),
    modelSpecialty: z.null(),
    supportsPersonality: z.literal(false),
    multiAgentVersion: z.null(),
    additionalSpeedTiers: z.array(z.never()),
    serviceTiers: z.array(z.never()),
    defaultServiceTier: z.null(),
    availableAccessPrograms: z.null(),
    /** Ours. */
    modelProvider: z.string(),
    /** True: plays a script, no model is asked. Ours. */
    scripted: z.boolean(),
    /** Why a turn with it would fail right now: what is missing, as the panel can act on it. Null: nothing known. Ours. */
    missing: z.enum(["apiKey"]).nullable(),
  }),
);
export type Model = z.infer<typeof Model>;

export const ModelListParams = z.lazy(() =>
  z.object({
    ...pageParams,
    /** Null: the one that new threads get. */
    modelProvider: z.string().nullish(),
    includeHidden: z.boolean().nullish(),
  }),
);
export const ModelListResponse = pageOf(Model);

const GatewayAuth = z.lazy(() =>
  z.discriminatedUnion("mode", [
    z.object({ mode: z.literal("none") }),
    z.object({ mode: z.literal("environmentVariable"), envKey: z.string() }),
    /** By headers, or in a way that a form with one field for a variable would lose. */
    z.object({ mode: z.literal("externallyConfigured"), envKey: z.string().nullable() }),
  ]),
);

export const ModelProvider = z.lazy(() =>
  z.object({
    id: z.string(),
    name: z.string(),
    /** Described in the user's config.toml, and so changed by writing there. */
    canEdit: z.boolean(),
    /** Null: there is none, or it holds what is not to be shown. */
    baseUrl: z.string().nullable(),
    settings: z.discriminatedUnion("type", [
      z.object({ type: z.literal("openai") }),
      z.object({ type: z.literal("customGateway"), auth: GatewayAuth }),
    ]),
  }),
);
export type ModelProvider = z.infer<typeof ModelProvider>;

export const ModelProviderListParams = z.object({});
export const ModelProviderListResponse = z.lazy(() =>
  z.object({
    /** By id. */
    data: z.array(ModelProvider),
    defaultProviderId: z.string(),
    /** False: this process was started with a provider, so that writing another changes nothing. */
    canChangeDefault: z.boolean(),
  }),
);

export const ModelProviderCapabilitiesReadParams = z.object({});
/** Tools that the provider in use would run itself. */
export const ModelProviderCapabilitiesReadResponse = z.lazy(() =>
  z.object({ imageGeneration: z.boolean(), webSearch: z.boolean() }),
);
