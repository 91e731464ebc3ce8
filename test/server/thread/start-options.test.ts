// What a client puts into a thread or a turn, and how the model is told it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { responsesApi, toldText } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

const ok = [{ steps: [{ text: "ok" }] }];
const picture = "iVBORw0KGgo=";
const dataUrl = `data:image/png;base64,${picture}`;

test("pictures reach the model, from the message and from a file", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  writeFileSync(join(server.workspace, "shot.PNG"), Buffer.from(picture, "base64"));
  const threadId = await server.startThread();
  const input = [
    { type: "text" as const, text: "look" },
    { type: "image" as const, url: dataUrl },
    { type: "localImage" as const, path: "shot.PNG" },
  ];
  await server.request("turn/start", { threadId, input });
  await server.expectNotification("turn/completed");
  const image = { type: "input_image", image_url: dataUrl, detail: "auto" };
  assert.deepEqual(api.requests[0]?.input.at(-1)?.content, [
    { type: "input_text", text: "look\n[Picture 2: shot.PNG]" },
    image,
    image,
  ]);
  const [item] = server.completedItems();
  assert.ok(item?.type === "userMessage");
  assert.deepEqual(
    item.content.map((part) => ("path" in part ? part.path : "url" in part ? part.url : part.type)),
    ["text", dataUrl, "shot.PNG"],
  );
});

test("pictures from elsewhere, unreadable ones and sound are refused before a turn begins", async () => {
  await using server = await testServer({ files: { "notes.txt": "x" } });
  const threadId = await server.startThread();
  const missing = `${server.workspace}/none.png`;
  const refusals: [object, string | RegExp][] = [
    [
      { type: "image", url: "https://example.com/a.png" },
      "remote image URLs are not supported; use an inline data URL instead",
    ],
    [{ type: "localImage", path: missing }, new RegExp(`^${missing} cannot be put into the message: ENOENT`)],
    [{ type: "localImage", path: "notes.txt" }, /notes\.txt is not a picture that models take; use \.png/],
    [{ type: "audio", url: "data:audio/wav;base64,AA==" }, /^audio cannot be passed to this model/],
  ];
  for (const [part, message] of refusals) {
    const refused = await server.refusal("turn/start", { threadId, input: [part] });
    assert.equal(refused.code, -32600);
    assert.match(refused.message, message instanceof RegExp ? message : new RegExp(`^${message}$`));
  }
  assert.ok(!server.heard.some(({ method }) => method === "turn/started"));
});

test("a message with more in it than a thread can keep is refused: after a restart the model would not know it", async () => {
  await using server = await testServer();
  writeFileSync(join(server.workspace, "large.png"), Buffer.alloc(13 * 2 ** 20));
  const threadId = await server.startThread();
  const large = { type: "localImage", path: "large.png" };
  const { message } = await server.refusal("turn/start", { threadId, input: [large, large] });
  assert.match(
    message,
    /^the message is 34 MB with its pictures and skills, and at most 31 MB can be kept; send fewer/,
  );
});

test("a schema for the answer reaches the model with its turn, and not with the next", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const threadId = await server.startThread();
  const outputSchema = { type: "object", properties: { n: { type: "number" } }, additionalProperties: false };
  await server.request("turn/start", { threadId, input: [{ type: "text", text: "count" }], outputSchema });
  await server.expectNotification("turn/completed");
  await server.completeTurn("and now?", threadId);
  const formats = api.requests.map(({ text }) => (text as { format?: { type: string; schema?: object } })?.format);
  assert.deepEqual([formats[0]?.type, formats[0]?.schema], ["json_schema", outputSchema]);
  assert.equal(formats[1], undefined);
});

test("a client's own instructions take the place of ours, or stand behind them", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const own = await server.startThread({ baseInstructions: "You are a parrot.", developerInstructions: "Be loud." });
  await server.completeTurn("hi", own);
  const more = await server.startThread({ developerInstructions: "Be loud." });
  await server.completeTurn("hi", more);
  const [first = "", second = ""] = api.requests.map(toldText);
  assert.deepEqual([first.includes("You are Belay"), first.includes("You are a parrot.")], [false, true]);
  assert.deepEqual([second.includes("You are Belay"), second.includes("Be loud.")], [true, true]);
  // Told once, and kept by the thread.
  await server.end();
  await using next = await testServer({ like: server });
  await next.request("thread/resume", { threadId: own });
  await next.completeTurn("again", own);
  assert.equal(toldText(api.requests[2] ?? assert.fail()).split("You are a parrot.").length, 2);
});

test("instructions of the configuration are told, and a client's own take their place", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, config: 'developer_instructions = "Be quiet."' });
  const config = { developer_instructions: "Be loud." };
  const threads = [{}, { config }, { config, developerInstructions: "Be kind." }];
  for (const params of threads) await server.completeTurn("hi", await server.startThread(params));
  const told = api.requests.map((request) => toldText(request).match(/Be (quiet|loud|kind)\./g));
  assert.deepEqual(told, [["Be quiet."], ["Be loud."], ["Be kind."]]);
});

test("overrides of the configuration choose the model and how long it thinks", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api, config: 'model_reasoning_effort = "low"' });
  const config = { model: "other-model", model_reasoning_effort: "high" };
  const started = await server.request("thread/start", { cwd: server.workspace, config });
  assert.deepEqual([started.model, started.reasoningEffort], ["other-model", "high"]);
  await server.completeTurn("hi", started.thread.id);
  assert.deepEqual(
    [api.requests[0]?.model, api.requests[0]?.["reasoning"]],
    ["other-model", { effort: "high", summary: "auto" }],
  );
  const asked = await server.request("thread/start", { cwd: server.workspace, config, model: "asked-for" });
  const plain = await server.request("thread/start", { cwd: server.workspace });
  const scripted = await server.request("thread/start", {
    cwd: server.workspace,
    config: { model_provider: "scripted" },
  });
  assert.deepEqual([asked.model, plain.model, scripted.model], ["asked-for", "test-model", "scripted"]);
});

test("overrides of the configuration hold for their thread, dotted or nested; what does not fit is left out", async () => {
  await using api = await responsesApi(ok);
  await using server = await testServer({ api });
  const start = async (config: Record<string, unknown>) => {
    const { approvalPolicy, sandbox } = await server.request("thread/start", { cwd: server.workspace, config });
    return { approvalPolicy, sandbox };
  };
  const before = await start({});
  const writable = { type: "workspaceWrite", writableRoots: ["/opt"], networkAccess: true };
  const dotted = await start({
    approval_policy: "never",
    "sandbox_workspace_write.network_access": true,
    "sandbox_workspace_write.writable_roots": ["/opt"],
  });
  assert.deepEqual(dotted, {
    approvalPolicy: "never",
    sandbox: { ...writable, excludeTmpdirEnvVar: false, excludeSlashTmp: false },
  });
  const nested = await start({ sandbox_workspace_write: { network_access: true, writable_roots: ["/opt"] } });
  assert.deepEqual(nested.sandbox, dotted.sandbox);
  assert.deepEqual(await start({ approval_policy: "sometimes", no_such_key: 1 }), before);
  assert.deepEqual(await start({}), before);
});
