// Which layer says what, and how a client is shown it. Pure.
import { createHash } from "node:crypto";
import type { ConfigLayer, ConfigLayerMetadata, ConfigReadResponse, ConfigWriteResponse } from "../protocol/config.ts";
import type { Config } from "./schema.ts";
import { isTable, sameValue, type Table, valueAt } from "./values.ts";

/** Of what the values say, not of how the file says it: a changed comment is no conflict. */
export function versionOf(values: Table): string {
  return `sha256:${createHash("sha256").update(canonical(values)).digest("hex")}`;
}

export function layerOf(name: ConfigLayer["name"], values: Table, disabledReason: string | null = null): ConfigLayer {
  return { name, version: versionOf(values), config: values, disabledReason };
}

/** `layers`: highest first. */
export function describeConfig(
  { config, values, layers }: { config: Config; values: Table; layers: readonly ConfigLayer[] },
  options: { includeLayers: boolean },
): ConfigReadResponse {
  const sandbox = values["sandbox_workspace_write"] === undefined ? null : config.sandbox_workspace_write;
  return {
    config: {
      ...Object.fromEntries(nullable.map((key) => [key, null])),
      model_providers: {},
      ...values,
      project_doc_max_bytes: config.project_doc_max_bytes,
      sandbox_workspace_write: sandbox,
    },
    origins: originsOf(layers, values),
    layers: options.includeLayers ? [...layers] : null,
  };
}

/** Whether a layer above the user's says otherwise about one of the paths. */
export function overridden(
  { values, layers }: { values: Table; layers: readonly ConfigLayer[] },
  paths: readonly (readonly string[])[],
): ConfigWriteResponse["overriddenMetadata"] {
  const user = layers.find(({ name }) => name.type === "user");
  const above = layers.slice(0, user === undefined ? 0 : layers.indexOf(user));
  for (const path of paths) {
    if (sameValue(valueAt(values, path), valueAt(user?.config, path))) continue;
    const layer = above.find(({ config }) => valueAt(config, path) !== undefined);
    if (layer === undefined) continue;
    const overridingLayer = metadata(layer);
    return { message: "Overridden by session flags", overridingLayer, effectiveValue: valueAt(values, path) };
  }
  return null;
}

/** Keys that the protocol promises whether anybody has set them or not. */
const nullable = [
  "model",
  "review_model",
  "model_context_window",
  "model_auto_compact_token_limit",
  "model_auto_compact_token_limit_scope",
  "model_provider",
  "approval_policy",
  "approvals_reviewer",
  "sandbox_mode",
  "sandbox_workspace_write",
  "forced_chatgpt_workspace_id",
  "forced_login_method",
  "web_search",
  "client_search_provider",
  "tools",
  "instructions",
  "developer_instructions",
  "compact_prompt",
  "model_reasoning_effort",
  "model_reasoning_summary",
  "model_verbosity",
  "service_tier",
  "analytics",
  "apps",
  "browser_use",
  "computer_use",
  "desktop",
];

function originsOf(layers: readonly ConfigLayer[], values: Table): Record<string, ConfigLayerMetadata> {
  const origins: Record<string, ConfigLayerMetadata> = {};
  for (const layer of layers.toReversed()) {
    // A value that could not be used has no effect, and so is no origin.
    for (const path of leaves(layer.config)) {
      if (valueAt(values, path.inTables) !== undefined) origins[path.full.join(".")] = metadata(layer);
    }
  }
  return origins;
}

/** Every single value; `inTables` ends where an array begins. */
function leaves(value: unknown): { full: string[]; inTables: string[] }[] {
  const isArray = Array.isArray(value);
  if (!isArray && !isTable(value)) return [{ full: [], inTables: [] }];
  return Object.entries(value).flatMap(([key, each]) =>
    leaves(each).map(({ full, inTables }) => ({ full: [key, ...full], inTables: isArray ? [] : [key, ...inTables] })),
  );
}

function metadata({ name, version }: ConfigLayer): ConfigLayerMetadata {
  return { name, version };
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isTable(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}
