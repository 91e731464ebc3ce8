// What is the user's own: the folder of Belay's state, and the configuration in it. Reads, and writes nothing.
import { constants } from "node:fs";
import { access, lstat, readlink, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type ConfigWarning, configPath, type LoadedConfig } from "../../config/load.ts";
import { plainPolicy } from "../../protocol/plain-policy.ts";
import { homeRefusal } from "../../util/belay-home.ts";
import { shellQuote } from "../../util/shell-quote.ts";
import { type Check, fail, ok, warn } from "./check.ts";

type Found = Omit<Check, "id" | "name">;

export async function checkHome(home: string, user: { uid: number | null }): Promise<Found> {
  const link = await readlink(home).catch(() => null);
  const facts = { path: home, exists: true, mode: null as string | null, isWritable: false, isLink: link !== null };
  const stats = await stat(home).catch(() => null);
  if (stats === null) return link === null ? missingHome(home) : leadsNowhere(home, link, facts);
  facts.mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
  if (!stats.isDirectory()) {
    return fail(`${home} is not a folder.`, `Move it away, or let BELAY_HOME name another folder.`, facts);
  }
  facts.isWritable = await mayWrite(home);
  if (!facts.isWritable) {
    return fail(
      `${home} cannot be written to.`,
      "Make it yours to write, or let BELAY_HOME name another folder.",
      facts,
    );
  }
  const refusal = homeRefusal(home, user.uid);
  if (refusal !== null) {
    return fail(refusal, "Remove the link, or let BELAY_HOME name the folder itself.", facts);
  }
  if (link !== null) {
    const summary = `${home} is a link to ${link}: who can move the link decides where keys and threads go.`;
    return warn(summary, `Remove the link, and let BELAY_HOME name the folder itself.`, facts);
  }
  if (user.uid !== null && stats.uid !== user.uid) {
    const cure = "Give it to yourself with chown, or let BELAY_HOME name a folder of yours.";
    return warn(`${home} belongs to another user (${stats.uid}), who can read your threads and keys.`, cure, facts);
  }
  if ((stats.mode & 0o077) !== 0) {
    const summary = `${home} is open to other users (mode ${facts.mode}): they may read your threads.`;
    return warn(summary, `Run: ${shellQuote(["chmod", "700", home])}`, facts);
  }
  return ok(`${home}, yours alone`, facts);
}

async function missingHome(home: string): Promise<Found> {
  const facts = { path: home, exists: false, mode: null, isWritable: false, isLink: false };
  const parent = await nearestFolder(dirname(home));
  if (!(await mayWrite(parent))) {
    const summary = `${home} does not exist and cannot be made: ${parent} cannot be written to.`;
    return fail(summary, "Make it by hand, or let BELAY_HOME name another folder.", facts);
  }
  return ok(`${home} will be made when there is something to keep`, { ...facts, isWritable: true });
}

function leadsNowhere(home: string, link: string, facts: Record<string, unknown>): Found {
  const summary = `${home} is a link to ${link}, where nothing is.`;
  return fail(summary, "Remove the link, or let BELAY_HOME name another folder.", { ...facts, exists: false });
}

async function nearestFolder(path: string): Promise<string> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestFolder(dirname(path));
}

function mayWrite(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** `more`: what others have to say of the same file. */
export function checkConfig(home: string, loaded: LoadedConfig, more: readonly ConfigWarning[]): Found {
  const path = configPath(home);
  const warnings = [...loaded.warnings, ...more].map(({ summary, details, range }) => {
    return { summary, details, line: range?.start.line ?? null };
  });
  const isThere = loaded.layers.some(({ name, config }) => name.type === "user" && Object.keys(config).length > 0);
  const { sandbox_mode, approval_policy } = loaded.config;
  const facts = { path, sandboxMode: sandbox_mode, approvalPolicy: approval_policy, warnings };
  if (warnings.length === 0) {
    const says = `commands run ${sandbox_mode}, approval is ${plainPolicy(approval_policy)}`;
    return ok(isThere ? `${path}; ${says}` : `nothing is set in ${path}; ${says}`, facts);
  }
  const sentences = warnings.map(({ summary, details, line }) => {
    const where = line === null || details?.includes(`line ${line}`) ? "" : ` (line ${line})`;
    return `${summary}${where}${details === null ? "" : ` ${details}`}`;
  });
  return warn(sentences.join("\n"), null, facts);
}
