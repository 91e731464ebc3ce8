// Sections that people sort their threads into. One is always there: the pinned threads.
import * as z from "zod";
import { pageOf, pageParams } from "./paging.ts";

/** As the original has it, so that its clients know which one it is. */
export const pinnedSectionId = "01984de2-8f74-7c91-a3b2-5c5e937cf318";

export const ThreadSectionAppearance = z.object({
  icon: z.string().max(1000).nullable(),
  color: z.string().max(1000).nullable(),
});
export type ThreadSectionAppearance = z.infer<typeof ThreadSectionAppearance>;

export const ThreadSection = z.object({
  id: z.string(),
  name: z.string(),
  appearance: ThreadSectionAppearance.nullable(),
});
export type ThreadSection = z.infer<typeof ThreadSection>;

export const ThreadSectionListParams = z.object(pageParams);
export const ThreadSectionListResponse = z.lazy(() => pageOf(ThreadSection));

export const ThreadSectionResponse = z.object({ section: ThreadSection });

export const ThreadSectionCreateParams = z.lazy(() =>
  z.object({ name: z.string(), appearance: ThreadSectionAppearance.nullish() }),
);

export const ThreadSectionUpdateParams = z.lazy(() =>
  z.object({
    sectionId: z.string(),
    name: z.string(),
    /** Absent: it stays; null clears it. */
    appearance: ThreadSectionAppearance.nullish(),
  }),
);

export const ThreadSectionDeleteParams = z.object({ sectionId: z.string() });

/** Into a section, to another place in it, or out of all of them. */
export const ThreadSectionMoveParams = z.lazy(() =>
  z.object({
    threadId: z.string(),
    /** Null: into none. */
    sectionId: z.string().nullable(),
    /** It is put before this one; at the end when absent. */
    beforeThreadId: z.string().nullish(),
  }),
);
export type ThreadSectionMoveParams = z.infer<typeof ThreadSectionMoveParams>;

export const ThreadSectionChangedNotification = z.object({
  threadId: z.string(),
  /** Null: it is in no section any more. */
  sectionId: z.string().nullable(),
});
