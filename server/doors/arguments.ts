// What follows `belay app-server` on a command line, read into plain data. It opens and reads nothing.
import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { messageOf } from "../protocol/rpc/errors.ts";
import type { WebSocketAuth } from "./bearer-auth.ts";
import type { SocketAddress } from "./socket-server.ts";

export interface AppServerArguments {
  listen: Listen;
  auth: WebSocketAuth;
  /** `key=value`, in the order they were given. */
  overrides: string[];
  /** A configuration that cannot be used as it is written ends the server. */
  isStrict: boolean;
  /** Only the usage is wanted. */
  help: boolean;
}

type Listen = { kind: "stdio" } | SocketAddress;

const string = { type: "string" } as const;
const tokenFlags = ["ws-token-file", "ws-token-sha256"] as const;
const signatureFlags = ["ws-shared-secret-file", "ws-issuer", "ws-audience", "ws-max-clock-skew-seconds"] as const;
/** What usual clients pass and nothing here depends on. */
const withoutEffect = {
  "analytics-default-enabled": { type: "boolean" },
  enable: { type: "string", multiple: true },
  disable: { type: "string", multiple: true },
} as const;
const options = {
  ...withoutEffect,
  help: { type: "boolean", short: "h" },
  "strict-config": { type: "boolean" },
  listen: string,
  stdio: { type: "boolean" },
  config: { type: "string", short: "c", multiple: true },
  "ws-auth": string,
  "ws-token-file": string,
  "ws-token-sha256": string,
  "ws-shared-secret-file": string,
  "ws-issuer": string,
  "ws-audience": string,
  "ws-max-clock-skew-seconds": string,
} as const;

/** Throws Error with a sentence for what cannot be meant. */
export function readAppServerArguments(argv: readonly string[]): AppServerArguments {
  const values = parse(argv);
  if (values.stdio && values.listen !== undefined && values.listen !== "stdio://") {
    throw new Error(`--stdio and --listen ${values.listen} name two transports; give one of them`);
  }
  const unfit = values.config?.find((text) => text.indexOf("=") <= 0);
  if (unfit !== undefined) throw new Error(`-c needs key=value, got ${JSON.stringify(unfit)}`);
  return {
    listen: readListen(values.listen ?? "stdio://"),
    auth: readAuth(values),
    overrides: values.config ?? [],
    isStrict: values["strict-config"] ?? false,
    help: values.help ?? false,
  };
}

/** The command's name first: what stands before it moves behind it, where what is said later wins. */
export function commandFirst(argv: readonly string[]): string[] {
  let at = 0;
  for (let taken = 1; taken > 0; at += taken) taken = takenBefore(argv[at] ?? "");
  return [...argv.slice(at, at + 1), ...argv.slice(0, at), ...argv.slice(at + 1)];
}

/** How many words an option takes that may stand before the command; 0: it is none. */
function takenBefore(word: string): 0 | 1 | 2 {
  if (/^(-c|--config|--enable|--disable)$/.test(word)) return 2;
  return /^(-c.+|--(config|enable|disable)=.*|--strict-config)$/.test(word) ? 1 : 0;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Behind its first sentence Node explains its own rules.
    const [what] = messageOf(error).split(". ");
    throw new Error(`${what}; see belay --help`, { cause: error });
  }
}

function readListen(url: string): Listen {
  if (url === "stdio://") return { kind: "stdio" };
  if (url === "off") throw new Error("there is no transport to serve; name one with --listen");
  if (url.startsWith("unix://")) return { kind: "unix", path: url.slice("unix://".length) || null };
  if (!url.startsWith("ws://")) {
    throw new Error(
      `unsupported --listen URL \`${url}\`; expected \`stdio://\`, \`unix://\`, \`unix://PATH\`, or \`ws://IP:PORT\``,
    );
  }
  const [, bracketed, plain, port] = /^ws:\/\/(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})\/?$/.exec(url) ?? [];
  const host = bracketed ?? plain ?? "";
  if (isIP(host) !== (bracketed === undefined ? 4 : 6) || Number(port) > 65_535) {
    throw new Error(`invalid websocket --listen URL \`${url}\`; expected \`ws://IP:PORT\``);
  }
  return { kind: "tcp", host, port: Number(port) };
}

type Flags = Partial<Record<"ws-auth" | (typeof tokenFlags)[number] | (typeof signatureFlags)[number], string>>;

function readAuth(flags: Flags): WebSocketAuth {
  const mode = flags["ws-auth"];
  switch (mode) {
    case undefined:
      refuse(flags, [...tokenFlags, ...signatureFlags], "need --ws-auth capability-token or signed-bearer-token");
      return { kind: "none" };
    case "capability-token":
      refuse(flags, signatureFlags, "need --ws-auth signed-bearer-token");
      return { kind: "capabilityToken", token: readToken(flags) };
    case "signed-bearer-token":
      refuse(flags, tokenFlags, "need --ws-auth capability-token");
      return readSigned(flags);
    default:
      throw new Error(`invalid value '${mode}' for --ws-auth; expected capability-token or signed-bearer-token`);
  }
}

function refuse(flags: Flags, names: readonly (keyof Flags)[], why: string): void {
  const given = names.filter((name) => flags[name] !== undefined).map((name) => `--${name}`);
  if (given.length > 0) throw new Error(`${given.join(" and ")} ${why}`);
}

function readToken(flags: Flags): { file: string } | { sha256: string } {
  const { "ws-token-file": file, "ws-token-sha256": sha256 } = flags;
  if (file !== undefined && sha256 !== undefined) {
    throw new Error("--ws-token-file and --ws-token-sha256 are two ways to say one thing; give one of them");
  }
  if (file !== undefined) return { file };
  if (sha256 === undefined) {
    throw new Error("--ws-auth capability-token needs the token: --ws-token-file FILE or --ws-token-sha256 HEX");
  }
  if (!/^[0-9a-f]{64}$/i.test(sha256)) throw new Error("--ws-token-sha256 must be 64 hexadecimal characters");
  return { sha256 };
}

const DEFAULT_CLOCK_SKEW_SECONDS = "30";

function readSigned(flags: Flags): WebSocketAuth {
  const secretFile = flags["ws-shared-secret-file"];
  if (secretFile === undefined) throw new Error("--ws-auth signed-bearer-token needs --ws-shared-secret-file FILE");
  const skew = flags["ws-max-clock-skew-seconds"] ?? DEFAULT_CLOCK_SKEW_SECONDS;
  if (!/^\d{1,9}$/.test(skew)) throw new Error("--ws-max-clock-skew-seconds must be a number of seconds, 0 or more");
  return {
    kind: "signedBearerToken",
    secretFile,
    issuer: flags["ws-issuer"] ?? null,
    audience: flags["ws-audience"] ?? null,
    maxClockSkewSeconds: Number(skew),
  };
}
