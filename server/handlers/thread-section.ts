// Requests about sections: which there are, and which threads stand in them.
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { sectionNotFound } from "../protocol/rpc/errors.ts";
import type { ThreadSection } from "../protocol/thread-section.ts";
import type { Clients } from "../thread/clients.ts";
import {
  allSections,
  type SectionsFile,
  withNamedSection,
  withoutSection,
  withSection,
} from "../thread/section-places.ts";
import type { ThreadStore } from "../thread/thread-store.ts";
import type { Caller } from "./caller.ts";

type SectionMethods =
  | "threadSection/list"
  | "threadSection/create"
  | "threadSection/update"
  | "threadSection/delete"
  | "thread/section/move";

const DEFAULT_PAGE = 100;

export function threadSectionHandlers(
  store: ThreadStore,
  clients: Clients,
  newId: () => string,
): Pick<Handlers<typeof clientRequests, Caller>, SectionMethods> {
  const { sections } = store;
  return {
    async "threadSection/list"({ cursor, limit }) {
      const behind = allSections(sections.current()).filter(({ id }) => !cursor || id > cursor);
      const data = behind.slice(0, Math.max(limit ?? DEFAULT_PAGE, 1));
      return { data, nextCursor: data.length < behind.length ? (data.at(-1)?.id ?? null) : null };
    },
    async "threadSection/create"({ name, appearance }) {
      const id = newId();
      const after = await sections.change((now) => withSection(now, { id, name, appearance: appearance ?? null }));
      return { section: sectionIn(after, id) };
    },
    async "threadSection/update"({ sectionId, name, appearance }) {
      const after = await sections.change((now) => withNamedSection(now, sectionId, { name, appearance }));
      return { section: sectionIn(after, sectionId) };
    },
    async "threadSection/delete"({ sectionId }) {
      await sections.change((now) => withoutSection(now, sectionId));
      return {};
    },
    async "thread/section/move"(params, { answerFirst }) {
      await store.care.moveToSection(params);
      answerFirst();
      const { threadId, sectionId } = params;
      clients.tell({ method: "thread/section/changed", params: { threadId, sectionId } });
      return {};
    },
  };
}

function sectionIn(file: SectionsFile, sectionId: string): ThreadSection {
  const section = allSections(file).find(({ id }) => id === sectionId);
  if (section === undefined) throw sectionNotFound(sectionId);
  return section;
}
