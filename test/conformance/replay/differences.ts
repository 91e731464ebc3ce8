// THE table of what may differ between our server and the original, and why. Nothing else may, and none of it for
// longer than it does: a change that no longer occurs fails the run as well.
import type { Difference } from "./compare.ts";

export interface Allowed {
  readonly why: string;
  readonly what: readonly Change[];
  /** Only in these replays; absent: in any. */
  readonly in?: readonly string[];
  /** It depends on which of two things comes first, so a run may see it or not. */
  readonly sometimes?: true;
}

export interface Change {
  /** Seen from our server. */
  readonly kind: Difference["kind"];
  /** Messages, such as "item/completed commandExecution"; `*` stands for anything. */
  readonly at: string | readonly string[];
  /** Members; absent: whole messages. */
  readonly member?: string | readonly string[];
}

const commandItem = ["item/started commandExecution", "item/completed commandExecution"];
const commandApproval = "item/commandExecution/requestApproval";
const storedItems = "thread.turns[].items[]";

export const differences: readonly Allowed[] = [
  {
    why: "Of the vendor's services, which we do not have.",
    what: [{ kind: "omits", at: ["remoteControl/status/changed", "account/rateLimits/updated"] }],
  },
  {
    why: "What was read is a matter of one application's sidebar.",
    what: [
      { kind: "omits", at: "thread/readState/changed" },
      { kind: "omits", at: "answer to thread/list", member: "readStates" },
      { kind: "omits", at: "answer to thread/read", member: "readState" },
    ],
  },
  { why: "There are no goals.", what: [{ kind: "omits", at: "thread/goal/cleared" }] },
  {
    why: "To ask for a thread with all its turns is nothing that we would talk anybody out of.",
    what: [{ kind: "omits", at: "deprecationNotice" }],
  },
  {
    why: "What provably only looks runs unasked, in the sandbox: who is asked about each `ls` stops reading the questions.",
    in: ["a command that only looks, untrusted"],
    what: [
      {
        kind: "omits",
        at: [commandApproval, `serverRequest/resolved of ${commandApproval}`, "thread/status/changed active*"],
      },
    ],
  },
  {
    why: "A rule is about the words of one command: a line with operators in it gets none.",
    what: [{ kind: "omits", at: commandApproval, member: "proposedExecpolicyAmendment" }],
  },
  {
    why: "The decisions that are words are all listed; the list of the original leaves out two that it takes.",
    what: [{ kind: "differs", at: commandApproval, member: "availableDecisions[]" }],
  },
  {
    why: "What `Always allow…` offers: the exact command, then honest generalisations, each with its scopes.",
    what: [{ kind: "adds", at: commandApproval, member: "ruleOffers" }],
  },
  {
    why: "Whether a command has a terminal, and how it ended.",
    what: [
      { kind: "adds", at: commandItem, member: ["item.tty", "item.ending", "item.signal"] },
      { kind: "adds", at: "answer to thread/*", member: ["*.tty", "*.ending", "*.signal"] },
    ],
  },
  {
    why: "A process is named, one that was stopped has no exit code of its own, and what is wrong is quoted.",
    in: ["commands in the background"],
    what: [
      { kind: "differs", at: "item/completed commandExecution", member: ["item.aggregatedOutput", "item.exitCode"] },
      { kind: "differs", at: "answer to thread/backgroundTerminals/list", member: ["data[].osPid", "error.message"] },
      { kind: "differs", at: "answer to thread/backgroundTerminals/terminate", member: "error.message" },
    ],
  },
  {
    why: "A command that ran when its thread was copied is in the copy, as one that was stopped. It may not run yet.",
    in: ["fork, command and archive while a turn runs"],
    sometimes: true,
    what: [
      { kind: "adds", at: "answer to thread/turns/list", member: "data[].items[].*" },
      { kind: "differs", at: "answer to thread/turns/list", member: "data[].items[].type" },
    ],
  },
  {
    why: "What the shell is told to run, exactly, for people to read.",
    what: [
      { kind: "adds", at: commandItem, member: "item.script" },
      { kind: "adds", at: commandApproval, member: "script" },
      { kind: "adds", at: "answer to thread/*", member: "*.script" },
    ],
  },
  {
    why: "Why it is asked, and whether something confines it.",
    what: [{ kind: "adds", at: "item/*/requestApproval", member: "explanation" }],
  },
  {
    why: "Who still shows a question learns that another client has answered it.",
    what: [{ kind: "adds", at: "serverRequest/resolved of item/*", member: "answered" }],
  },
  {
    why: "A client can show what it is asked about without remembering the item.",
    what: [{ kind: "adds", at: "item/fileChange/requestApproval", member: ["changes", "availableDecisions"] }],
  },
  {
    why: "Tokens of one turn.",
    what: [
      { kind: "adds", at: "turn/completed", member: "turn.tokenUsage" },
      { kind: "adds", at: "answer to thread/*", member: ["thread.turns[].tokenUsage", "data[].tokenUsage"] },
    ],
  },
  {
    why: "The name of the mode that approval policy and sandbox amount to.",
    what: [
      { kind: "adds", at: ["answer to thread/*"], member: "mode" },
      { kind: "adds", at: "thread/settings/updated", member: "threadSettings.mode" },
    ],
  },
  {
    why: "Whether a model can be asked at all, and whether it is one.",
    what: [
      {
        kind: "adds",
        at: "answer to model/list",
        member: ["data[].missing", "data[].modelProvider", "data[].scripted"],
      },
    ],
  },
  {
    why: "The original lists its own catalogue whatever the provider; ours lists what is configured.",
    what: [{ kind: "differs", at: "answer to model/list", member: ["nextCursor", "data[].*"] }],
  },
  {
    why: "There are no features under development to switch.",
    in: ["features and profiles"],
    what: [{ kind: "differs", at: "answer to experimentalFeature/list", member: ["data", "nextCursor"] }],
  },
  {
    why: "Of the configuration only the keys that we have are told, with null for what is not set.",
    in: ["configuration"],
    what: [
      { kind: "omits", at: "answer to config/read", member: ["config.*", "layers[].config.*", "origins.*"] },
      { kind: "differs", at: "answer to config/read", member: ["config.*", "layers[].name.type"] },
      { kind: "adds", at: "answer to config/read", member: "layers[].disabledReason" },
    ],
  },
  {
    why: "A call that failed before it could become something else is seen, too.",
    in: ["tools that go wrong", "patch accepted", "patch that nobody may allow"],
    what: [{ kind: "adds", at: ["item/started dynamicToolCall", "item/completed dynamicToolCall"] }],
  },
  {
    why: "The original is at times silent about a command that its sandbox stops at once.",
    in: ["read-only"],
    sometimes: true,
    what: [{ kind: "adds", at: commandItem }],
  },
  {
    why: "The original loses the output of the first moments.",
    what: [{ kind: "adds", at: "item/commandExecution/outputDelta" }],
  },
  {
    why: "A started item completes, whatever ends it; the original leaves it open.",
    in: [
      "interrupt a streaming answer",
      "interrupt a command",
      "interrupt an approval",
      "a queue after an interrupt",
      "steer a streaming answer",
      "steer what is not there",
      "an answer that breaks off once",
      "an answer that always breaks off",
    ],
    what: [
      { kind: "adds", at: "item/completed agentMessage" },
      { kind: "adds", at: "item/completed commandExecution" },
    ],
  },
  {
    why: "Which items are void when an answer is asked for anew; also those that have completed.",
    what: [{ kind: "adds", at: "error", member: "takenBack" }],
  },
  {
    why: "What broke off is told from what is wrong in itself, and a status is told where there was one.",
    in: ["an answer that always breaks off", "a failure before the answer"],
    what: [
      { kind: "differs", at: "error", member: "error.codexErrorInfo*" },
      { kind: "differs", at: "turn/completed", member: "turn.error.codexErrorInfo" },
    ],
  },
  {
    why: "With us a turn that ended has no open question; the original withdraws it a moment later.",
    in: ["interrupt an approval"],
    what: [{ kind: "moves", at: ["serverRequest/resolved of item/*", "thread/status/changed active"] }],
  },
  {
    why: "The original forgets the command that waited for an answer when its process ended.",
    in: ["resuming what an approval waited in"],
    what: [
      { kind: "adds", at: "answer to thread/resume", member: `${storedItems}.*` },
      { kind: "differs", at: "answer to thread/resume", member: `${storedItems}.type` },
    ],
  },
  {
    why: "Whether the original still notes the end of a command when its process ends depends on which comes first.",
    in: ["the input ends while a command runs"],
    sometimes: true,
    what: [
      { kind: "adds", at: "answer to thread/read", member: `${storedItems}.*` },
      {
        kind: "differs",
        at: "answer to thread/read",
        member: [`${storedItems}.type`, `${storedItems}.aggregatedOutput`, `${storedItems}.exitCode`],
      },
    ],
  },
  {
    why: "A command is the agent's whether it outlives its call or not, and has the number of its session from the start.",
    what: [
      { kind: "differs", at: commandItem, member: ["item.processId", "item.source"] },
      { kind: "differs", at: "answer to thread/*", member: ["*.processId", "*.source"] },
    ],
  },
  {
    why: "The original may ask its second question only when the first is answered, and then says twice that it waits.",
    in: ["two approvals at once"],
    sometimes: true,
    what: [{ kind: "omits", at: "thread/status/changed active*" }],
  },
  {
    why: "The original may answer what follows before it tells of a new thread.",
    in: ["settings"],
    sometimes: true,
    what: [{ kind: "moves", at: "answer to thread/settings/update" }],
  },
  {
    why: "A search may find all it shows in one go or in several.",
    in: ["search for files"],
    sometimes: true,
    what: [{ kind: "adds", at: "fuzzyFileSearch/sessionUpdated" }],
  },
  {
    why: "The original may tell of a new thread only behind the answer to the next request, when the replay is over.",
    in: ["loaded threads"],
    sometimes: true,
    what: [{ kind: "adds", at: "thread/started" }],
  },
  {
    why: "The original may answer the next request before it tells of a new thread.",
    in: ["a command of the user", "what a queue refuses"],
    sometimes: true,
    what: [{ kind: "moves", at: "thread/started" }],
  },
  {
    why: "The diff of a turn has what its commands changed, too.",
    what: [{ kind: "adds", at: "turn/diff/updated" }],
  },
  {
    why: "Tokens that were spent are told, also when the turn is stopped while the tools of that answer wait or run.",
    sometimes: true,
    what: [{ kind: "adds", at: "thread/tokenUsage/updated" }],
  },
  {
    why: "The item of a compaction says what came of it, and has the summary.",
    what: [
      {
        kind: "adds",
        at: ["item/started contextCompaction", "item/completed contextCompaction"],
        member: ["item.status", "item.trigger", "item.tokensBefore", "item.tokensAfter", "item.summary"],
      },
    ],
  },
  {
    why: "What a model provider said is kept, word for word.",
    what: [
      { kind: "differs", at: "error", member: "error.additionalDetails" },
      { kind: "differs", at: "turn/completed", member: "turn.error.additionalDetails" },
    ],
  },
  {
    why: "Ours also says at which member, where it lies deep.",
    in: ["before the handshake"],
    what: [{ kind: "differs", at: "answer to initialize", member: "error.message" }],
  },
  {
    why: "The sentence behind the colon is that of the original's library for UUIDs.",
    in: ["requests that are wrong"],
    what: [{ kind: "differs", at: "answer to turn/start", member: "error.message" }],
  },
  {
    why: "Our default is workspace-write; the original begins with read-only in a folder that nobody trusted yet.",
    in: ["requests that are wrong", "opting out"],
    what: [
      { kind: "differs", at: "answer to thread/start", member: "sandbox.type" },
      {
        kind: "adds",
        at: "answer to thread/start",
        member: ["sandbox.excludeSlashTmp", "sandbox.excludeTmpdirEnvVar", "sandbox.writableRoots"],
      },
    ],
  },
  {
    why: "A thread in a folder that does not exist is refused: nothing could run there.",
    in: ["requests that are wrong"],
    what: [
      { kind: "differs", at: "answer to thread/start", member: "error" },
      { kind: "omits", at: ["answer to thread/start", "thread/started"] },
    ],
  },
  {
    why: "The cure that is named is one that a client of ours has.",
    in: ["archive and delete"],
    what: [{ kind: "differs", at: "answer to thread/resume", member: "error.message" }],
  },
  {
    why: "What the agent changed in files can be reviewed and undone; clients are told when that changes.",
    sometimes: true,
    what: [{ kind: "adds", at: ["belay/review/updated", "belay/files/updated"] }],
  },
  {
    why: "Who writes to the thread is named, so that a person finds the window.",
    in: ["a second writer"],
    what: [{ kind: "adds", at: "answer to thread/resume", member: "error.data" }],
  },
  {
    why: "What is refused leaves the thread as it is; the original unloads it first and loads it again.",
    in: ["revert to nowhere"],
    what: [{ kind: "omits", at: ["thread/status/changed notLoaded", "thread/status/changed idle"] }],
  },
  {
    why: "Permission profiles are named by the mode.",
    what: [
      { kind: "differs", at: ["answer to thread/start", "answer to thread/resume"], member: "activePermissionProfile" },
    ],
  },
  {
    why: "The original forgets what was set for a turn that its process did not survive.",
    in: ["resuming what an approval waited in"],
    what: [
      { kind: "differs", at: "answer to thread/resume", member: "sandbox.type" },
      { kind: "adds", at: "answer to thread/resume", member: "sandbox.*" },
    ],
  },
  {
    why: "A resume that changes settings says so.",
    in: ["resume in a new process"],
    what: [{ kind: "adds", at: "thread/settings/updated" }],
  },
  {
    why: "The same under the names that thread/start has.",
    what: [
      {
        kind: "adds",
        at: "thread/settings/updated",
        member: ["threadSettings.reasoningEffort", "threadSettings.sandbox"],
      },
    ],
  },
  {
    why: "A question of the model is a step of its turn, and so an item; and asking is no feature under development.",
    in: ["questions of the model"],
    what: [
      { kind: "adds", at: ["item/started dynamicToolCall", "item/completed dynamicToolCall"] },
      { kind: "omits", at: "warning" },
    ],
  },
  {
    why: "An item completes before its turn does; the original may complete it a moment later, or not at all.",
    in: ["fork, command and archive while a turn runs"],
    sometimes: true,
    what: [
      { kind: "adds", at: "item/completed commandExecution" },
      { kind: "moves", at: ["item/completed commandExecution", "turn/completed", "thread/status/changed *"] },
      { kind: "differs", at: "item/completed commandExecution", member: ["item.aggregatedOutput", "item.exitCode"] },
    ],
  },
];
