// `npm run conformance`: is our server what it says it is? Holds its messages against the schema that the original
// prints, replays conversations to both, and lists every difference. Exit code 0: nothing differs that may not.
//   npm run conformance -- --only schema|replay   one half
//   npm run conformance -- --filter fs/           scenarios and replays with this in their name or methods
//   npm run conformance -- --write-docs           writes docs/protocol.md, whose staleness is a failure
//   npm run conformance -- --try-scenarios        plays the scenarios to the original, to see whether they are right
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { clientRequests, serverNotifications, serverRequests } from "../../server/protocol/methods.ts";
import { root } from "../support/test-server.ts";
import { type Coverage, coverageOf } from "./coverage.ts";
import { protocolDocs } from "./docs.ts";
import { withoutEffect } from "./members.ts";
import { driveReplays, type ReplayReport } from "./replay/all.ts";
import { driveSchema, isOurOwn, scenarios, type SchemaReport } from "./schema/drive.ts";
import { printedSchema, type PrintedSchema } from "./schema/printed.ts";

type Options = ReturnType<typeof readOptions>;

// Whoever reads us may have read enough.
process.stdout.on("error", () => process.exit(1));
process.exitCode = await main(readOptions(process.argv.slice(2)));

async function main(options: Options): Promise<number> {
  let schema: PrintedSchema;
  try {
    schema = await printedSchema();
  } catch (error) {
    say(`The original's schema cannot be had, so there is nothing to compare with.\n${(error as Error).message}`);
    return 1;
  }
  if (options.tryScenarios) return reportSchema(await driveSchema(schema, options.filter, "native"));

  const coverage = coverageOf(schema, new Set(scenarios.flatMap(({ drives }) => drives)));
  const failures = [reportCoverage(coverage, schema, options)];
  const bySchema = options.only === "replay" ? null : await driveSchema(schema, options.filter);
  if (bySchema) failures.push(reportSchema(bySchema));
  const byReplay = options.only === "schema" ? null : await driveReplays(options.filter, (words) => say(`  ${words}`));
  if (byReplay) failures.push(reportReplays(byReplay));
  printMethods(bySchema, byReplay);

  const sum = failures.reduce((total, count) => total + count, 0);
  say(`\n${sum === 0 ? "Conforms" : `Does not conform: ${sum} failures`} to codex app-server ${schema.version}.`);
  return sum === 0 ? 0 : 1;
}

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      filter: { type: "string", default: "" },
      "write-docs": { type: "boolean", default: false },
      "try-scenarios": { type: "boolean", default: false },
    },
  });
  const { only, filter } = values;
  if (only !== undefined && only !== "schema" && only !== "replay")
    throw new Error(`--only is "schema" or "replay", not ${JSON.stringify(only)}`);
  return { only, filter, writeDocs: values["write-docs"], tryScenarios: values["try-scenarios"] };
}

/** Each report returns how many failures it holds. */
function reportCoverage(coverage: Coverage, schema: PrintedSchema, { writeDocs }: Options): number {
  const members = withoutEffect(schema);
  const problems = [...coverage.problems, ...members.problems];
  const count = (kind: string) => coverage.methods.filter(({ standing }) => standing.kind === kind).length;
  const due = coverage.methods.filter(({ standing }) => standing.kind === "due");
  say(`Methods of the original: ${count("ours")} here, ${due.length} due, ${count("leftOut")} left out for a reason.`);
  printAll("not accounted for", problems);
  printAll(
    "not here yet",
    due.map(({ method }) => method),
  );
  const file = path.join(root, "docs", "protocol.md");
  const text = protocolDocs(schema.version, coverage, members.found);
  if (writeDocs) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const isStale = !existsSync(file) || readFileSync(file, "utf8") !== text;
  if (isStale) say("docs/protocol.md is stale: run npm run conformance -- --write-docs");
  return problems.length + Number(isStale) + due.length;
}

function reportSchema(report: SchemaReport): number {
  say(`\nSchema: ${report.played} scenarios, ${report.messages} messages.`);
  printAll(
    "not allowed by the schema",
    report.violations.map(({ what, problem, count }) => `${what}: ${problem} (${count} times)`),
  );
  printAll("scenarios that could not be played", report.broken);
  printAll("in our tables and not driven", report.undriven);
  printAll("driven and not in our tables", report.notHereYet);
  return report.violations.length + report.broken.length + report.undriven.length + report.notHereYet.length;
}

function reportReplays(report: ReplayReport): number {
  say(`\nReplays: ${report.played.length} compared, ${report.listed} differences that are listed with a reason.`);
  printAll("differences that are not listed in test/conformance/replay/differences.ts", unlistedLines(report));
  printAll(
    "listed differences that no longer occur",
    report.outdated.map(
      ({ kind, at, member, why }) =>
        `${[at].flat().join(", ")}: ${kind} ${[member ?? "it"].flat().join(", ")} (${why})`,
    ),
  );
  printAll("replays that could not be played", report.broken);
  printAll(
    "replays that wait for methods",
    report.waiting.map(({ name, for: methods }) => `${name}: ${methods.join(", ")}`),
  );
  return unlistedLines(report).length + report.outdated.length + report.broken.length + report.waiting.length;
}

/** The same difference in several messages is one line. */
function unlistedLines({ unlisted }: ReplayReport): string[] {
  const lines = new Map<string, { at: Set<string>; replays: Set<string> }>();
  for (const { kind, at, member, detail, replays } of unlisted) {
    const what = member === undefined ? `${kind} (${detail})` : `${kind} ${member} (${detail})`;
    const line = lines.get(what) ?? { at: new Set(), replays: new Set() };
    line.at.add(at);
    for (const replay of replays) line.replays.add(replay);
    lines.set(what, line);
  }
  return [...lines].map(([what, { at, replays }]) => {
    const where = replays.size > 3 ? `${replays.size} replays` : [...replays].join(", ");
    return `${[...at].join(", ")}: ${what} in ${where}`;
  });
}

function printMethods(schema: SchemaReport | null, replays: ReplayReport | null): void {
  const tables = { ...clientRequests, ...serverRequests, ...serverNotifications };
  const names = Object.keys(tables).filter((method) => !isOurOwn(method));
  const mark = (is: boolean | undefined) => (is === undefined ? "-" : is ? "yes" : "NO").padEnd(8);
  say(`\n${"ours".padEnd(40)}schema  replayed`);
  for (const method of names.sort()) {
    const replayed = Object.hasOwn(serverNotifications, method) ? undefined : replays?.methods.has(method);
    say(`${method.padEnd(40)}${mark(schema?.valid.has(method))}${mark(replayed)}`.trimEnd());
  }
}

function printAll(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  say(`\n${lines.length} ${title}:`);
  for (const one of lines) say(`  ${one}`);
}

function say(words: string): void {
  process.stdout.write(`${words}\n`);
}
