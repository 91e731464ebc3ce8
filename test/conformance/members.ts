// Members of params that the original acts on and we do not, each for a reason. None may be unaccounted for.
import { clientRequests } from "../../server/protocol/methods.ts";
import type { RequestTable } from "../../server/protocol/rows.ts";
import { membersRead } from "./schema/drive.ts";
import { membersOf, type PrintedSchema } from "./schema/printed.ts";

export interface WithoutEffect {
  readonly why: string;
  readonly members: readonly string[];
  readonly methods: readonly string[];
}

const unread: readonly Omit<WithoutEffect, "methods">[] = [
  {
    why: "It is people who answer approvals.",
    members: ["approvalsReviewer"],
  },
  {
    why: "A thread works on this machine, in `cwd` and `runtimeWorkspaceRoots`.",
    members: ["environments"],
  },
  {
    why: "A model is asked with `model` and `effort`; there is nothing else to choose yet.",
    members: [
      "serviceTier",
      "serviceTierForTurn",
      "summary",
      "personality",
      "allowProviderModelFallback",
      "cyberAccessProgram",
      "responsesapiClientMetadata",
      "responsesapiClientMetadataPatch",
    ],
  },
  { why: "There is one way of working, and one agent a thread.", members: ["collaborationMode", "multiAgentMode"] },
  { why: "What the model is told beside the prompt goes by `thread/inject_items`.", members: ["additionalContext"] },
  { why: "The output of a tool comes as the answer to its call.", members: ["toolOutput"] },
  { why: "A thread is found by its id, in our own files.", members: ["path", "history"] },
  { why: "Every thread can be read page by page.", members: ["historyMode"] },
  {
    why: "Where a thread or turn comes from is kept as `threadSource`, `originator` and `rootTurnId` alone.",
    members: ["serviceName", "sessionStartSource", "turnTrigger", "parentTurnId"],
  },
  {
    why: "Threads form no trees and stand in no projects.",
    members: ["includeAttachedThreads", "attachToSource", "projectId"],
  },
  { why: "There is one account.", members: ["currentAccountOnly"] },
  {
    why: "Of features that are not here, or for the original's own tests.",
    members: [
      "daybreakEnabled",
      "deferGoalContinuation",
      "disabledPluginIds",
      "experimentalDisablePredictionMcp",
      "experimentalPredictionMode",
      "experimentalRawEvents",
      "mockExperimentalField",
      "selectedCapabilityRoots",
    ],
  },
];

/** Members that our rows read, for which nothing happens: no schema shows that. */
const idle: readonly WithoutEffect[] = [
  {
    why: "The thread keeps the instructions that it was started with.",
    members: ["baseInstructions", "developerInstructions"],
    methods: ["thread/resume"],
  },
  {
    why: "There are no projects with a configuration of their own.",
    members: ["cwd"],
    methods: ["config/read", "permissionProfile/list"],
  },
  {
    why: "What was written counts for new threads in any case.",
    members: ["reloadUserConfig"],
    methods: ["config/batchWrite"],
  },
  { why: "A key does not grow old.", members: ["refreshToken"], methods: ["account/read"] },
  {
    why: "The host's `/tmp` and `TMPDIR` are writable in no sandbox: there is nothing to exclude.",
    members: ["sandboxPolicy.excludeSlashTmp", "sandboxPolicy.excludeTmpdirEnvVar"],
    methods: ["command/exec", "thread/settings/update", "turn/start"],
  },
];

/** `problems`: sentences on what the tables above get wrong. */
export function withoutEffect(schema: PrintedSchema): { found: readonly WithoutEffect[]; problems: readonly string[] } {
  const methodsOf = new Map<string, string[]>();
  for (const [method, { params }] of Object.entries(clientRequests as RequestTable)) {
    const known = new Set(membersRead(params));
    for (const member of membersOf(schema.clientRequests.get(method)?.request ?? {})) {
      if (!known.has(member)) methodsOf.set(member, [...(methodsOf.get(member) ?? []), method]);
    }
  }
  const listed = unread.flatMap(({ members }) => members);
  const forgotten = [...methodsOf.keys()].filter((member) => !listed.includes(member));
  const stale = listed.filter((member) => !methodsOf.has(member));
  return {
    found: [
      ...unread.map((one) => ({
        ...one,
        methods: [...new Set(one.members.flatMap((member) => methodsOf.get(member) ?? []))].sort(),
      })),
      ...idle,
    ],
    problems: [
      ...forgotten.map((member) => `${member} is not read: read it, or say in members.ts why not`),
      ...stale.map((member) => `${member} is read, or the original has it no more: delete it from members.ts`),
    ],
  };
}
