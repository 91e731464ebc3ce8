// A whole conversation on the wire as text that is the same on every run: ids, times and places get names.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, type TestServer } from "./test-server.ts";

/** Compares with `test/golden/<name>.txt`; with UPDATE_GOLDEN=1 writes it. A missing file is written too, but not in CI. */
export function assertGolden(name: string, server: TestServer): void {
  const path = join(root, "test/golden", `${name}.txt`);
  const text = transcript(server);
  if (process.env["UPDATE_GOLDEN"] === "1" || (!existsSync(path) && process.env["CI"] === undefined)) {
    writeFileSync(path, text);
  }
  assert.ok(existsSync(path), `${path} is missing: run the test with UPDATE_GOLDEN=1 and review what it writes`);
  assert.equal(text, readFileSync(path, "utf8"), "the protocol changed: if that is meant, run with UPDATE_GOLDEN=1");
}

/** One line a message: `->` is the client, `<-` the server. */
function transcript(server: TestServer): string {
  const methods = new Map<unknown, string>();
  const names = stableNames();
  const told = server.traffic.filter(({ message }) => !untimed.has(message.method ?? ""));
  const lines = told.map(({ from, message }) => {
    const { id, method, params, result, error } = message;
    const arrow = from === "client" ? "->" : "<-";
    if (method !== undefined && id !== undefined) methods.set(`${from} ${String(id)}`, method);
    const asker = from === "client" ? "server" : "client";
    const title = method ?? `answer to ${methods.get(`${asker} ${String(id)}`) ?? "?"}`;
    const kind = method !== undefined && id !== undefined ? " (request)" : "";
    return `${arrow} ${title}${kind} ${JSON.stringify(params ?? result ?? error ?? {}, names)}\n`;
  });
  return lines.join("").replaceAll(server.workspace, "<workspace>").replaceAll(server.home, "<home>");
}

/** They follow the journal, and come before or behind what else is said at that moment. */
const untimed = new Set(["belay/review/updated", "belay/files/updated"]);

/** Names by order of appearance, so that a transcript shows which ids are the same. */
function stableNames(): (key: string, value: unknown) => unknown {
  const seen = new Map<string, string>();
  return (key, value) => {
    if (typeof value === "number" && /(At|AtMs|durationMs)$/.test(key))
      return key.endsWith("durationMs") ? "<duration>" : "<time>";
    if (typeof value !== "string") return value;
    if (key === "path" && value.endsWith(".jsonl")) return "<rollout>";
    if (key === "userAgent") return "<userAgent>";
    return value.replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
      if (!seen.has(id)) seen.set(id, `<id-${seen.size + 1}>`);
      return seen.get(id) ?? id;
    });
  };
}
