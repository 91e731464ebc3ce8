// Who could answer: each provider of the configuration, whether it has a key, and whether its server is there. No key
// and no header of the configuration is sent.
import { findProvider, isScripted, keyOf, type ModelSource } from "../../model/providers.ts";
import { patientTimeout } from "../../util/patient-timeout.ts";
import { type Check, checked, fail, ok, warn } from "./check.ts";

type Found = Omit<Check, "id" | "name">;

const REACH_MS = 2_000;
/** More than anybody has; all are asked at the same time. */
const MAX_PROVIDERS = 16;

/** The one in use first. Only without that one nobody can work. */
export async function checkModels(source: ModelSource): Promise<Check[]> {
  const inUse = source.config.model_provider;
  const others = Object.keys(source.config.model_providers).filter((id) => id !== inUse);
  const ids = [inUse, ...others.toSorted()].slice(0, MAX_PROVIDERS);
  return Promise.all(
    ids.map(async (id) => {
      const check = await checked(`model.${id}`, id === inUse ? "Model" : "", () => checkProvider(source, id));
      return id === inUse || check.status !== "fail" ? check : { ...check, status: "warn" as const };
    }),
  );
}

async function checkProvider(source: ModelSource, id: string): Promise<Found> {
  const found = findProvider(source, id);
  const place = `[model_providers.${id}] in config.toml`;
  const facts = { provider: id, isInUse: id === source.config.model_provider, hasKey: false, reach: null };
  if (found === null) {
    return fail(
      `Nobody has described the provider "${id}".`,
      `Describe it under ${place}, or correct model_provider.`,
      facts,
    );
  }
  if (isScripted(id)) return ok(`${id} plays a written script and needs no key; no AI answers`, facts);
  if (found.baseUrl === null) return fail(`The provider "${id}" has no base_url.`, `Add it under ${place}.`, facts);
  if (found.configured?.wire_api === "chat") {
    const summary = `The provider "${id}" is set to wire_api = "chat", which this version does not speak.`;
    return fail(summary, "Use a provider with the Responses API.", facts);
  }
  const { key, isMissing } = keyOf(source, id);
  const reach = await reachOf(found.baseUrl);
  const all = { ...facts, hasKey: key !== null, reach: reach.kind };
  if (reach.kind !== "answers") return fail(`${id}: ${reach.said}`, reach.cure, all);
  if (!isMissing) return ok(`${id} ${reach.said}${key === null ? " and needs no key" : ", with a key"}`, all);
  const own = found.configured?.env_key_instructions?.trim();
  const cure = own || `Set ${found.envKey ?? "its variable"}, or run Belay: Set API Key… in VS Code.`;
  return warn(`${id} ${reach.said}, but there is no key here. VS Code may keep one of its own.`, cure, all);
}

type Reach =
  | { kind: "answers"; said: string }
  | { kind: "redirects" | "failing" | "unreachable" | "wrongUrl"; said: string; cure: string };

async function reachOf(baseUrl: string): Promise<Reach> {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { kind: "wrongUrl", said: "its base_url is not an http or https URL.", cure: "Correct it in config.toml." };
  }
  // A name and a password in it are secrets, and not for the screen either.
  [url.username, url.password, url.search, url.hash] = ["", "", "", ""];
  const late = new AbortController();
  const inTime = patientTimeout(() => late.abort(new DOMException("", "TimeoutError")), REACH_MS);
  try {
    const { status } = await fetch(url, { method: "HEAD", redirect: "manual", signal: late.signal });
    if (status >= 300 && status < 400) {
      const said = `${url.href} redirects (${status}), which Belay does not follow.`;
      return { kind: "redirects", said, cure: "Let base_url name the place itself." };
    }
    if (status < 500) return { kind: "answers", said: `is reachable at ${url.host}` };
    const said = `${url.host} answers with an error of its own (${status}).`;
    return { kind: "failing", said, cure: "Try again later, or ask who runs it." };
  } catch (error) {
    return { kind: "unreachable", ...troubleOf(url, error) };
  } finally {
    inTime();
  }
}

function troubleOf({ host }: URL, error: unknown): { said: string; cure: string } {
  const code = codeOf(error);
  if (error instanceof Error && error.name === "TimeoutError") {
    const said = `${host} did not answer within ${REACH_MS / 1000} seconds.`;
    return { said, cure: "See whether this machine reaches the network." };
  }
  if (code === "ECONNREFUSED") {
    return { said: `${host} refused the connection.`, cure: "Start the server, or correct base_url in config.toml." };
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const cure = "See whether this machine reaches the network, or correct base_url in config.toml.";
    return { said: `the name of ${host} leads nowhere.`, cure };
  }
  const said = `${host} cannot be reached (${code ?? (error instanceof Error ? error.message : String(error))}).`;
  return { said, cure: "See whether this machine reaches it, and whether base_url in config.toml is right." };
}

/** Fetch wraps what the system said. */
function codeOf(error: unknown): string | null {
  const cause = error instanceof Error ? error.cause : null;
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause;
  return inner instanceof Error && "code" in inner ? String(inner.code) : null;
}
