// Scenarios of messages that wait for their turn.
import { type Live, type Scenario, startTurn, text, turnEnd } from "../stage.ts";

/** A thread whose turn runs until `go` appears, with one message behind it. */
async function withMessage(live: Live): Promise<Live & { turnId: string; queuedSubmissionId: string }> {
  const turnId = await startTurn(live, "gated");
  await live.server.hear("item/started", ({ item }: { item: { type: string } }) => item.type === "commandExecution");
  const { queuedSubmission } = await live.server.result("thread/queue/add", {
    threadId: live.threadId,
    input: text("hello"),
    clientUserMessageId: "client-1",
    responsesapiClientMetadata: { from: "a test" },
  });
  return { ...live, turnId, queuedSubmissionId: (queuedSubmission as { id: string }).id };
}

export const queueScenarios: readonly Scenario[] = [
  {
    name: "a queued message is changed, moved and taken back",
    drives: [
      "thread/queue/add",
      "thread/queue/list",
      "thread/queue/update",
      "thread/queue/reorder",
      "thread/queue/delete",
    ],
    async run(stage) {
      const { server, threadId, turnId, queuedSubmissionId } = await withMessage(await stage.threadWithTurn());
      await server.hear("thread/queue/changed");
      await server.result("thread/queue/list", { threadId, limit: 10 });
      await server.result("thread/queue/update", { threadId, queuedSubmissionId, input: text("again") });
      await server.result("thread/queue/reorder", { threadId, queuedSubmissionIds: [queuedSubmissionId] });
      await server.result("thread/queue/delete", { threadId, queuedSubmissionId });
      await server.result("turn/interrupt", { threadId, turnId });
      await turnEnd({ server, threadId }, turnId);
    },
  },
  {
    name: "a queued message is begun by hand",
    drives: ["thread/queue/start"],
    async run(stage) {
      const { server, threadId, turnId } = await withMessage(await stage.threadWithTurn());
      await server.result("turn/interrupt", { threadId, turnId });
      await turnEnd({ server, threadId }, turnId);
      const { turn } = await server.result("thread/queue/start", { threadId });
      await turnEnd({ server, threadId }, (turn as { id: string }).id);
    },
  },
  {
    name: "a queued message is sent into the turn that runs",
    drives: ["belay/queue/sendNow"],
    only: "ours",
    async run(stage) {
      const { server, threadId, turnId, queuedSubmissionId } = await withMessage(await stage.threadWithTurn());
      await server.result("belay/queue/sendNow", { threadId, queuedSubmissionId });
      await server.result("turn/interrupt", { threadId, turnId });
      await turnEnd({ server, threadId }, turnId);
    },
  },
];
