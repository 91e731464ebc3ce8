// Scenarios of turns: everything that a model can make happen, and the questions that clients answer.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ScriptName } from "../../scripts.ts";
import { answer, type Live, playTurn, type Scenario, startTurn, text, turnEnd } from "../stage.ts";

const commandApproval = "item/commandExecution/requestApproval";
const fileApproval = "item/fileChange/requestApproval";
const asking = { approvalPolicy: "untrusted", sandbox: "workspace-write" };

/** A turn whose one question is answered so. */
function approved(script: ScriptName, method: string, decision: unknown): Scenario {
  return {
    name: `${method}: ${script} answered with ${JSON.stringify(decision)}`,
    drives: ["turn/start", method],
    async run(stage) {
      const live = await stage.thread(asking);
      const turnId = await startTurn(live, script);
      await answer(live.server, method, { decision });
      await live.server.hear("serverRequest/resolved");
      await turnEnd(live, turnId);
    },
  };
}

const decisions = ["accept", "acceptForSession", "decline", "cancel"];

export const turnScenarios: readonly Scenario[] = [
  {
    name: "turns without questions",
    drives: ["turn/start"],
    async run(stage) {
      const live = await stage.thread();
      const scripts = [
        "hello",
        "shell",
        "shellfail",
        "look",
        "patchadd",
        "patchedit",
        "patchbad",
        "unknowntool",
        "badargs",
        "plan",
      ] as const;
      for (const script of scripts) await playTurn(live, script);
      await live.server.result("thread/read", { threadId: live.threadId, includeTurns: true });
    },
  },
  {
    name: "a turn changes the settings of its thread",
    drives: ["turn/start"],
    async run(stage) {
      const { server, threadId } = await stage.thread();
      await server.result("turn/start", {
        threadId,
        clientUserMessageId: "mine",
        input: [...text("hello"), { type: "mention", name: "README.md", path: join(stage.workspace, "README.md") }],
        approvalPolicy: "on-request",
        sandboxPolicy: {
          type: "workspaceWrite",
          writableRoots: [stage.workspace],
          networkAccess: true,
          excludeTmpdirEnvVar: false,
          excludeSlashTmp: false,
        },
        model: "another-model",
        effort: "high",
        cwd: stage.workspace,
      });
      await server.hear("thread/settings/updated");
      await server.hear("turn/completed");
    },
  },
  ...decisions.flatMap((decision) => [
    approved("shell", commandApproval, decision),
    approved("patchadd", fileApproval, decision),
  ]),
  approved("make", commandApproval, {
    acceptWithExecpolicyAmendment: { execpolicy_amendment: ["mkdir", "made"] },
  }),
  {
    // The original sends it behind a feature that is off.
    name: "a patch is shown while it is written",
    drives: ["turn/start"],
    only: "ours",
    async run(stage) {
      const live = await stage.thread();
      const turnId = await startTurn(live, "written");
      await live.server.hear("item/fileChange/patchUpdated");
      await turnEnd(live, turnId);
    },
  },
  {
    name: "a command is let out to a host",
    drives: ["turn/start", commandApproval],
    only: "ours",
    async run(stage) {
      const live = await stage.thread({ approvalPolicy: "on-request", sandbox: "workspace-write" });
      const network_policy_amendment = { host: "localhost", action: "allow" };
      const turnId = await startTurn(live, "fetch");
      const { params } = await answer(live.server, commandApproval, {
        decision: { applyNetworkPolicyAmendment: { network_policy_amendment } },
      });
      const { networkApprovalContext } = params as { networkApprovalContext?: { host: string } };
      assert.equal(networkApprovalContext?.host, "localhost");
      await turnEnd(live, turnId);
    },
  },
  {
    name: "what a model types is asked for",
    drives: ["turn/start", commandApproval],
    only: "ours",
    async run(stage) {
      const live = await stage.thread(asking);
      const turnId = await startTurn(live, "typing");
      await answer(live.server, commandApproval, { decision: "accept" });
      const { params } = await answer(live.server, commandApproval, { decision: "accept" });
      assert.equal((params as { kind?: string }).kind, "writeStdin");
      await live.server.hear("item/commandExecution/terminalInteraction");
      await turnEnd(live, turnId);
    },
  },
  {
    name: "an escalated command is asked for",
    drives: ["turn/start", commandApproval],
    async run(stage) {
      const live = await stage.thread({ approvalPolicy: "on-request", sandbox: "workspace-write" });
      const turnId = await startTurn(live, "escalate");
      await answer(live.server, commandApproval, { decision: "decline" });
      await turnEnd(live, turnId);
    },
  },
  {
    name: "a command streams",
    drives: ["turn/start"],
    async run(stage) {
      const live = await stage.thread();
      const turnId = await startTurn(live, "stream");
      await live.server.hear("item/commandExecution/outputDelta");
      writeFileSync(join(stage.workspace, "go"), "");
      await turnEnd(live, turnId);
    },
  },
  {
    name: "commands outlive their turn, are listed and ended",
    drives: [
      "thread/backgroundTerminals/list",
      "thread/backgroundTerminals/terminate",
      "thread/backgroundTerminals/clean",
    ],
    async run(stage) {
      const live = await stage.thread();
      const { server, threadId } = live;
      await playTurn(live, "background");
      await server.result("thread/backgroundTerminals/list", { threadId, limit: 1 });
      const { data } = await server.result("thread/backgroundTerminals/list", { threadId });
      const [{ processId }] = data as [{ processId: string }];
      await server.result("thread/backgroundTerminals/terminate", { threadId, processId });
      await server.hear("item/completed", ({ item }: { item: { processId?: string } }) => item.processId === processId);
      await server.result("thread/backgroundTerminals/clean", { threadId });
      await server.hear("item/completed", isCommand);
      await server.result("thread/read", { threadId, includeTurns: true });
    },
  },
  {
    name: "a model types into a command",
    drives: ["turn/start"],
    only: "ours",
    async run(stage) {
      const live = await stage.thread();
      await playTurn(live, "typing");
      await live.server.hear("item/commandExecution/terminalInteraction");
    },
  },
  {
    name: "turn/interrupt",
    drives: ["turn/interrupt"],
    async run(stage) {
      const live = await stage.thread();
      const { server, threadId } = live;
      const turnId = await startTurn(live, "slow");
      await server.hear("item/agentMessage/delta");
      await server.result("turn/interrupt", { threadId, turnId });
      await turnEnd(live, turnId);
    },
  },
  {
    name: "turn/steer",
    drives: ["turn/steer"],
    async run(stage) {
      const live = await stage.thread();
      const { server, threadId } = live;
      const turnId = await startTurn(live, "gated");
      await server.hear("item/started", isCommand);
      const input = text("again");
      await server.result("turn/steer", { threadId, expectedTurnId: turnId, input, clientUserMessageId: "steered" });
      writeFileSync(join(stage.workspace, "go"), "");
      await turnEnd(live, turnId);
    },
  },
  {
    name: "a model thinks aloud",
    drives: ["turn/start"],
    async run(stage) {
      await playTurn(await stage.thread(), "aloud");
    },
  },
  {
    name: "a turn fails",
    drives: ["turn/start"],
    async run(stage) {
      const live = await stage.thread();
      await playTurn(live, "fail");
      await live.server.hear("error");
    },
  },
  {
    name: "dynamic tools",
    drives: ["thread/start", "item/tool/call"],
    async run(stage) {
      const live = await stage.thread({ dynamicTools: [ticketTool] });
      const contentItems = [{ type: "inputText", text: "It is open" }];
      await withAnswer(live, "dynamic", "item/tool/call", { contentItems, success: true });
      await withAnswer(live, "dynamic", "item/tool/call", { contentItems: [], success: false });
    },
  },
  {
    name: "the model asks the user",
    drives: ["item/tool/requestUserInput"],
    place: { overrides: ["features.default_mode_request_user_input=true"] },
    async run(stage) {
      const live = await stage.thread();
      const answers = { q1: { answers: ["A (Recommended)"] } };
      await withAnswer(live, "askuser", "item/tool/requestUserInput", { answers });
      await withAnswer(live, "askuser", "item/tool/requestUserInput", { answers: {} });
    },
  },
];

const ticketTool = {
  type: "function",
  name: "lookup_ticket",
  description: "Finds a ticket",
  inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
};

async function withAnswer(live: Live, script: ScriptName, method: string, result: unknown): Promise<void> {
  const turnId = await startTurn(live, script);
  await answer(live.server, method, result);
  await turnEnd(live, turnId);
}

function isCommand({ item }: { item: { type: string } }): boolean {
  return item.type === "commandExecution";
}
