// The whole table: action, approval policy and sandbox, to what happens.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionApprovals, commandKey, fileKey } from "../../../server/approval/approvals.ts";
import type { Judgement } from "../../../server/approval/judge.ts";
import { type ActionFacts, requirement, type TargetFacts } from "../../../server/approval/policy.ts";
import type { PlainApprovalPolicy } from "../../../server/protocol/approval.ts";
import type { Rule } from "../../../server/protocol/command.ts";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";

const sandboxes: Record<string, SandboxPolicy> = {
  readOnly: { type: "readOnly", networkAccess: false },
  workspaceWrite: {
    type: "workspaceWrite",
    writableRoots: [],
    networkAccess: false,
    excludeTmpdirEnvVar: false,
    excludeSlashTmp: false,
  },
  externalSandbox: { type: "externalSandbox", networkAccess: "restricted" },
  dangerFullAccess: { type: "dangerFullAccess" },
};
const target = (path: string, facts: Partial<TargetFacts>) => ({
  kind: "fileChange" as const,
  targets: [{ path, leadsTo: null, isWritable: true, isProtected: false, isDenied: false, ...facts }],
});
const inside = target("/w/a", {});
const outside = target("/out", { isWritable: false });
const guarded = target("/w/.git/config", { isProtected: true });
const denied = target("/w/.netrc", { isDenied: true });
const both: ActionFacts = { kind: "fileChange", targets: [...inside.targets, ...outside.targets] };

const unknown: Judgement = { kind: "unknown", because: "npm is not on the list", mayHide: false };
const command = { kind: "command", judgement: unknown, escalated: false } as const;
const escalated = { ...command, escalated: true } as const;

const rule = (decision: Rule["decision"], outsideSandbox = false): Rule => ({
  ...{ id: "1", pattern: [["git"], ["push", "fetch"]], exact: false, decision, scope: "always", workspace: null },
  ...{ outsideSandbox, justification: decision === "forbidden" ? "ask Ann." : null, source: "default.rules:3" },
});
const judgements: Record<string, Judgement> = {
  safe: { kind: "safe", because: "it only looks" },
  allowed: { kind: "allowed", rules: [rule("allow")], outsideSandbox: false },
  "allowed outside": { kind: "allowed", rules: [rule("allow", true)], outsideSandbox: true },
  unknown,
  "may hide": { ...unknown, mayHide: true },
  prompt: { kind: "prompt", rule: rule("prompt") },
  forbidden: { kind: "forbidden", rule: rule("forbidden") },
};

const actions: Record<string, ActionFacts> = {
  read: { kind: "read" },
  command,
  "command, escalated": escalated,
  "change inside": inside,
  "change outside": outside,
  "change in and outside": both,
  "change of a protected file": guarded,
  "change of a denied file": denied,
};

// run: in the sandbox; run free: outside it. The same for ask.
const table = `
action                      sandbox           untrusted  on-request  never
read                        readOnly          run        run         run
read                        workspaceWrite    run        run         run
read                        externalSandbox   run        run         run
read                        dangerFullAccess  run        run         run
command                     readOnly          ask        run         run
command                     workspaceWrite    ask        run         run
command                     externalSandbox   ask free   run free    run free
command                     dangerFullAccess  ask free   run free    run free
command, escalated          readOnly          ask free   ask free    forbid
command, escalated          workspaceWrite    ask free   ask free    forbid
command, escalated          externalSandbox   ask free   run free    run free
command, escalated          dangerFullAccess  ask free   run free    run free
change inside               readOnly          ask        ask         forbid
change inside               workspaceWrite    ask        run         run
change inside               externalSandbox   ask        run         run
change inside               dangerFullAccess  ask        run free    run free
change outside              readOnly          ask free   ask free    forbid
change outside              workspaceWrite    ask free   ask free    forbid
change outside              externalSandbox   ask        run         run
change outside              dangerFullAccess  ask        run free    run free
change in and outside       readOnly          ask free   ask free    forbid
change in and outside       workspaceWrite    ask free   ask free    forbid
change in and outside       externalSandbox   ask        run         run
change in and outside       dangerFullAccess  ask        run free    run free
change of a protected file  readOnly          ask free   ask free    forbid
change of a protected file  workspaceWrite    ask free   ask free    forbid
change of a protected file  externalSandbox   ask free   ask free    forbid
change of a protected file  dangerFullAccess  ask free   run free    run free
change of a denied file     readOnly          ask free   ask free    forbid
change of a denied file     workspaceWrite    ask free   ask free    forbid
change of a denied file     externalSandbox   ask free   ask free    forbid
change of a denied file     dangerFullAccess  ask free   run free    run free
`;

test("each action under each policy and sandbox runs, asks or is forbidden as the table says", () => {
  const rows = Object.entries(actions).flatMap(([name, action]) =>
    Object.keys(sandboxes).map((sandbox) => {
      const verdicts = (["untrusted", "on-request", "never"] as const).map((policy) =>
        verdict(action, policy, sandbox, null),
      );
      return [name.padEnd(28), sandbox.padEnd(18), verdicts[0]?.padEnd(11), verdicts[1]?.padEnd(12), verdicts[2]].join(
        "",
      );
    }),
  );
  const header = "action                      sandbox           untrusted  on-request  never";
  assert.equal(`\n${[header, ...rows].join("\n")}\n`, table);
});

test("where no sandbox works, what would run in it asks to run without, and is forbidden under never", () => {
  const found = (["untrusted", "on-request", "never"] as const).map((policy) =>
    Object.keys(sandboxes).map((sandbox) => verdict(command, policy, sandbox, "bwrap is missing.")),
  );
  assert.deepEqual(found, [
    ["ask free", "ask free", "ask free", "ask free"],
    ["ask free", "ask free", "run free", "run free"],
    ["forbid", "forbid", "run free", "run free"],
  ]);
});

// As above, in the order untrusted / on-request / never.
const commandTable = `
judgement        wants    confined and the sandbox works        no sandbox works here                 nothing is to confine it
safe             -        run/run/run                           run free/run free/run free            run free/run free/run free
safe             to leave ask free/ask free/forbid              ask free/ask free/forbid              run free/run free/run free
allowed          -        run/run/run                           ask free/ask free/forbid              run free/run free/run free
allowed          to leave ask free/ask free/forbid              ask free/ask free/forbid              run free/run free/run free
allowed outside  -        run/run/run                           run free/run free/run free            run free/run free/run free
allowed outside  to leave run free/run free/run free            run free/run free/run free            run free/run free/run free
unknown          -        ask/run/run                           ask free/ask free/forbid              ask free/run free/run free
unknown          to leave ask free/ask free/forbid              ask free/ask free/forbid              ask free/run free/run free
may hide         -        ask/ask/forbid                        ask free/ask free/forbid              ask free/ask free/forbid
may hide         to leave ask free/ask free/forbid              ask free/ask free/forbid              ask free/ask free/forbid
prompt           -        ask/ask/forbid                        ask free/ask free/forbid              ask free/ask free/forbid
prompt           to leave ask free/ask free/forbid              ask free/ask free/forbid              ask free/ask free/forbid
forbidden        -        forbid/forbid/forbid                  forbid/forbid/forbid                  forbid/forbid/forbid
forbidden        to leave forbid/forbid/forbid                  forbid/forbid/forbid                  forbid/forbid/forbid
`;

test("a command runs, asks or is forbidden by what was judged, what it wants and where it runs", () => {
  const header = commandTable.split("\n")[1] ?? "";
  const wishes = { "-": {}, "to leave": { escalated: true } };
  const rows = (confining: string, free: string) =>
    Object.entries(judgements).flatMap(([name, judgement]) =>
      Object.entries(wishes).map(([wish, more]) => {
        const action = { ...command, judgement, ...more };
        const cell = (sandbox: string, unavailable: string | null) =>
          (["untrusted", "on-request", "never"] as const)
            .map((policy) => verdict(action, policy, sandbox, unavailable))
            .join("/");
        const cells = [cell(confining, null), cell(confining, "bwrap is missing."), cell(free, null)];
        const padded = [...cells.slice(0, 2).map((text) => text.padEnd(38)), cells[2]];
        return `${name.padEnd(17)}${wish.padEnd(9)}${padded.join("")}`;
      }),
    );
  for (const confining of ["readOnly", "workspaceWrite"]) {
    for (const free of ["externalSandbox", "dangerFullAccess"]) {
      assert.equal(`\n${[header, ...rows(confining, free)].join("\n")}\n`, commandTable);
    }
  }
});

test("a rule that asks or forbids is named, with where it stands and why", () => {
  const situation = { cwd: "/w", approvalPolicy: "on-request", sandboxUnavailable: null } as const;
  const say = (judgement: Judgement | undefined) =>
    requirement(
      { ...command, judgement: judgement ?? unknown },
      {
        ...situation,
        sandbox: sandboxes["workspaceWrite"] as SandboxPolicy,
      },
    );
  assert.deepEqual(say(judgements["prompt"]), {
    ...{ kind: "ask", sandboxed: true, because: "a rule in default.rules:3 asks for git push|fetch" },
  });
  const message = "rejected: a rule in default.rules:3 forbids git push|fetch (ask Ann)";
  assert.deepEqual(say(judgements["forbidden"]), { kind: "forbid", message });
});

test("a question says why it is asked, and a refusal why it is refused", () => {
  const say = (action: ActionFacts, approvalPolicy: PlainApprovalPolicy, sandboxUnavailable: string | null = null) => {
    const need = requirement(action, {
      cwd: "/w",
      approvalPolicy,
      sandbox: sandboxes["workspaceWrite"] as SandboxPolicy,
      sandboxUnavailable,
    });
    return need.kind === "ask" ? need.because : need.kind === "forbid" ? need.message : null;
  };
  assert.deepEqual(
    [
      say(command, "untrusted"),
      say(escalated, "on-request"),
      say(command, "on-request", "bwrap is missing. "),
      say(inside, "untrusted"),
      say(outside, "on-request"),
      say(guarded, "on-request"),
      say(guarded, "never"),
    ],
    [
      "npm is not on the list",
      "it wants to run outside the sandbox",
      "no sandbox works here (bwrap is missing)",
      "every change asks first",
      "/out is outside the workspace",
      "/w/.git/config can change what programs run",
      "rejected: /w/.git/config can change what programs run, and the approval policy is never to ask",
    ],
  );
});

test("a question about a file that a link hides names where it really is", () => {
  const say = (facts: Partial<TargetFacts>, sandbox: string) => {
    const situation = { cwd: "/w", approvalPolicy: "on-request", sandboxUnavailable: null } as const;
    const action = target("/w/NOTES.md", { leadsTo: "/x/y", ...facts });
    const need = requirement(action, { ...situation, sandbox: sandboxes[sandbox] as SandboxPolicy });
    return need.kind === "ask" ? need.because : need.kind;
  };
  const wordsFor = (facts: Partial<TargetFacts>) =>
    ["readOnly", "workspaceWrite"].map((sandbox) => say(facts, sandbox));
  const outsideWords = "NOTES.md leads to /x/y, outside the workspace";
  const protectedWords = "NOTES.md leads to /x/y, which can change what programs run";
  assert.deepEqual(wordsFor({ isWritable: false }), [outsideWords, outsideWords]);
  assert.deepEqual(wordsFor({ isProtected: true }), [protectedWords, protectedWords]);
});

test("a refusal does not tell the model where a link leads", () => {
  const need = requirement(target("/out/link", { leadsTo: "/x/y", isWritable: false }), {
    ...{ cwd: "/w", approvalPolicy: "never", sandboxUnavailable: null },
    sandbox: sandboxes["workspaceWrite"] as SandboxPolicy,
  });
  const message = "rejected: /out/link is outside the workspace, and the approval policy is never to ask";
  assert.deepEqual(need, { kind: "forbid", message });
});

test("under a sandbox policy that is not known, everything but reading asks, and is forbidden under never", () => {
  const sandbox = { type: "lockedDown" } as unknown as SandboxPolicy;
  const found = [inside, command, { kind: "read" } as const].map((action) =>
    (["untrusted", "on-request", "never"] as const).map(
      (approvalPolicy) => requirement(action, { cwd: "/w", approvalPolicy, sandbox, sandboxUnavailable: null }).kind,
    ),
  );
  assert.deepEqual(found, [
    ["ask", "ask", "forbid"],
    ["ask", "ask", "forbid"],
    ["skip", "skip", "skip"],
  ]);
});

test("what is approved for a thread is covered by its exact keys, all of them, and nothing else", () => {
  const approvals = new SessionApprovals();
  const sandbox = sandboxes["workspaceWrite"] as SandboxPolicy;
  const ls = { argv: ["bash", "-c", "ls"], cwd: "/w", sandbox };
  approvals.remember([commandKey(ls), fileKey("/w/a", "write"), fileKey("/w/b", "write")]);
  assert.ok(approvals.cover([commandKey({ ...ls })]));
  assert.ok(approvals.cover([fileKey("/w/b", "write"), fileKey("/w/a", "write")]));
  for (const other of [
    { ...ls, argv: ["bash", "-c", "ls "] },
    { ...ls, argv: ["bash", "-c ls"] },
    { ...ls, cwd: "/w/sub" },
    { ...ls, sandbox: null },
    { ...ls, sandbox: { ...sandbox, networkAccess: true } as SandboxPolicy },
  ]) {
    assert.ok(!approvals.cover([commandKey(other)]), JSON.stringify(other));
  }
  assert.ok(!approvals.cover([fileKey("/w/a", "write"), fileKey("/w/c", "write")]));
  for (const effect of ["delete", "moveAway", "moveHere"] as const) {
    assert.ok(!approvals.cover([fileKey("/w/a", effect)]), effect);
  }
  assert.ok(!approvals.cover([]));
});

function verdict(
  action: ActionFacts,
  approvalPolicy: PlainApprovalPolicy,
  sandbox: string,
  sandboxUnavailable: string | null,
): string {
  const need = requirement(action, {
    cwd: "/w",
    approvalPolicy,
    sandbox: sandboxes[sandbox] as SandboxPolicy,
    sandboxUnavailable,
  });
  if (need.kind === "forbid") return "forbid";
  return `${need.kind === "skip" ? "run" : "ask"}${need.sandboxed ? "" : " free"}`;
}
