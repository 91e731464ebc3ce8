// What the tests in VS Code share: the extension under test, its fixture servers, and waiting with a deadline.
import assert from "node:assert/strict";
import { join } from "node:path";
import * as vscode from "vscode";
import type { ServerState } from "../../extension/server/server-process.ts";
import type { TestApi } from "../../extension/test-api.ts";
import { patienceMs, within } from "../support/vscode/deadline.ts";

export const extensionId = "belay-dev.belay";

type FixtureServer = "puppet" | "crash" | "silent" | "slow-shutdown" | "garbage-output";

/** The extension, activated, with this server as its next one. Nothing runs yet. */
export async function belayWith(server: FixtureServer, startTimeoutMs = patienceMs): Promise<TestApi> {
  const api = await belay();
  const { extensionPath } = theExtension();
  await api.useServer({ module: join(extensionPath, "test", "fixtures", "servers", `${server}.mjs`), startTimeoutMs });
  return api;
}

export async function belay(): Promise<TestApi> {
  const api: TestApi | undefined = await theExtension().activate();
  assert.ok(api, "the extension gives tests its api only when it is started for tests");
  return api;
}

export function theExtension(): vscode.Extension<TestApi> {
  const extension = vscode.extensions.getExtension<TestApi>(extensionId);
  assert.ok(extension, `${extensionId} is not installed`);
  return extension;
}

/** Starts the server if needed and asks it; the answer as it came. */
export async function ask<T>(api: TestApi, method: string, params: unknown): Promise<T> {
  const client = await within(patienceMs, "the server to run", api.ctx.server.running());
  return (await within(
    patienceMs,
    `the answer to ${method}`,
    client.relay(method, params, new AbortController().signal),
  )) as T;
}

export type Step =
  | { notify: string; params: unknown }
  | { ask: string; id: string; params: unknown }
  | { answer: string; with: unknown }
  | { expect: string }
  | { exit: number }
  | { turns: unknown[] };

/** Lets the puppet server say these things; resolves with its clients' responses. */
export async function say<R = unknown>(
  api: TestApi,
  ...steps: Step[]
): Promise<({ result: R; error?: { message: string } } | null)[]> {
  const input = [{ type: "text", text: JSON.stringify(steps) }];
  const answer = await ask<{ responses: { result: R }[] }>(api, "turn/start", { threadId: "thread-1", input });
  return answer.responses;
}

/** The params of the next request of this method, which the puppet must have been told how to answer. */
export async function expectRequest<T>(api: TestApi, method: string): Promise<T> {
  const [response] = await say<T>(api, { expect: method });
  assert.ok(response, `no ${method} arrived`);
  return response.result;
}

/** Chooses this button in every modal question while `body` runs; undefined: Escape. Returns the questions. */
export async function choosing(title: string | undefined, body: () => Promise<void>): Promise<string[]> {
  const { window } = vscode;
  const { showWarningMessage } = window;
  const questions: string[] = [];
  const answer = async (question: string, _options: object, ...choices: (string | vscode.MessageItem)[]) => {
    questions.push(question);
    const choice = choices.find((candidate) => (typeof candidate === "string" ? candidate : candidate.title) === title);
    assert.equal(choice === undefined, title === undefined, `"${question}" has no button ${title}`);
    return choice;
  };
  try {
    window.showWarningMessage = answer;
    await body();
  } finally {
    window.showWarningMessage = showWarningMessage;
  }
  return questions;
}

/** Picks the row with this in its label in every quick pick while `body` runs; undefined: Escape. Returns all rows. */
export async function picking(label: string | undefined, body: () => Promise<void>): Promise<string[]> {
  const { window } = vscode;
  const { showQuickPick } = window;
  const seen: string[] = [];
  const pick = async (items: vscode.QuickPickItem[]) => {
    seen.push(...items.map((item) => `${item.label}: ${item.detail}`));
    return label === undefined ? undefined : items.find((item) => item.label.includes(label));
  };
  try {
    Object.assign(window, { showQuickPick: pick });
    await body();
  } finally {
    Object.assign(window, { showQuickPick });
  }
  return seen;
}

/** Does this once a merge is on show, while `body` runs, which asks about it. */
export async function answeringMerge(answer: () => Thenable<unknown>, body: () => Promise<void>): Promise<void> {
  const shown = eventOf(
    "a merge to be asked about",
    vscode.window.onDidChangeActiveTextEditor,
    (editor) => editor?.document.uri.scheme === "belay-merge",
  );
  const asked = body();
  await shown;
  await answer();
  await asked;
}

/** The next state of this kind; the current one counts. */
export async function reached<K extends ServerState["kind"]>(
  api: TestApi,
  kind: K,
  isIt: (state: Extract<ServerState, { kind: K }>) => boolean = () => true,
): Promise<Extract<ServerState, { kind: K }>> {
  const { state } = api.ctx.server;
  const matches = (candidate: ServerState): candidate is Extract<ServerState, { kind: K }> =>
    candidate.kind === kind && isIt(candidate as Extract<ServerState, { kind: K }>);
  if (matches(state)) return state;
  return within(
    patienceMs,
    `the server to be ${kind}`,
    new Promise((resolve) => {
      const subscription = api.onStateChanged((next) => {
        if (!matches(next)) return;
        subscription.dispose();
        resolve(next);
      });
    }),
  );
}

/** Resolves with the first event that fits. */
export async function eventOf<T>(
  what: string,
  event: vscode.Event<T>,
  isIt: (value: T) => boolean = () => true,
): Promise<T> {
  let subscription: vscode.Disposable | undefined;
  const happened = new Promise<T>((resolve) => {
    subscription = event((value) => {
      if (isIt(value)) resolve(value);
    });
  });
  return within(patienceMs, what, happened).finally(() => subscription?.dispose());
}

export function inWorkspace(path: string): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder, "the tests need a workspace folder");
  return vscode.Uri.joinPath(folder.uri, path);
}
