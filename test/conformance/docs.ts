// Writes docs/protocol.md: which methods and members of the protocol we have, which not and why, and where ours differs.
import { clientRequests, serverNotifications, serverRequests } from "../../server/protocol/methods.ts";
import type { Accounted, Coverage } from "./coverage.ts";
import type { WithoutEffect } from "./members.ts";
import { replayedMethods } from "./replay/all.ts";
import { type Allowed, type Change, differences } from "./replay/differences.ts";
import { isOurOwn } from "./schema/drive.ts";

export function protocolDocs(version: string, { methods }: Coverage, idle: readonly WithoutEffect[]): string {
  const ofOurs = [clientRequests, serverRequests, serverNotifications]
    .flatMap((table) => Object.keys(table))
    .filter((method) => method.startsWith("belay/") && isOurOwn(method));
  return `# The protocol

<!-- Written by \`npm run conformance -- --write-docs\`. What stands here comes from server/protocol/methods.ts and
test/conformance: change it there. -->

Belay speaks the App Server protocol as \`codex app-server\` ${version} does. \`npm run conformance\` drives every method
that we have and holds each message against the schema that the original prints of itself; and it plays conversations to
both servers and compares what they say.

A star marks a method for clients that declare \`experimentalApi\`.

## What we have

${directions.map(([direction, title]) => have(title, of(methods, direction))).join("\n\n")}

**Ours**, beside the protocol: ${ofOurs.length === 0 ? "none" : ofOurs.map(code).join(", ")}.

## What we do not have

${leftOutTable(methods)}

## Members that are taken and have no effect

These members of params are in the original's schema. Ours takes them, also from clients without \`experimentalApi\`, and
goes on as if they were not there. The run notices when either server's params gain or lose a member; what
lies deeper in params it does not look at.

| members | of | why |
|---|---|---|
${idle.map(({ members, methods: of, why }) => `| ${list(members)} | ${list(of)} | ${why} |`).join("\n")}

## Known gaps

${gaps.map((gap) => `- ${gap}`).join("\n")}

## Where ours differs

This is what the conversations show that both servers are taken through. In them a difference that is not here fails the
run, and so does one that is here and no longer occurs, but for those marked "at times", which depend on what comes first;
some are allowed only in the conversation that shows them. The conversations drive ${count(replayed, methods)}, none
with all that its params can say; of what they do not reach only the shape is checked, by the schema.
What it "adds", "omits", "moves" or where it "differs" is seen from our server; a star stands for anything.

| ours | why |
|---|---|
${differences.map(differenceRow).join("\n")}
`;
}

/** What no run finds out: written by hand, to be deleted with the gap. */
const gaps: readonly string[] = [
  "`request_max_retries` are the silent tries of one answer, not of each `Reconnecting...`, and the waits go on growing. A key\n  that is refused is not tried again, nor is a limit that asks for more than two minutes.",
  "With `error {willRetry: true}` an item that was cut completes first, empty. `takenBack` names all items of that answer:\n  also those that completed are no part of the thread any more.",
  "The model's commands run as `/bin/bash -c -- …`, which is no login shell. `thread/shellCommand` has one.",
  "`/tmp` in the sandbox is empty for each command, and private to it.",
  "A shell line is taken for a patch when it is `apply_patch` with a here-document and nothing besides, but for a `cd`\n  before it; any other is a command like any other.",
  "`turn/interrupt` ends every command that the turn started, also in the background; the original leaves them running.",
  "What is said to a turn too late for its model (while it is being stopped, while a command of the user's own is all that\n  runs, or as its model fails) is answered in a turn of its own behind it; the original records it and leaves it there.",
  "The item of a queued message has the id of its `queuedSubmission`. `belay/queue/sendNow` puts a message into the turn\n  that runs, or begins one. `thread/queue/changed` goes to every client.",
  "A command without `tty` has an empty input, as with the original. `\\u0003` by `write_stdin` ends it; the original\n  refuses that, too.",
  "`item/commandExecution/terminalInteraction` comes before what is typed, and not when a model only looks.",
  "`item/fileChange/patchUpdated` always comes, where the original sends it behind a feature that is off; its item has\n  started before, with `isWriting`, and the paths are absolute. The last one, without `isWriting`, has what would be\n  written. Of a large patch `diff` has the newest lines, and `written` all of the numbers. Only freeform input is shown so.",
  "`thread/revert` cuts off the conversation and leaves files as they are; `belay/files/restore` undoes what turns did to\n  files, and leaves the conversation.",
  "The item `contextCompaction` has `status`, `summary`, the tokens before and after and, where it failed, the reason: then\n  nothing has changed. `belay/compaction/undo` takes the newest one back; `belay/context/read` says what fills a context.",
  "The summary stands behind the user's messages, which stay word for word as far as there is room for them. What was\n  asked and not answered, the plan, what runs and which files were changed is told anew. A request that the provider\n  refuses as too long is made again, shorter.",
  "`update_plan` is offered unless `[tools.update_plan] enabled = false`; the original offers it only where that is `true`.\n  Who resumes a thread, or forks it with its turns, is told its latest plan by `turn/plan/updated` behind the answer. A\n  plan has at most 40 steps of 300 characters, and a step has words.",
  "Review and undo go by `belay/review/*` and `belay/files/*`, whichever client the edit came from. A client that knows\n  neither loses nothing: its edits are on the disk, and wait for somebody to review them.",
  "`belay/review/updated` and `belay/files/updated` go to every client; `optOutNotificationMethods` keeps them away.",
  "`turn/diff/updated` comes from the change journal: it has what commands changed and what formatters made of an edit.\n  What is no text, or is not kept, it only names.",
  'With `edits: "propose"`, a `fileChange` that is `completed` with `isProposed` is not on the disk. Only who asks for it,\n  by `edits` or in the configuration, gets such. One that failed says why in `failure`.',
  "A client's tool in a namespace reaches the model as `namespace__tool`; `item/tool/call` names the two apart.",
  "`acceptWithExecpolicyAmendment` takes only the words that were offered. Without `scope` the rule is kept for always,\n  without `exact` it is the narrower of the two that these words can mean.",
  "`applyNetworkPolicyAmendment` stands for the rest of the thread and is not kept. A command that is let out reaches any\n  host, not only the one that was asked for.",
  "Among the decisions of an approval the word `runInTerminal` stands only for an editor that declared\n  `capabilities.belay.terminals`.",
  "Of a flood of output the first 4 MiB are streamed whole, and then the newest, with a note of how much is left out;\n  `aggregatedOutput` keeps the first and the last half MiB.",
];

const directions = [
  ["client request", "Requests of a client"],
  ["server request", "Requests of the server"],
  ["notification", "Notifications"],
] as const;

const replayed = [...replayedMethods].sort();

/** How many of ours, of those that can be asked for. */
function count(asked: readonly string[], methods: readonly Accounted[]): string {
  const ours = methods.filter(({ direction, standing }) => direction !== "notification" && standing.kind === "ours");
  const known = ours.filter(({ method }) => asked.includes(method));
  return `${known.length} of our ${ours.length} requests`;
}

function differenceRow({ what, why, sometimes }: Allowed): string {
  return `| ${what.map(change).join("; ")} | ${sometimes === true ? "At times: " : ""}${why} |`;
}

function of(methods: readonly Accounted[], direction: Accounted["direction"]): Accounted[] {
  return methods.filter((method) => method.direction === direction);
}

function have(title: string, all: readonly Accounted[]): string {
  const here = all.filter(({ standing }) => standing.kind === "ours");
  const due = all.filter(({ standing }) => standing.kind === "due");
  const notYet = due.length === 0 ? "" : `\n\nNot here yet: ${due.map(name).join(", ")}.`;
  return `**${title}** (${here.length} of ${all.length}): ${here.map(name).join(", ") || "none"}.${notYet}`;
}

function leftOutTable(methods: readonly Accounted[]): string {
  const byReason = new Map<string, Accounted[]>();
  for (const accounted of methods) {
    if (accounted.standing.kind !== "leftOut") continue;
    const { why } = accounted.standing;
    byReason.set(why, [...(byReason.get(why) ?? []), accounted]);
  }
  const rows = [...byReason].map(([why, left]) => `| ${why} | ${left.map(name).join(", ")} |`);
  return ["| why not | methods |", "|---|---|", ...rows].join("\n");
}

/** A star marks what only clients with `experimentalApi` may call. */
function name({ method, isExperimental }: Accounted): string {
  return code(method) + (isExperimental ? "\\*" : "");
}

function change({ kind, at, member }: Change): string {
  return member === undefined ? `${kind} ${list(at)}` : `${list(at)} ${kind} ${list(member)}`;
}

function list(names: string | readonly string[]): string {
  return [names].flat().map(code).join(", ");
}

function code(words: string): string {
  return `\`${words}\``;
}
