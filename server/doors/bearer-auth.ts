// Who may open a WebSocket: whoever brings the token, or a token signed with the shared secret.
import { createHash, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { messageOf } from "../protocol/rpc/errors.ts";

export type WebSocketAuth =
  | { kind: "none" }
  | { kind: "capabilityToken"; token: { file: string } | { sha256: string } }
  | {
      kind: "signedBearerToken";
      secretFile: string;
      issuer: string | null;
      audience: string | null;
      maxClockSkewSeconds: number;
    };

/** Takes the Authorization header. Null: welcome. Else what to refuse with, in the words of the original. */
export type Authorize = (header: string | undefined) => Promise<string | null>;
/** The same, of a token. */
type Check = (token: string) => Promise<string | null>;

const MIN_SECRET_BYTES = 32;

/** Reads the secrets once. Throws Error with a sentence when they cannot be used. */
export async function authorizer(auth: WebSocketAuth): Promise<Authorize> {
  if (auth.kind === "none") return async () => null;
  const check = auth.kind === "capabilityToken" ? await tokenCheck(auth.token) : await signatureCheck(auth);
  return async (header) => {
    if (header === undefined) return "missing websocket bearer token";
    const token = /^bearer +(\S.*)$/i.exec(header)?.[1];
    if (token === undefined) return "invalid authorization header";
    return check(token);
  };
}

async function tokenCheck(token: { file: string } | { sha256: string }): Promise<Check> {
  const expected =
    "sha256" in token ? Buffer.from(token.sha256, "hex") : sha256(await readSecret(token.file, { minBytes: 1 }));
  // Hashes of one length, compared in a time that tells nothing of where they differ.
  return async (given) => (timingSafeEqual(sha256(given), expected) ? null : "invalid websocket bearer token");
}

async function signatureCheck(auth: Extract<WebSocketAuth, { kind: "signedBearerToken" }>): Promise<Check> {
  const secret = Buffer.from(await readSecret(auth.secretFile, { minBytes: MIN_SECRET_BYTES }));
  const { errors, jwtVerify } = await import("jose");
  const options = {
    algorithms: ["HS256"],
    requiredClaims: ["exp"],
    clockTolerance: auth.maxClockSkewSeconds,
    ...(auth.issuer === null ? {} : { issuer: auth.issuer }),
    ...(auth.audience === null ? {} : { audience: auth.audience }),
  };
  return async (given) => {
    try {
      await jwtVerify(given, secret, options);
      return null;
    } catch (error) {
      if (error instanceof errors.JWTExpired) return "expired websocket jwt";
      const claim = error instanceof errors.JWTClaimValidationFailed ? error.claim : "";
      return claimRefusals[claim] ?? "invalid websocket jwt";
    }
  };
}

const claimRefusals: Partial<Record<string, string>> = {
  iss: "websocket jwt issuer mismatch",
  aud: "websocket jwt audience mismatch",
  nbf: "websocket jwt is not valid yet",
};

async function readSecret(path: string, { minBytes }: { minBytes: number }): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Error(`the file ${path} with the WebSocket secret cannot be read: ${messageOf(cause)}`, { cause });
  });
  const secret = text.trim();
  if (Buffer.byteLength(secret) >= minBytes) return secret;
  if (secret === "") throw new Error(`the file ${path} is empty; put the WebSocket secret into it`);
  throw new Error(`the WebSocket secret in ${path} is too short; it needs at least ${minBytes} bytes`);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
