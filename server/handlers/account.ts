// Requests about who pays for the model.
import { keyOf, type ModelSource, OPENAI } from "../model/providers.ts";
import type { StoredKey } from "../model/stored-key.ts";
import type { clientRequests, ServerNotification } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { loginRefused } from "../protocol/rpc/errors.ts";
import type { Caller } from "./caller.ts";

type AccountMethods = "account/read" | "account/login/start" | "account/logout";

/** `tellAll`: every client, whoever caused it. */
export function accountHandlers(
  models: ModelSource,
  stored: StoredKey,
  tellAll: (notification: ServerNotification) => void,
): Pick<Handlers<typeof clientRequests, Caller>, AccountMethods> {
  const tellUpdated = () => {
    const authMode = keyOf(models, OPENAI).key === null ? null : "apikey";
    tellAll({ method: "account/updated", params: { authMode, planType: null } });
  };
  return {
    async "account/read"() {
      const requiresOpenaiAuth = models.config.model_provider === OPENAI;
      const hasKey = requiresOpenaiAuth && keyOf(models, OPENAI).key !== null;
      const account = hasKey ? { type: "apiKey" as const } : null;
      return { account, userId: null, requiresOpenaiAuth, workspaceRouting: null };
    },
    async "account/login/start"(params, { answerFirst }) {
      if (params.type !== "apiKey") throw loginRefused(otherForm(params.type));
      await stored.set(usableKey(params.apiKey));
      answerFirst();
      const completed = { loginId: null, success: true, error: null, onboardingEntrypoint: null };
      tellAll({ method: "account/login/completed", params: completed });
      tellUpdated();
      return { type: "apiKey" };
    },
    async "account/logout"(_, { answerFirst }) {
      await stored.clear();
      answerFirst();
      tellUpdated();
      return {};
    },
  };
}

function otherForm(type: string): string {
  return `Belay signs in with an API key only, not by ${type}. Send {"type":"apiKey","apiKey":"…"}.`;
}

/** It becomes a header: one word, without what comes along when it is copied. Never says what was given. */
function usableKey(given: string): string {
  const key = given.trim();
  if (key === "") throw loginRefused("apiKey is empty. Send the key itself.");
  if (!/^[\x21-\x7E]+$/.test(key)) {
    throw loginRefused("apiKey holds spaces or characters that no key has. Send the key alone.");
  }
  return key;
}
