// Features behind a switch.
import * as z from "zod";
import { pageOf, pageParams } from "./paging.ts";

export const ExperimentalFeatureListParams = z.object({ ...pageParams, threadId: z.string().nullish() });
export const ExperimentalFeatureListResponse = z.lazy(() =>
  pageOf(
    z.object({
      name: z.string(),
      stage: z.enum(["beta", "underDevelopment", "stable", "deprecated", "removed"]),
      displayName: z.string().nullable(),
      description: z.string().nullable(),
      announcement: z.string().nullable(),
      enabled: z.boolean(),
      defaultEnabled: z.boolean(),
    }),
  ),
);
