// Who pays for the model: the key of the OpenAI API that a person signs in with.
import * as z from "zod";

export const AccountReadParams = z.object({ refreshToken: z.boolean().nullish() });
export const AccountReadResponse = z.lazy(() =>
  z.object({
    /** Null: no key, or the provider in use needs none of ours. */
    account: z.object({ type: z.literal("apiKey") }).nullable(),
    userId: z.null(),
    /** False: the provider in use has its own way, and nobody needs to sign in. */
    requiresOpenaiAuth: z.boolean(),
    workspaceRouting: z.null(),
  }),
);

/** The forms of the protocol. Only `apiKey` works here; the others are refused with a sentence. */
export const AccountLoginStartParams = z.lazy(() =>
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("apiKey"), apiKey: z.string() }),
    z.object({ type: z.literal("chatgpt") }),
    z.object({ type: z.literal("chatgptDeviceCode") }),
    z.object({ type: z.literal("chatgptAuthTokens") }),
    z.object({ type: z.literal("amazonBedrock") }),
    z.object({ type: z.literal("amazonBedrockAccessKeys") }),
  ]),
);
export const AccountLoginStartResponse = z.object({ type: z.literal("apiKey") });

export const AccountLogoutParams = z.object({});
export const AccountLogoutResponse = z.object({});

export const AccountLoginCompletedNotification = z.lazy(() =>
  z.object({
    /** Null: this form of login has no id. */
    loginId: z.string().nullable(),
    success: z.boolean(),
    error: z.string().nullable(),
    onboardingEntrypoint: z.null(),
  }),
);

export const AccountUpdatedNotification = z.lazy(() =>
  z.object({
    /** What requests to OpenAI are signed with from now on. */
    authMode: z.literal("apikey").nullable(),
    planType: z.null(),
  }),
);
