// A host that keeps a queue as the server does, and moments in the life of one.
import type { QueuedSubmission } from "../../../server/protocol/queue.ts";
import type { FakeHost } from "./fake-host.ts";
import { item, opened, running, threadId, turn } from "./fixtures.ts";
import type { Scene } from "./scene-parts.ts";

/** Answers everything that can be done to the queue of the thread, and says that it has changed. */
export function keepQueue(host: FakeHost, texts: readonly string[]): { all(): string[] } {
  let queue = texts.map((text, at) => queued(`q${at + 1}`, text));
  const change = (next: QueuedSubmission[]) => {
    queue = next;
    void host.notify("thread/queue/changed", { threadId });
  };
  host.on("thread/queue/list", () => ({ data: queue, nextCursor: null }));
  host.on("thread/queue/add", ({ input, clientUserMessageId }) => {
    const text = input.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
    const queuedSubmission = { ...queued(`q${queue.length + 1}`, text), clientUserMessageId };
    change([...queue, queuedSubmission]);
    return { queuedSubmission };
  });
  host.on("thread/queue/update", ({ queuedSubmissionId: id, input }) => {
    const text = input.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("");
    change(queue.map((each) => (each.id === id ? queued(id, text) : each)));
    return { queuedSubmission: queued(id, text) };
  });
  host.on("thread/queue/delete", ({ queuedSubmissionId: id }) => {
    change(queue.filter((each) => each.id !== id));
    return { deleted: true };
  });
  host.on("thread/queue/reorder", ({ queuedSubmissionIds }) => {
    change(queuedSubmissionIds.flatMap((id) => queue.filter((each) => each.id === id)));
    return {};
  });
  host.on("belay/queue/sendNow", ({ queuedSubmissionId: id }) => {
    change(queue.filter((each) => each.id !== id));
    return { turn: turn() };
  });
  return { all: () => queue.map(({ input }) => input.map((part) => (part.type === "text" ? part.text : "")).join("")) };
}

export function queued(id: string, text: string): QueuedSubmission {
  const input = [{ type: "text" as const, text, text_elements: [] }];
  return { id, input, clientUserMessageId: `c-${id}`, responsesapiClientMetadata: null };
}

const three = [
  "Then rename Basket to Cart everywhere, in the tests as well, and say which public names that changes",
  "Write the release notes",
  "Open a pull request",
];

const showing =
  (status: "inProgress" | "interrupted", texts: readonly string[], draft = ""): Scene =>
  async ({ host, page }) => {
    keepQueue(host, texts);
    host.on("thread/resume", () => opened({ turns: [turn({ status, items: [item.user("Make the tests pass")] })] }));
    await host.notify("host/state", running);
    await host.notify("host/showThread", { threadId });
    await page.getByRole("region", { name: /queued message/ }).waitFor();
    await page.getByRole("textbox", { name: "Message Belay" }).fill(draft);
  };

export const queueScenes: Record<string, Scene> = {
  "queue while running": showing("inProgress", three, "And check the tax"),
  "queue paused": showing("interrupted", three.slice(0, 1)),
  "queue of many": showing(
    "inProgress",
    Array.from({ length: 40 }, (_, at) => `Message number ${at + 1}`),
  ),
  async "queue edited"(panel) {
    await showing("inProgress", three)(panel);
    await panel.page.getByRole("button", { name: "Edit: Write the release notes" }).click();
    await panel.page.getByRole("textbox", { name: "Queued message" }).waitFor();
  },
};
