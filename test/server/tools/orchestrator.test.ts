// One tool call from start to end, with everything around it handed in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionApprovals } from "../../../server/approval/approvals.ts";
import type { ApprovalDecision } from "../../../server/protocol/approval.ts";
import type { ServerNotification } from "../../../server/protocol/methods.ts";
import type { SandboxPolicy } from "../../../server/protocol/sandbox.ts";
import { RunningCommands } from "../../../server/thread/running-commands.ts";
import type { Started } from "../../../server/tools/command.ts";
import type { ToolDeps } from "../../../server/tools/deps.ts";
import { runToolCall } from "../../../server/tools/orchestrator.ts";
import { tools } from "../../../server/tools/registry.ts";

const patch = "*** Begin Patch\n*** Add File: a.txt\n+new\n*** End Patch";
const patchCall = { type: "toolCall", callId: "1", name: "apply_patch", kind: "freeform", input: patch } as const;
const command = { type: "toolCall", callId: "1", name: "exec_command", kind: "json", input: '{"cmd":"make"}' } as const;

test("a turn that was stopped before a call begins runs nothing and shows nothing", async () => {
  for (const call of [patchCall, command]) {
    const { outcome, told, did } = await run(call, { aborted: true });
    assert.deepEqual(
      [outcome, told, did],
      [{ output: "aborted by user. Nothing was done.", stopsTurn: false }, [], []],
    );
  }
});

test("a call that breaks inside fails its item, which still completes", async () => {
  const { outcome, told } = await run(command, {
    start: () => {
      throw new Error("boom");
    },
  });
  assert.deepEqual(told, ["item/started inProgress", "item/completed failed"]);
  assert.match(outcome.output, /it failed inside Belay: boom\. It may have had effects\.$/);
});

test("a patch may be written where it was judged to land, and nowhere else", async () => {
  const { did } = await run(patchCall, { realTarget: (path) => path.replace(/^\/w/, "/real") });
  assert.deepEqual(did, ["write /real/a.txt"]);
});

test("a patch may be given as a JSON argument, too", async () => {
  for (const input of [JSON.stringify({ input: patch }), JSON.stringify({ patch }), patch]) {
    const { outcome } = await run({ ...patchCall, kind: "json", input });
    assert.equal(outcome.output, "Success. Updated the following files:\nA a.txt\n");
  }
});

test("where it leads cannot be known, nothing is written", async () => {
  const { outcome, told } = await run(patchCall, {
    realTarget: () => {
      throw new Error("ELOOP");
    },
  });
  assert.deepEqual(told, ["item/started inProgress", "item/completed failed"]);
  assert.match(outcome.output, /a path leads through links that cannot be followed$/);
});

test("a stopped turn does not wait for a disk that does not answer", async () => {
  const readCall = { ...command, name: "read_file", input: '{"path":"a"}' };
  const failed = ["item/started inProgress", "item/completed failed"];
  for (const [call, shown] of [
    [patchCall, []],
    [readCall, failed],
  ] as const) {
    const abort = new AbortController();
    const read = Promise.withResolvers<void>();
    const answered = run(call, { signal: abort.signal, read: () => (read.resolve(), new Promise(() => {})) });
    await read.promise;
    abort.abort();
    const { outcome, told } = await answered;
    assert.deepEqual([outcome.output, told], ["aborted by user. Nothing was done.", shown]);
  }
});

test("a patch of the same turn waits for a running command, and is declined when the turn is stopped", async () => {
  for (const isStopped of [false, true]) {
    const abort = new AbortController();
    const started = Promise.withResolvers<void>();
    const ends = Promise.withResolvers<void>();
    const running = run(command, {
      signal: abort.signal,
      async start() {
        started.resolve();
        await ends.promise;
        return endedAtOnce;
      },
    });
    await started.promise;
    const beside = run(patchCall, { signal: abort.signal });
    await new Promise((resolve) => setImmediate(resolve));
    if (isStopped) abort.abort();
    else ends.resolve();
    const { did, told } = await beside;
    ends.resolve();
    await running;
    const end = isStopped ? "item/completed declined" : "item/completed completed";
    assert.deepEqual([did.length, told], [isStopped ? 0 : 1, ["item/started inProgress", end]]);
  }
});

for (const [decision, told, stopsTurn] of [
  ["accept", ["item/started inProgress", "item/completed completed"], false],
  ["acceptForSession", ["item/started inProgress", "item/completed completed"], false],
  ["decline", ["item/started inProgress", "item/completed declined"], false],
  ["cancel", ["item/started inProgress", "item/completed declined"], true],
  ["failed", ["item/started inProgress", "item/completed failed"], false],
] as const) {
  test(`the decision ${decision} ${stopsTurn ? "stops the turn" : "lets the turn go on"}`, async () => {
    const found = await run(command, { decision });
    assert.deepEqual([found.told, found.outcome.stopsTurn], [told, stopsTurn]);
    assert.equal(found.did.length, decision.startsWith("accept") ? 1 : 0);
  });
}

const endedAtOnce: Started = {
  kind: "running",
  command: {
    ...{ pid: 1, terminal: null, whyNot: null },
    ended: Promise.resolve({
      ...{ exitCode: 0, signal: null, timedOut: false, aborted: false, spawnError: null },
      ...{ output: "", truncatedBytes: 0, durationMs: 1 },
    }),
    write: async () => {},
    closeInput() {},
    resize: async () => null,
    stop() {},
    takeNew: () => ({ text: "", omitted: 0 }),
  },
  launchProblem: async () => null,
};

interface Wishes {
  signal?: AbortSignal;
  read?: ToolDeps["files"]["read"];
  aborted?: boolean;
  /** Given: the policy asks. */
  decision?: ApprovalDecision | "failed";
  start?: ToolDeps["start"];
  realTarget?: (path: string) => string;
}

const sandbox: SandboxPolicy = {
  type: "workspaceWrite",
  writableRoots: [],
  networkAccess: false,
  excludeTmpdirEnvVar: false,
  excludeSlashTmp: false,
};

async function run(call: Parameters<typeof runToolCall>[0], wishes: Wishes = {}) {
  const told: ServerNotification[] = [];
  const did: string[] = [];
  const outcome = await runToolCall(call, {
    ...{ threadId: "t", turnId: "u", cwd: "/w", approvals: new SessionApprovals(), now: () => 1, newId: () => "i" },
    approvalPolicy: wishes.decision === undefined ? "on-request" : "untrusted",
    ...{ sandbox, commandSandbox: sandbox },
    signal: wishes.signal ?? (wishes.aborted ? AbortSignal.abort() : new AbortController().signal),
    files: {
      read: wishes.read ?? (async () => ({ kind: "missing" })),
      readPart: async () => null,
      search: async () => ({ kind: "hits", hits: [], total: 0, more: null }),
      list: async () => ({ kind: "entries", entries: [], isCut: false }),
      unsaved: async () => [],
      realTarget: async (path) => (wishes.realTarget ?? ((same) => same))(path),
      realFolder: async (path) => (wishes.realTarget ?? ((same) => same))(path),
      deniedTo: () => () => false,
    },
    onlyProposes: false,
    sandboxUnavailable: async () => null,
    commands: new RunningCommands([], { started() {}, failed: assert.fail }),
    hasTerminals: async () => false,
    start: wishes.start ?? (async ({ argv }) => (did.push(`run ${argv.at(-1)}`), endedAtOnce)),
    containerIsSandbox: async () => false,
    rules: async () => ({ rules: [], problems: [], isReadable: true }),
    addRule: async () => assert.fail("no rule is written down here"),
    runInTerminal: null,
    proposes: async () => false,
    commandNote: async () => null,
    write: async (_, { realPaths }) => (
      did.push(`write ${[...realPaths.values()].join()}`), { ok: true as const, id: "c1", files: [], notKept: [] }
    ),
    ask: async () => wishes.decision ?? assert.fail("nobody should be asked"),
    askClient: async () => assert.fail("no client has a tool here"),
    tools,
    capture: async () => null,
    filesChanged: async () => {},
    emit: (notification) => void told.push(notification),
  });
  const shown = told.map(
    ({ method, params }) => `${method} ${"item" in params && "status" in params.item ? params.item.status : ""}`,
  );
  return { outcome, did, told: shown };
}
