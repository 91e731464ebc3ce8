// The models a client can choose from.
import * as z from "zod";

export const Model = z.object({
  id: z.string(),
  model: z.string(),
  /** What a person reads. A scripted model says so here. */
  displayName: z.string(),
  description: z.string(),
  hidden: z.boolean(),
  isDefault: z.boolean(),
  modelProvider: z.string(),
  /** True: plays a script, no model is asked. Ours. */
  scripted: z.boolean(),
  /** Why a turn with it would fail right now: what is missing, as the panel can act on it. Null: nothing known. Ours. */
  missing: z.enum(["apiKey"]).nullable(),
});
export type Model = z.infer<typeof Model>;

export const ModelListParams = z.object({ cursor: z.string().nullish(), limit: z.number().int().nullish() });
export const ModelListResponse = z.object({ data: z.array(Model), nextCursor: z.string().nullable() });
