// The file that `model_catalog_json` names: models somebody has listed for a provider that nobody asks for its own list.
import { readFile } from "node:fs/promises";
import * as z from "zod";

const CatalogModel = z.object({
  slug: z.string(),
  display_name: z.string().nullish(),
  description: z.string().nullish(),
  default_reasoning_level: z.string().nullish(),
  supported_reasoning_levels: z.array(z.object({ effort: z.string(), description: z.string().default("") })).nullish(),
  /** In tokens. */
  context_window: z.int().min(1).nullish(),
  /** From so many tokens on a thread is compacted. */
  auto_compact_token_limit: z.int().min(1).nullish(),
  /** Everything but `list` is hidden from the picker. */
  visibility: z.string().default("list"),
  /** Lowest first. */
  priority: z.number().default(0),
});
export type CatalogModel = z.infer<typeof CatalogModel>;

const Catalog = z.object({ models: z.array(CatalogModel).min(1, "it lists no model") });

/** In order of priority. Never throws: `trouble` says why there are none. */
export async function readCatalog(path: string): Promise<{ models: CatalogModel[]; trouble: string | null }> {
  try {
    const { models } = Catalog.parse(JSON.parse(await readFile(path, "utf8")));
    return { models: models.toSorted((a, b) => a.priority - b.priority), trouble: null };
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const reason = issue === undefined ? (error as Error).message : `${issue.path.join(".")}: ${issue.message}`;
    return { models: [], trouble: `${path} cannot be used (${reason})` };
  }
}
