// Setting the API key: one masked box for the provider in use, and what becomes of the answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ctx } from "../../extension/ctx.ts";
import "./without-vscode.ts";

const { setApiKey } = await import("../../extension/api-key.ts");

/** Runs the command in a window whose person types `typed`; undefined: leaves the box. */
async function set(typed: string | undefined, model: object = { modelProvider: "local", scripted: false }) {
  const happened: unknown[] = [];
  const ctx = {
    extension: {
      secrets: {
        store: async (_name: string, value: string) => void happened.push(["store", JSON.parse(value)]),
        delete: async () => void happened.push(["delete"]),
      },
    },
    log: { warn: (sentence: string) => void happened.push(["warn", sentence]) },
    server: {
      state: { kind: "running", client: { request: async () => ({ data: [model], nextCursor: null }) } },
      restart: async () => void happened.push(["restart"]),
    },
  } as unknown as Ctx;
  const boxes: { title?: string; password?: boolean; value?: string }[] = [];
  const messages: string[] = [];
  await setApiKey(ctx, {
    showInputBox: async (box) => {
      boxes.push(box ?? {});
      return typed;
    },
    showInformationMessage: (sentence) => void messages.push(sentence),
  });
  return { boxes: boxes.map(({ title, password, value }) => ({ title, password, value })), messages, happened };
}

test("the key is asked for alone and masked, for the provider in use, and stored", async () => {
  assert.deepEqual(await set(" sk-123 "), {
    boxes: [{ title: "API Key for local", password: true, value: undefined }],
    messages: ["The API key for local is stored. Belay uses it from now on."],
    happened: [["store", { provider: "local", key: "sk-123" }], ["restart"]],
  });
});

test("an empty key removes the stored one, and leaving the box changes nothing", async () => {
  const { messages, happened } = await set("  ");
  assert.deepEqual([messages, happened], [["The stored API key was removed."], [["delete"], ["restart"]]]);
  assert.deepEqual((await set(undefined)).happened, []);
});

test("while the scripted model plays, the key is for the default provider", async () => {
  const { boxes } = await set(undefined, { modelProvider: "scripted", scripted: true });
  assert.equal(boxes[0]?.title, "API Key for openai");
});
