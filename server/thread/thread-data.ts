// A thread as clients see it: from what is known of it, live or on disk. Pure.
import type {
  AnnouncedSettings,
  Thread as ThreadData,
  ThreadSettings,
  ThreadStartResponse,
  ThreadStatus,
} from "../protocol/thread.ts";
import type { Turn } from "../protocol/turn.ts";
import type { ThreadMetadata } from "../rollout/line.ts";
import type { ShownPlace } from "./thread-sections.ts";
import type { ListedMeta, ListedSettings } from "../rollout/listed.ts";
import { rootsOf } from "./settings.ts";

export interface ThreadFacts {
  meta: ListedMeta;
  metadata: ThreadMetadata;
  /** Null: never written to disk. */
  path: string | null;
  /** Unix seconds. */
  updatedAt: number;
  settings: ListedSettings & Pick<ThreadSettings, "roots">;
  status: ThreadStatus;
  place: ShownPlace;
  turns: Turn[];
}

export function threadData(facts: ThreadFacts): ThreadData {
  const { meta, metadata, path, updatedAt, settings, status, place, turns } = facts;
  const isLoaded = status.type !== "notLoaded";
  return {
    id: meta.id,
    environments: isLoaded ? environmentsOf(settings) : null,
    extra: null,
    sessionId: meta.id,
    forkedFromId: meta.forkedFromId,
    attachedToThreadId: null,
    parentThreadId: null,
    preview: meta.preview,
    ephemeral: path === null,
    section: place.section,
    sectionEnteredAt: place.sectionEnteredAt,
    projectId: null,
    historyMode: "paginated",
    modelProvider: settings.modelProvider,
    model: settings.model,
    reasoningEffort: settings.reasoningEffort,
    createdAt: meta.createdAt,
    updatedAt,
    recencyAt: updatedAt,
    status,
    path,
    cwd: settings.cwd,
    cliVersion: meta.cliVersion,
    originator: meta.originator,
    source: meta.source,
    canAcceptDirectInput: isLoaded ? true : null,
    threadSource: meta.threadSource,
    agentNickname: null,
    agentRole: null,
    gitInfo: metadata.gitInfo,
    name: metadata.name,
    daybreakEnabled: null,
    turns,
  };
}

/** The answer that `thread/start`, `thread/resume` and `thread/fork` have in common. */
export function startedThread(
  thread: ThreadData,
  settings: ThreadSettings,
  instructionSources: string[],
): ThreadStartResponse {
  const { permissionProfile, ...shown } = settings;
  return {
    thread,
    ...shown,
    serviceTier: null,
    disabledPluginIds: [],
    runtimeWorkspaceRoots: rootsOf(settings),
    instructionSources,
    approvalsReviewer: "user",
    activePermissionProfile: activeProfile(permissionProfile),
    multiAgentMode: "explicitRequestOnly",
  };
}

export function announcedSettings(settings: ThreadSettings): AnnouncedSettings {
  const { permissionProfile, ...shown } = settings;
  return {
    ...shown,
    sandboxPolicy: settings.sandbox,
    effort: settings.reasoningEffort,
    environments: environmentsOf(settings),
    approvalsReviewer: "user",
    collaborationMode: collaborationMode(settings),
    disabledPluginIds: [],
    multiAgentMode: "explicitRequestOnly",
    activePermissionProfile: activeProfile(permissionProfile),
    serviceTier: null,
    summary: null,
    personality: null,
  };
}

export function collaborationMode({ model, reasoningEffort }: ThreadSettings): AnnouncedSettings["collaborationMode"] {
  return {
    mode: "default",
    settings: { model, reasoning_effort: reasoningEffort, developer_instructions: null },
  };
}

function activeProfile(id: string | null | undefined): AnnouncedSettings["activePermissionProfile"] {
  return id ? { id, extends: null } : null;
}

function environmentsOf(settings: Pick<ThreadSettings, "cwd" | "roots">): AnnouncedSettings["environments"] {
  return [{ environmentId: "local", cwd: settings.cwd, runtimeWorkspaceRoots: rootsOf(settings) }];
}
