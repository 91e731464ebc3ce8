// A reporter for `node --test` that writes results.ts lines; the spec reporter beside it is for people.
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";
import { resultLine } from "./results.ts";

export default async function* reportResults(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  // What a file said besides its tests, such as an error after the end of one: it fails the file and no test of it.
  const said = new Map<string, string>();
  for await (const event of events) {
    if (event.type === "test:diagnostic" && event.data.file !== undefined) {
      said.set(event.data.file, event.data.message);
    }
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
      ...(event.type === "test:fail"
        ? { failure: failureOf(event, isContainer ? said.get(file ?? "") : undefined) }
        : {}),
    });
  }
}

function failureOf({ data }: TestEvent & { type: "test:fail" }, said: string | undefined): string {
  return said ?? inspect(data.details.error.cause ?? data.details.error);
}
