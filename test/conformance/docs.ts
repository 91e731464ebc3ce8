// Writes docs/protocol.md: which methods of the protocol we have, which not and why, and where ours differs.
import { clientRequests, serverNotifications, serverRequests } from "../../server/protocol/methods.ts";
import type { Accounted, Coverage } from "./coverage.ts";
import { type Change, differences } from "./replay/differences.ts";
import { isOurOwn } from "./schema/drive.ts";

export function protocolDocs(version: string, { methods }: Coverage): string {
  const ofOurs = [clientRequests, serverRequests, serverNotifications]
    .flatMap((table) => Object.keys(table))
    .filter((method) => method.startsWith("belay/") && isOurOwn(method));
  return `# The protocol

<!-- Written by \`npm run conformance -- --write-docs\`. What stands here comes from server/protocol/methods.ts and
test/conformance: change it there. -->

Belay speaks the App Server protocol as \`codex app-server\` ${version} does. \`npm run conformance\` holds every message
against the schema that the original prints of itself, and replays conversations to both servers.

## What we have

${directions.map(([direction, title]) => have(title, of(methods, direction))).join("\n\n")}

**Ours**, beside the protocol: ${ofOurs.length === 0 ? "none" : ofOurs.map(code).join(", ")}.

## What we do not have

${leftOutTable(methods)}

## Where ours differs

Each of these is checked: a difference that is not here fails the run, and so does one that is here and no longer
occurs. What it "adds", "omits", "moves" or where it "differs" is seen from our server; a star stands for anything.

| ours | why |
|---|---|
${differences.map(({ what, why }) => `| ${what.map(change).join("; ")} | ${why} |`).join("\n")}
`;
}

const directions = [
  ["client request", "Requests of a client"],
  ["server request", "Requests of the server"],
  ["notification", "Notifications"],
] as const;

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
