// A reporter for `node --test` that writes results.ts lines; the spec reporter beside it is for people.
import type { TestEvent } from "node:test/reporters";
import { resultLine } from "./results.ts";

export default async function* reportResults(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { name, skip, todo, details, file } = event.data;
    // A `describe` is no test, and neither is a file: it shows up under its own path when it has no tests in it.
    const isContainer = details.type === "suite" || (file !== undefined && file.endsWith(name) && name.endsWith(".ts"));
    if (isContainer && event.type === "test:pass") continue;
    const reason = [skip, todo].find((value) => typeof value === "string");
    const isSkipped = (skip !== undefined && skip !== false) || (todo !== undefined && todo !== false);
    yield resultLine({
      name,
      outcome: isSkipped ? "skipped" : event.type === "test:pass" ? "passed" : "failed",
      durationMs: details.duration_ms,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}
