// What the conformance run says about a message that the schema does not allow.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "./peer.ts";
import type { JsonSchema, PrintedSchema } from "./schema/printed.ts";
import { validator } from "./schema/validator.ts";

const item: JsonSchema = {
  oneOf: [
    {
      type: "object",
      required: ["type", "text"],
      properties: { type: { enum: ["message"] }, text: { type: "string" } },
    },
    { type: "object", required: ["type", "cwd"], properties: { type: { enum: ["command"] }, cwd: { type: "string" } } },
  ],
};
const request: JsonSchema = {
  type: "object",
  required: ["id", "method", "params"],
  properties: { params: { type: "object", required: ["threadId"], properties: { threadId: { type: "string" } } } },
};
const nullableItem: JsonSchema = {
  type: "object",
  required: ["item"],
  properties: { item: { anyOf: [{ $ref: "#/definitions/item" }, { type: "null" }] } },
  definitions: { item },
};
const schema: PrintedSchema = {
  version: "0",
  clientRequests: new Map([["thread/read", { request, response: nullableItem }]]),
  serverRequests: new Map(),
  notifications: new Map(),
  clientNotifications: new Map(),
  experimentalMethods: new Set(),
  experimentalMembers: new Map(),
};
const asking: Message = { id: 1, method: "thread/read", params: { threadId: "t" } };

function problems(from: "client" | "server", message: Message): string[] | null {
  const found = validator(schema).check({ from, message, ...(message.method === undefined && { request: asking }) });
  return found?.map(({ what, problem }) => `${what}: ${problem}`) ?? null;
}

test("messages that fit have no problems, whatever else they hold", () => {
  assert.deepEqual(problems("client", asking), []);
  assert.deepEqual(problems("server", { id: 1, result: { item: { type: "message", text: "", more: 1 } } }), []);
  assert.deepEqual(problems("server", { id: 1, result: { item: null } }), []);
});

test("of a choice, the problem is that of the way that was meant", () => {
  assert.deepEqual(problems("server", { id: 1, result: { item: { type: "command", text: "" } } }), [
    "answer to thread/read: /item must have required property 'cwd'",
  ]);
});

test("a request is held against its params, and a refusal against nothing", () => {
  assert.deepEqual(problems("client", { ...asking, params: {} }), [
    "request thread/read: /params must have required property 'threadId'",
  ]);
  assert.equal(problems("server", { id: 1, error: { code: -32600, message: "no" } }), null);
});

test("what the original does not have is held against nothing", () => {
  assert.equal(problems("server", { method: "belay/news", params: {} }), null);
});
