// What runs unasked, over the wire: what only looks, what rules allow, ask for or forbid, and what an answer leaves behind.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { editorClient } from "../../support/editor-client.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { type TestServer, testServer } from "../../support/test-server.ts";

const command = (cmd: string, more: Record<string, unknown> = {}) => ({
  name: "exec_command",
  arguments: { cmd, ...more },
});
const ASK = "item/commandExecution/requestApproval";

function writeRules(server: TestServer, ...lines: string[]): string {
  const path = join(server.home, "rules", "default.rules");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

async function oneCommandEach(...scripts: string[]) {
  return responsesApi([{ steps: [...scripts.map((script) => ({ calls: [command(script)] })), { text: "ok" }] }]);
}

test("untrusted: what only looks runs unasked, all else asks and says why", async () => {
  await using api = await oneCommandEach("cat a.txt | head -1", "cat a.txt > b.txt");
  await using server = await testServer({ api, approvalPolicy: "untrusted", files: { "a.txt": "one\n" } });
  await server.startTurn("look");
  const asked = await server.expectRequest(ASK);
  assert.equal(asked.params.script, "cat a.txt > b.txt");
  assert.match(asked.params.explanation?.because ?? "", /redirect|writes|output/i);
  server.respond(asked.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.match(toolOutputs(api.requests.at(-1))[0] ?? "", /one/);
});

test("a rule that forbids holds in every policy, also where the line hides the command", async () => {
  await using api = await oneCommandEach("(echo hi; touch made.txt)", "bash -c 'touch made.txt'", "touch made.txt");
  await using server = await testServer({ api, sandboxMode: "danger-full-access", approvalPolicy: "never" });
  writeRules(server, `prefix_rule(pattern=["touch"], decision="forbidden", justification="we do not touch")`);
  await server.startTurn("try");
  await server.expectNotification("turn/completed");
  for (const output of toolOutputs(api.requests.at(-1))) assert.match(output, /forbid|not allowed|rule/i, output);
  assert.throws(() => readFileSync(join(server.workspace, "made.txt")));
});

test("a rule that prompts asks for what the sandbox would let run, and is named", async () => {
  await using api = await oneCommandEach("touch made.txt");
  await using server = await testServer({ api, approvalPolicy: "on-request", sandboxMode: "workspace-write" });
  writeRules(server, "# mine", `prefix_rule(pattern=["touch"], decision="prompt")`);
  await server.startTurn("try");
  const asked = await server.expectRequest(ASK);
  assert.match(asked.params.explanation?.because ?? "", /default\.rules:2/);
  server.respond(asked.id, { decision: "accept" });
  await server.expectNotification("turn/completed");
});

test("Always allow writes a rule that holds at once, for other threads, and not for other commands", async () => {
  await using api = await responsesApi([
    { prompt: "first", steps: [{ calls: [command("touch a")] }, { calls: [command("touch a")] }, { text: "ok" }] },
    { prompt: "second", steps: [{ calls: [command("touch a")] }, { calls: [command("touch b")] }, { text: "ok" }] },
  ]);
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  await server.startTurn("first");
  const asked = await server.expectRequest(ASK);
  const offer = asked.params.ruleOffers?.[0];
  assert.deepEqual([offer?.pattern, offer?.exact], [["touch", "a"], true]);
  server.respond(asked.id, {
    decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["touch", "a"], scope: "always", exact: true } },
  });
  await server.expectNotification("turn/completed");
  const { rules, problems } = await server.request("belay/rule/list", {});
  assert.deepEqual(problems, []);
  assert.deepEqual(
    rules.map(({ pattern, exact, decision, scope }) => ({ pattern, exact, decision, scope })),
    [{ pattern: [["touch"], ["a"]], exact: true, decision: "allow", scope: "always" }],
  );
  await server.startTurn("second");
  const other = await server.expectRequest(ASK);
  assert.equal(other.params.script, "touch b");
  server.respond(other.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  const [rule] = rules;
  assert.deepEqual(await server.request("belay/rule/remove", { id: rule?.id ?? "" }), { removed: true });
  assert.deepEqual((await server.request("belay/rule/list", {})).rules, []);
});

test("a rule for this thread is kept in memory alone; one for the workspace names its folder", async () => {
  await using api = await oneCommandEach("touch a", "touch b");
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  const { threadId } = await server.startTurn("go");
  for (const scope of ["thread", "workspace"] as const) {
    const asked = await server.expectRequest(ASK);
    const words = asked.params.ruleOffers?.[0]?.pattern ?? [];
    server.respond(asked.id, {
      decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: words, scope, exact: true } },
    });
  }
  await server.expectNotification("turn/completed");
  const written = await server.request("belay/rule/list", {});
  assert.deepEqual(
    written.rules.map(({ scope, workspace }) => [scope, workspace]),
    [["workspace", server.workspace]],
  );
  const all = await server.request("belay/rule/list", { threadId });
  assert.deepEqual(all.rules.map(({ scope }) => scope).sort(), ["thread", "workspace"]);
});

test("a rule that does not fit the command it answers is not kept, and the person is told", async () => {
  await using api = await oneCommandEach("touch a");
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  await server.startTurn("go");
  const asked = await server.expectRequest(ASK);
  server.respond(asked.id, { decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["rm"] } } });
  const { message } = await server.expectNotification("warning");
  assert.match(message, /not kept/);
  await server.expectNotification("turn/completed");
  assert.deepEqual((await server.request("belay/rule/list", {})).rules, []);
});

test("a rules file with a mistake allows nothing, and still forbids", async () => {
  await using api = await oneCommandEach("touch a", "chmod 700 a");
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  writeRules(
    server,
    `prefix_rule(pattern=["touch"], decision="allow")`,
    `prefix_rule(pattern=["chmod"], decision="forbidden")`,
    "prefix_rule(",
  );
  await server.startTurn("go");
  const asked = await server.expectRequest(ASK);
  assert.equal(asked.params.script, "touch a");
  server.respond(asked.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.match(toolOutputs(api.requests.at(-1))[1] ?? "", /forbid|rule/i);
  const { problems } = await server.request("belay/rule/list", {});
  assert.match(problems.join(), /default\.rules:\d/);
});

test("which rule a command would hit can be asked", async () => {
  await using server = await testServer({ approvalPolicy: "untrusted" });
  writeRules(server, `prefix_rule(pattern=["npm", "test"], decision="allow")`);
  const check = (line: string) => server.request("belay/policy/check", { command: line });
  const allowed = await check("npm test -- --watch");
  assert.equal(allowed.verdict, "run");
  assert.match(allowed.rule ?? "", /default\.rules:1/);
  assert.equal((await check("ls -la")).verdict, "run");
  assert.equal((await check("npm publish")).verdict, "ask");
});

test("a command that wants the network asks by host; the host is remembered for the thread", async () => {
  const wish = { sandbox_permissions: "with_network", justification: "to fetch" };
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command("echo https://one.example/x", wish)] },
        { calls: [command("echo https://one.example/y", wish)] },
        { calls: [command("echo https://one.example/; node -e 0", wish)] },
        { calls: [command("echo https://two.example/", wish)] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "on-request", sandboxMode: "workspace-write" });
  await server.startTurn("go");
  const first = await server.expectRequest(ASK);
  assert.deepEqual(first.params.networkApprovalContext, { host: "one.example", protocol: "https" });
  assert.match(first.params.explanation?.because ?? "", /one\.example/);
  assert.match(first.params.explanation?.sandbox ?? "", /network allowed/);
  const allow = { host: "one.example", action: "allow" as const };
  server.respond(first.id, { decision: { applyNetworkPolicyAmendment: { network_policy_amendment: allow } } });
  const hidden = await server.expectRequest(ASK);
  assert.equal(hidden.params.script, "echo https://one.example/; node -e 0");
  server.respond(hidden.id, { decision: "decline" });
  const second = await server.expectRequest(ASK);
  assert.equal(second.params.networkApprovalContext?.host, "two.example");
  const deny = { host: "two.example", action: "deny" as const };
  server.respond(second.id, { decision: { applyNetworkPolicyAmendment: { network_policy_amendment: deny } } });
  await server.expectNotification("turn/completed");
  assert.deepEqual(server.toolStatuses(), ["completed", "completed", "declined", "declined"]);
});

test("what failed for want of the network is told as that, and the next question knows the host", async () => {
  const fetch = `node -e "require('dns').lookup('packages.example', (e) => { console.error(String(e)); process.exit(1) })"`;
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command(fetch)] },
        { calls: [command(fetch, { sandbox_permissions: "with_network", justification: "needs it" })] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "on-request", sandboxMode: "workspace-write" });
  await server.startTurn("go");
  const asked = await server.expectRequest(ASK);
  assert.equal(asked.params.networkApprovalContext?.host, "packages.example");
  server.respond(asked.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.match(toolOutputs(api.requests.at(-1))[0] ?? "", /sandbox.*network is off.*packages\.example/s);
});

test("what failed in the sandbox and asks to leave it says so", async () => {
  const write = "touch /usr/made-by-belay-test";
  await using api = await responsesApi([
    {
      steps: [
        { calls: [command(write)] },
        { calls: [command(write, { sandbox_permissions: "require_escalated", justification: "it must be there" })] },
        { text: "ok" },
      ],
    },
  ]);
  await using server = await testServer({ api, approvalPolicy: "on-request", sandboxMode: "workspace-write" });
  await server.startTurn("go");
  const asked = await server.expectRequest(ASK);
  assert.equal(asked.params.explanation?.because, "it failed in the sandbox, and it wants to run outside the sandbox");
  assert.equal(asked.params.reason, "it must be there");
  server.respond(asked.id, { decision: "decline" });
  await server.expectNotification("turn/completed");
  assert.match(toolOutputs(api.requests.at(-1))[0] ?? "", /This ran in a sandbox.*require_escalated/s);
});

test("a person runs an approved command in their own shell, and the model hears what is known of it", async () => {
  await using api = await oneCommandEach("./deploy.sh");
  await using server = await testServer({ api, approvalPolicy: "untrusted" });
  await using editor = await editorClient({
    like: server,
    initializationOptions: { belay: { workspaceEdits: true, terminals: true } },
  });
  editor.onRunInTerminal = ({ script }) => ({
    ran: true,
    exitCode: null,
    output: `ran ${script}`,
    problem: "the shell did not say how it ended",
  });
  editor.onApproval = () => ({ decision: "runInTerminal" });
  assert.equal((await editor.completeTurn("go")).status, "completed");
  const asked = editor.heard.find(({ method }) => method === ASK);
  assert.match(JSON.stringify(asked?.["params"]), /"runInTerminal"/);
  assert.match(toolOutputs(api.requests.at(-1))[0] ?? "", /own terminal.*not known.*ran \.\/deploy\.sh/s);
});
