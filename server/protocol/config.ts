// Reading and changing the configuration. Keys and values are those of config.toml, in its own spelling.
import * as z from "zod";
import { isShallow, tooDeep } from "./depth.ts";

/** Where a value comes from. Other servers of the protocol have more kinds. */
export const ConfigLayerSource = z.lazy(() =>
  z.discriminatedUnion("type", [
    /** The user's config.toml, which need not exist. */
    z.object({ type: z.literal("user"), file: z.string(), profile: z.string().nullable() }),
    /** The editor's settings and `-c`, for this process only. */
    z.object({ type: z.literal("sessionFlags") }),
  ]),
);
export type ConfigLayerSource = z.infer<typeof ConfigLayerSource>;

/** `version` changes when what the layer says does. */
export const ConfigLayerMetadata = z.object({ name: ConfigLayerSource, version: z.string() });
export type ConfigLayerMetadata = z.infer<typeof ConfigLayerMetadata>;

const Values = z.record(z.string(), z.unknown());

export const ConfigLayer = ConfigLayerMetadata.extend({
  config: Values,
  /** Why nothing of it holds: the file does not parse. Null: it holds. */
  disabledReason: z.string().nullable(),
});
export type ConfigLayer = z.infer<typeof ConfigLayer>;

export const ConfigReadParams = z.lazy(() =>
  z.object({
    includeLayers: z.boolean().nullish(),
    /** Accepted and not needed: no layer of ours depends on a folder. */
    cwd: z.string().nullish(),
  }),
);
export const ConfigReadResponse = z.lazy(() =>
  z.object({
    /** What holds for new threads. A known key that nobody has set is null or its default; unknown keys are kept. */
    config: Values,
    /** By dotted key of each single value. */
    origins: z.record(z.string(), ConfigLayerMetadata),
    /** Highest first. Null unless they were asked for. */
    layers: z.array(ConfigLayer).nullable(),
  }),
);
export type ConfigReadResponse = z.infer<typeof ConfigReadResponse>;

const edit = {
  /** Dotted; a part with dots in it stands in double quotes. */
  keyPath: z.string(),
  /** Null takes the key out. */
  value: z
    .unknown()
    .refine((value) => value !== undefined)
    .refine(isShallow, tooDeep),
  /** `upsert` merges tables and replaces everything else. */
  mergeStrategy: z.enum(["replace", "upsert"]),
};
const target = {
  /** Only the user's config.toml can be written, which is what null means. */
  filePath: z.string().nullish(),
  /** The write is refused unless the layer still has this version. */
  expectedVersion: z.string().nullish(),
};

const ConfigEdit = z.object(edit);
export type ConfigEdit = z.infer<typeof ConfigEdit>;

export const ConfigValueWriteParams = z.lazy(() => z.object({ ...edit, ...target }));
export const ConfigBatchWriteParams = z.lazy(() =>
  z.object({
    /** All of them, or none. */
    edits: z.array(ConfigEdit),
    ...target,
    /** Accepted and not needed: new threads always see what was written, live ones keep their settings. */
    reloadUserConfig: z.boolean().nullish(),
  }),
);
export const ConfigWriteResponse = z.lazy(() =>
  z.object({
    /** `okOverridden`: it was written, and a higher layer says otherwise. */
    status: z.enum(["ok", "okOverridden"]),
    version: z.string(),
    filePath: z.string(),
    overriddenMetadata: z
      .object({ message: z.string(), overridingLayer: ConfigLayerMetadata, effectiveValue: z.unknown() })
      .nullable(),
  }),
);
export type ConfigWriteResponse = z.infer<typeof ConfigWriteResponse>;

export const ConfigRequirementsReadParams = z.object({});
export const ConfigRequirementsReadResponse = z.lazy(() =>
  z.object({
    /** False: there are no speed modes that could be restricted. */
    supportsIndependentSpeedModes: z.boolean().nullable(),
    /** What an administrator demands. Null: nobody demands anything. */
    requirements: z.null(),
  }),
);
