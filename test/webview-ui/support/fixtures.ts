// Threads, turns and items to show, and a host that answers as in everyday life.
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { ThreadItem, ThreadItemOf } from "../../../server/protocol/item.ts";
import type { Model } from "../../../server/protocol/model.ts";
import type { HostState } from "../../../server/protocol/panel.ts";
import type { ThreadResumeResponse } from "../../../server/protocol/thread-store.ts";
import type { Thread, ThreadStartResponse } from "../../../server/protocol/thread.ts";
import type { Turn } from "../../../server/protocol/turn.ts";
import type { FakeHost } from "./fake-host.ts";

export const cwd = "/home/ada/shop";
export const threadId = "019a0000-0000-7000-8000-000000000001";
export const turnId = "turn-1";
export const at = { threadId, turnId };

export const running: HostState = {
  server: { kind: "running" },
  workspace: { name: "shop", cwd, trusted: true, folders: [{ name: "shop", cwd }] },
  modifierKey: "Ctrl",
};

export const models: Model[] = [
  model({ id: "gpt-5.5", displayName: "gpt-5.5", isDefault: true }),
  model({ id: "gpt-5.5-mini", displayName: "gpt-5.5-mini" }),
  model({ id: "demo", displayName: "Scripted model (no key needed)", modelProvider: "scripted", scripted: true }),
];

function model(parts: Partial<Model> & { id: string; displayName: string }): Model {
  return {
    model: parts.id,
    description: "",
    hidden: false,
    isDefault: false,
    supportedReasoningEfforts: [],
    defaultReasoningEffort: "medium",
    inputModalities: ["text"],
    upgrade: null,
    upgradeInfo: null,
    availabilityNux: null,
    modelSpecialty: null,
    supportsPersonality: false,
    multiAgentVersion: null,
    additionalSpeedTiers: [],
    serviceTiers: [],
    defaultServiceTier: null,
    availableAccessPrograms: null,
    modelProvider: "openai",
    scripted: false,
    missing: null,
    ...parts,
  };
}

export function thread(parts: Partial<Thread> = {}): Thread {
  return {
    id: threadId,
    sessionId: threadId,
    forkedFromId: null,
    preview: "Make the tests pass",
    ephemeral: false,
    historyMode: "paginated",
    modelProvider: "openai",
    model: "gpt-5.5",
    reasoningEffort: null,
    createdAt: 1_795_351_490,
    updatedAt: 1_795_351_490,
    recencyAt: 1_795_351_490,
    environments: null,
    originator: "test",
    threadSource: null,
    canAcceptDirectInput: null,
    gitInfo: null,
    section: null,
    sectionEnteredAt: null,
    status: { type: "idle" },
    path: "/home/ada/.belay/threads/rollout.jsonl",
    cwd,
    cliVersion: "0.1.0",
    source: "vscode",
    name: null,
    turns: [],
    ...parts,
  };
}

export function opened(parts: Partial<Thread> = {}, settings: Partial<ThreadStartResponse> = {}): ThreadResumeResponse {
  return {
    thread: thread(parts),
    model: "gpt-5.5",
    modelProvider: "openai",
    cwd,
    approvalPolicy: "on-request",
    sandbox: {
      type: "workspaceWrite",
      writableRoots: [],
      networkAccess: false,
      excludeTmpdirEnvVar: false,
      excludeSlashTmp: false,
    },
    reasoningEffort: null,
    mode: "agent",
    instructionSources: [],
    runtimeWorkspaceRoots: [cwd],
    approvalsReviewer: "user",
    disabledPluginIds: [],
    activePermissionProfile: null,
    multiAgentMode: "explicitRequestOnly",
    collaborationMode: {
      mode: "default",
      settings: { model: "gpt-5.5", reasoning_effort: null, developer_instructions: null },
    },
    initialTurnsPage: null,
    turnsBackwardsCursor: null,
    itemsBackwardsCursor: null,
    ...settings,
  };
}

export function turn(parts: Partial<Turn> = {}): Turn {
  return {
    id: turnId,
    items: [],
    itemsView: "notLoaded",
    status: "inProgress",
    error: null,
    startedAt: Date.now() / 1000,
    completedAt: null,
    durationMs: null,
    tokenUsage: null,
    ...parts,
  };
}

export const tokens = {
  totalTokens: 12_412,
  inputTokens: 11_000,
  cachedInputTokens: 8_000,
  outputTokens: 1_412,
  reasoningOutputTokens: 600,
};

export const item = {
  user: (text: string, parts: Partial<ThreadItemOf<"userMessage">> = {}): ThreadItemOf<"userMessage"> => ({
    type: "userMessage",
    id: "user-1",
    clientId: null,
    content: [{ type: "text", text, text_elements: [] }],
    startedAtMs: 1,
    completedAtMs: 1,
    ...parts,
  }),
  answer: (text: string, parts: Partial<ThreadItemOf<"agentMessage">> = {}): ThreadItemOf<"agentMessage"> => ({
    type: "agentMessage",
    id: "answer-1",
    text,
    phase: null,
    startedAtMs: 1,
    completedAtMs: 2,
    ...parts,
  }),
  reasoning: (text: string, parts: Partial<ThreadItemOf<"reasoning">> = {}): ThreadItemOf<"reasoning"> => ({
    type: "reasoning",
    id: "reasoning-1",
    summary: [text],
    content: [],
    startedAtMs: 1000,
    completedAtMs: 4000,
    ...parts,
  }),
  read: (path: string, parts: Partial<ThreadItemOf<"dynamicToolCall">> = {}): ThreadItemOf<"dynamicToolCall"> => ({
    type: "dynamicToolCall",
    id: `read-${path}`,
    namespace: null,
    tool: "read_file",
    arguments: { path },
    status: "completed",
    contentItems: [{ type: "inputText", text: `The text of ${path}` }],
    success: true,
    durationMs: 3,
    startedAtMs: 1,
    completedAtMs: 2,
    ...parts,
  }),
  command: (
    script: string,
    parts: Partial<ThreadItemOf<"commandExecution">> = {},
  ): ThreadItemOf<"commandExecution"> => ({
    type: "commandExecution",
    id: "command-1",
    command: `/bin/bash -lc '${script}'`,
    script,
    cwd,
    processId: null,
    source: "agent",
    status: "completed",
    commandActions: [{ type: "unknown", command: script }],
    aggregatedOutput: null,
    exitCode: 0,
    durationMs: 1400,
    startedAtMs: 1,
    completedAtMs: 2,
    ...parts,
  }),
  files: (
    changes: ThreadItemOf<"fileChange">["changes"],
    parts: Partial<ThreadItemOf<"fileChange">> = {},
  ): ThreadItemOf<"fileChange"> => ({
    type: "fileChange",
    id: "files-1",
    changes,
    status: "completed",
    startedAtMs: 1,
    completedAtMs: 2,
    ...parts,
  }),
};

export const cartChange: ThreadItemOf<"fileChange">["changes"][number] = {
  path: `${cwd}/src/cart.ts`,
  kind: { type: "update", move_path: null },
  diff: `@@ -12,5 +12,5 @@
 export function total(cart: Cart) {
-  const sum = round(subtotal(cart));
+  const sum = subtotal(cart);
   return round(sum * (1 - cart.off));
 }
`,
};

export const explanation = {
  location: "shop",
  sandbox: "may write the workspace, no network",
  isConfined: true,
  because: "npm runs project scripts",
};

export const commandApproval = {
  kind: "command" as const,
  ...at,
  itemId: "command-1",
  startedAtMs: 1,
  reason: null,
  availableDecisions: ["accept" as const, "acceptForSession" as const, "decline" as const, "cancel" as const],
  explanation,
  command: "/bin/bash -lc 'npm test -- --coverage'",
  script: "npm test -- --coverage",
  cwd,
  commandActions: [{ type: "unknown" as const, command: "npm test -- --coverage" }],
};

/** What npm test is offered to be remembered as. */
export const ruleOffers = [
  {
    pattern: ["npm", "test", "--", "--coverage"],
    exact: true,
    label: "exactly this command",
    scopes: ["thread" as const, "workspace" as const, "always" as const],
  },
  {
    pattern: ["npm", "test"],
    exact: false,
    label: "npm test, with any arguments",
    scopes: ["thread" as const, "workspace" as const, "always" as const],
  },
];

/** Asks for everything that a command can be answered with. */
export const richApproval = {
  ...commandApproval,
  availableDecisions: [...commandApproval.availableDecisions, "runInTerminal" as const],
  ruleOffers,
};

export const networkApproval = {
  ...commandApproval,
  script: "npm install left-pad",
  networkApprovalContext: { host: "packages.example", protocol: "https" as const },
  proposedNetworkPolicyAmendments: [{ host: "packages.example", action: "allow" as const }],
  explanation: { ...explanation, because: "the sandbox has no network" },
};

export const sandboxWorks = {
  kind: "works" as const,
  layer: "bubblewrap, seccomp",
  reason: null,
  cure: null,
  isContainer: false,
};

export const sandboxOff = {
  kind: "unavailable" as const,
  layer: null,
  reason: "bubblewrap may not create a user namespace here.",
  cure: "Allow unprivileged user namespaces, or say that this container is the sandbox.",
  isContainer: true,
};

export const filesApproval = {
  ...at,
  itemId: "files-1",
  startedAtMs: 1,
  reason: null,
  availableDecisions: commandApproval.availableDecisions,
  explanation: { ...explanation, because: "this thread asks before every change" },
  grantRoot: null,
  changes: [cartChange],
};

/** The notification that an item starts or completes. */
export function starts(started: ThreadItem): ServerNotification {
  return { method: "item/started", params: { ...at, item: started, startedAtMs: started.startedAtMs ?? 1 } };
}
export function completes(completed: ThreadItem): ServerNotification {
  return { method: "item/completed", params: { ...at, item: completed, completedAtMs: completed.completedAtMs ?? 2 } };
}

/** Answers every method as a calm server and a willing editor do. */
export function prepareHost(host: FakeHost): void {
  host.on("thread/start", () => opened({ preview: "" }));
  host.on("thread/resume", () => opened());
  host.on("thread/list", () => ({ data: [], nextCursor: null, backwardsCursor: null }));
  host.on("thread/search", () => ({ data: [], nextCursor: null, backwardsCursor: null }));
  host.on("turn/start", () => ({ turn: turn() }));
  host.on("turn/interrupt", () => ({}));
  host.on("thread/shellCommand", () => ({}));
  host.on("thread/queue/list", () => ({ data: [], nextCursor: null }));
  host.on("belay/command/stop", () => ({ stopped: true }));
  host.on("belay/sandbox/read", () => sandboxWorks);
  host.on("belay/review/list", () => ({ files: [] }));
  host.on("belay/files/turns", () => ({ turns: [] }));
  host.on("belay/threadDefaults/read", () => {
    const { thread: _, instructionSources: __, ...settings } = opened();
    return settings;
  });
  host.on("model/list", () => ({ data: models, nextCursor: null }));
  for (const method of [
    "host/openFile",
    "host/openDiff",
    "host/openLink",
    "host/copy",
    "host/restartServer",
    "host/showLog",
    "host/openFolder",
    "host/setApiKey",
    "host/manageTrust",
    "host/manageApprovals",
    "host/trustContainer",
    "host/undoTurn",
    "host/redoTurn",
    "host/review",
  ] as const) {
    host.on(method, () => null);
  }
  host.on("host/openTerminal", () => true);
}
