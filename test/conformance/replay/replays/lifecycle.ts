// Conversations about the wire itself: the handshake, errors, opting out, and how a server ends.
import {
  ask,
  commandAsked,
  commandStarted,
  end,
  ended,
  hear,
  line,
  shakeHands,
  start,
  tell,
  thread,
  turn,
} from "../steps.ts";
import type { Replay } from "../replay.ts";

const clientInfo = { name: "replay", title: null, version: "1" };
const nobody = "00000000-0000-7000-8000-000000000000";
const input = [{ type: "text", text: "hello" }];
const granular = {
  sandbox_approval: true,
  rules: true,
  skill_approval: true,
  request_permissions: true,
  mcp_elicitations: true,
};

export const lifecycleReplays: readonly Replay[] = [
  {
    name: "a plan",
    about: "It is told twice in its turn, with an explanation and without, and without an item.",
    // The original has the tool only where it is asked for.
    place: { overrides: ["tools.update_plan.enabled=true"] },
    steps: [...shakeHands(), thread("never", "read-only"), turn("plan"), ended],
  },
  {
    name: "before the handshake",
    about: "What is asked before initialize is refused, and initialize itself may be wrong, and right only once.",
    steps: [
      ask("thread/start", {}),
      tell("initialized"),
      ask("foo/bar", {}),
      ask("initialize", { clientInfo: { name: "x" } }),
      ask("initialize"),
      ask("initialize", { clientInfo }),
      ask("initialize", { clientInfo }),
      ask("thread/list", {}),
    ],
  },
  {
    name: "requests that are wrong",
    about: "Unknown methods, unknown threads, and params that do not fit.",
    steps: [
      ask("initialize", { clientInfo }),
      ask("foo/bar", {}),
      ask("thread/rollback", { threadId: nobody, numTurns: 1 }),
      ask("turn/start", { threadId: nobody, input }),
      ask("turn/start", { threadId: "not-a-uuid", input }),
      ask("thread/read", { threadId: nobody }),
      ask("thread/resume", { threadId: nobody }),
      ask("turn/interrupt", { threadId: nobody, turnId: "x" }),
      ask("turn/start", {}),
      ask("turn/start"),
      ask("thread/start", { cwd: 5 }),
      ask("thread/start", { sandbox: "workspaceWrite" }),
      ask("thread/start", { approvalPolicy: "on-failure" }),
      ask("thread/start", { approvalPolicy: "unlessTrusted" }),
      ask("thread/start", { nonsense: 1, ephemeral: true }),
      ask("thread/start", { cwd: "rel/dir", ephemeral: true }),
      ask("thread/start", { cwd: "/no/such/dir", ephemeral: true }),
    ],
  },
  {
    name: "unknown threads of other methods",
    about: "Forking and archiving what is not there.",
    steps: [
      ask("initialize", { clientInfo }),
      ask("thread/fork", { threadId: nobody }),
      ask("thread/archive", { threadId: nobody }),
    ],
  },
  {
    name: "the experimental gate",
    about: "A member and a variant that only clients with experimentalApi may use.",
    steps: [
      ask("initialize", { clientInfo }),
      ask("thread/start", { dynamicTools: [], ephemeral: true }),
      ask("thread/start", { approvalPolicy: { granular }, ephemeral: true }),
      ask("thread/settings/update", { threadId: nobody }),
    ],
  },
  {
    name: "lines that are no messages",
    about: "They are passed over, and what comes after them is answered.",
    steps: [
      ask("initialize", { clientInfo }),
      line('{"method": "thread/list", "id": 99, '),
      line("[1,2,3]"),
      line('{"id": 55, "result": {}}'),
      line('{"jsonrpc":"2.0","method":"model/list","id":"a string","params":{}}'),
      line('{"method":"thread/list","id":null,"params":{}}'),
      line('{"method":"thread/list","params":{}}'),
      line('{"method":"thread/list","id":1.5,"params":{}}'),
      line(""),
      ask("thread/list", {}),
    ],
  },
  {
    name: "opting out",
    about: "By exact names, of which unknown ones do not matter.",
    steps: [
      ...shakeHands({
        experimentalApi: false,
        requestAttestation: false,
        optOutNotificationMethods: [
          "item/agentMessage/delta",
          "thread/started",
          "nonexistent/x",
          "item/reasoning/summaryTextDelta",
        ],
      }),
      ask("thread/start", { cwd: "$ws", approvalPolicy: "never", ephemeral: true }),
      turn("hello"),
      ended,
      ask("thread/read", { threadId: "$thread", includeTurns: true }),
    ],
  },
  {
    name: "many requests at once",
    about: "All are answered, in whatever order.",
    steps: [
      ...shakeHands(),
      ...Array.from({ length: 40 }, () => ask("thread/list", { limit: 1 }, { later: true })),
      ask("model/list", { limit: 1 }),
    ],
  },
  {
    name: "the input ends while a command runs",
    about: "The server ends at once, and another process finds the turn interrupted.",
    steps: [
      ...shakeHands(),
      thread("never", "danger-full-access"),
      turn("forever"),
      commandStarted,
      end(),
      start,
      ...shakeHands(),
      ask("thread/read", { threadId: "$thread", includeTurns: true }),
    ],
  },
  {
    name: "a signal while an approval waits",
    about: "The server ends politely.",
    steps: [...shakeHands(), thread("untrusted", "workspace-write"), turn("shell"), commandAsked, end("signal")],
  },
  {
    name: "resuming what an approval waited in",
    about: "The input ends while an approval waits; another process resumes the thread and goes on.",
    steps: [
      ...shakeHands(),
      thread("untrusted", "workspace-write"),
      turn("shell"),
      commandAsked,
      end(),
      start,
      ...shakeHands(),
      ask("thread/resume", { threadId: "$thread" }),
      turn("again"),
      ended,
    ],
  },
  {
    name: "a model that fails",
    about: "The turn fails, and the next one runs as usual.",
    steps: [...shakeHands(), thread("never", "read-only"), turn("fail"), ended, hear("error"), turn("again"), ended],
  },
];
