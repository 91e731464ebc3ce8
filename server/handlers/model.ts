// Requests about models and who provides them.
import { listModels, listProviders } from "../model/list.ts";
import { findProvider, type ModelSource } from "../model/providers.ts";
import type { clientRequests } from "../protocol/methods.ts";
import type { Handlers } from "../protocol/rpc/dispatch.ts";
import { providerNotConfigured } from "../protocol/rpc/errors.ts";
import type { Caller } from "./caller.ts";
import { paged } from "./paged.ts";

type ModelMethods = "model/list" | "modelProvider/list" | "modelProvider/capabilities/read";

/** `isFixed`: this process was started with a provider. */
export function modelHandlers(
  source: ModelSource,
  isFixed: () => boolean,
): Pick<Handlers<typeof clientRequests, Caller>, ModelMethods> {
  return {
    async "model/list"({ modelProvider, includeHidden, ...page }) {
      const provider = modelProvider || source.config.model_provider;
      if (modelProvider && findProvider(source, provider) === null) throw providerNotConfigured(provider);
      return paged(listModels(source, provider, { includeHidden: includeHidden ?? false }), page, "models");
    },
    async "modelProvider/list"() {
      const { model_provider } = source.config;
      return { data: listProviders(source), defaultProviderId: model_provider, canChangeDefault: !isFixed() };
    },
    async "modelProvider/capabilities/read"() {
      // None is offered to any model here.
      return { imageGeneration: false, webSearch: false };
    },
  };
}
