// Every method of the original: ours, due, or left out for a reason. None may be unaccounted for.
import { clientRequests, serverNotifications, serverRequests } from "../../server/protocol/methods.ts";
import type { NotificationTable, RequestTable } from "../../server/protocol/rows.ts";
import type { PrintedSchema } from "./schema/printed.ts";

interface LeftOut {
  readonly why: string;
  /** Names, or beginnings that end with `*`. */
  readonly methods: readonly string[];
}

const leftOut: readonly LeftOut[] = [
  {
    why: "Of the vendor's accounts, plans and cloud; an API key is all that we keep of an account.",
    methods: [
      "account/bedrock/*",
      "account/gatewayOAuth/*",
      "account/gcp/*",
      "account/login/cancel",
      "account/rateLimitResetCredit/consume",
      "account/rateLimits/*",
      "account/securitySetup/read",
      "account/sendAddCreditsNudgeEmail",
      "account/usage/read",
      "account/workspaceMessages/read",
      "account/chatgptAuthTokens/refresh",
      "accountSession/*",
      "attestation/generate",
      "feedback/upload",
      "modelProvider/authRecovery*",
      "userVerification/*",
    ],
  },
  {
    why: "Of the vendor's services: review by another model, voice, remote control, rerouting, moderation.",
    methods: [
      "autoApprovalReview/strictReviewRequired",
      "guardianWarning",
      "item/autoApprovalReview/*",
      "model/rerouted",
      "model/safetyBuffering/updated",
      "model/verification",
      "remoteControl/*",
      "thread/approveGuardianDeniedAction",
      "thread/guardianReview",
      "thread/prediction/*",
      "thread/realtime/*",
      "thread/sample*",
      "turn/moderationMetadata",
    ],
  },
  {
    why: "Of the vendor's shop of apps and plugins, which its own documents call unfinished.",
    methods: ["app/*", "marketplace/*", "plugin/*", "environment/*", "thread/environment/*", "externalAgentConfig/*"],
  },
  {
    why: "Sorts the sidebar of one application: projects, attachments, what was read.",
    methods: [
      "project/*",
      "thread/attachment/*",
      "thread/attachmentOwner/list",
      "thread/project/updated",
      "thread/readState/*",
      "thread/timeline/list",
    ],
  },
  {
    why: "MCP servers, skills and hooks are not here yet.",
    methods: [
      "config/mcpServer/reload",
      "hook/*",
      "hooks/list",
      "item/mcpToolCall/progress",
      "mcpServer/*",
      "mcpServerStatus/list",
      "skills/*",
    ],
  },
  {
    why: "Turns that nobody typed: goals, reviews, plan mode and others are not here yet.",
    methods: [
      "collaborationMode/list",
      "item/plan/delta",
      "review/start",
      "thread/goal/*",
      "thread/prepareApprovedPlan",
      "turn/settings/update",
    ],
  },
  { why: "thread/items/list has the same.", methods: ["thread/items/read"] },
  { why: "The item contextCompaction says it, with the summary.", methods: ["thread/compacted"] },
  {
    why: "What a command may do is decided before it runs.",
    methods: ["item/permissions/requestApproval", "thread/*_elicitation"],
  },
  {
    why: "command/exec does the same inside the sandbox.",
    methods: ["process/*"],
  },
  {
    why: "Old, never sent, or only for the original's own tests and repair.",
    methods: [
      "applyPatchApproval",
      "execCommandApproval",
      "currentTime/read",
      "deprecationNotice",
      "item/fileChange/outputDelta",
      "feedback/save",
      "memory/*",
      "mock/experimentalMethod",
      "rollout/compress",
      "server/diagnostics",
      "thread/memory*",
    ],
  },
  {
    why: "Providers and features are configured in config.toml, by config/value/write.",
    methods: ["experimentalFeature/enablement/set", "modelProvider/config/write"],
  },
  { why: "Only for Windows, where we have no sandbox yet.", methods: ["windows/*", "windowsSandbox/*"] },
];

/** What the schema does not list and the original answers all the same. */
const onlyInBindings: readonly LeftOut[] = [
  {
    why: "Old: in the original's TypeScript bindings, but no longer in the schema that it prints.",
    methods: ["getAuthStatus", "getConversationSummary", "gitDiffToRemote"],
  },
];

export type Standing = { kind: "ours" } | { kind: "due" } | { kind: "leftOut"; why: string };

export interface Accounted {
  readonly method: string;
  readonly direction: "client request" | "server request" | "notification";
  readonly standing: Standing;
  readonly isExperimental: boolean;
}

export interface Coverage {
  readonly methods: readonly Accounted[];
  /** Sentences on what the tables above get wrong. */
  readonly problems: readonly string[];
}

/** `driven`: the methods that scenarios drive, which are due when our tables lack them. */
export function coverageOf(schema: PrintedSchema, driven: ReadonlySet<string>): Coverage {
  const directions = [
    ["client request", schema.clientRequests, clientRequests],
    ["server request", schema.serverRequests, serverRequests],
    ["notification", schema.notifications, serverNotifications],
  ] as const;
  const problems: string[] = [];
  const used = new Set<string>();
  const methods = directions.flatMap(([direction, theirs, ours]) =>
    [...theirs.keys()].sort().flatMap((method): Accounted[] => {
      const standing = standingOf(method, ours, driven, used);
      if (typeof standing === "string") problems.push(standing);
      else return [{ method, direction, standing, isExperimental: schema.experimentalMethods.has(method) }];
      return [];
    }),
  );
  const stale = leftOut.flatMap(({ methods }) => methods).filter((pattern) => !used.has(pattern));
  problems.push(
    ...stale.map(
      (pattern) => `${pattern} is left out, and the original has no such method: delete it from coverage.ts`,
    ),
  );
  return { methods: [...methods, ...unlisted(schema)], problems };
}

function unlisted({ clientRequests }: PrintedSchema): Accounted[] {
  return onlyInBindings.flatMap(({ why, methods }) =>
    methods
      .filter((method) => !clientRequests.has(method))
      .map((method) => ({
        method,
        direction: "client request",
        standing: { kind: "leftOut", why },
        isExperimental: false,
      })),
  );
}

function standingOf(
  method: string,
  ours: RequestTable | NotificationTable,
  driven: ReadonlySet<string>,
  used: Set<string>,
): Standing | string {
  const reasons = leftOut.flatMap(({ why, methods }) =>
    methods.filter((pattern) => fits(pattern, method)).map((pattern) => (used.add(pattern), why)),
  );
  const isOurs = Object.hasOwn(ours, method);
  const [why, ...more] = reasons;
  if (more.length > 0) return `${method} is left out for two reasons: keep one in coverage.ts`;
  if (why !== undefined && (isOurs || driven.has(method)))
    return `${method} is left out in coverage.ts, but ${isOurs ? "it is here" : "a scenario drives it"}: delete it there`;
  if (isOurs) return { kind: "ours" };
  if (why !== undefined) return { kind: "leftOut", why };
  if (driven.has(method)) return { kind: "due" };
  return `${method} is not accounted for: write it, or say in coverage.ts why not`;
}

function fits(pattern: string, method: string): boolean {
  const [head = "", tail] = pattern.split("*");
  return tail === undefined ? method === pattern : method.startsWith(head) && method.endsWith(tail);
}
