// The command line of `belay app-server`, as a table.
import assert from "node:assert/strict";
import { test } from "node:test";
import { commandFirst, readAppServerArguments } from "../../../server/doors/arguments.ts";

const none = { kind: "none" };
const hash = "0123456789abcdef".repeat(4);
const signed = ["--ws-auth", "signed-bearer-token", "--ws-shared-secret-file", "s"];
const defaults = { kind: "signedBearerToken", secretFile: "s", issuer: null, audience: null, maxClockSkewSeconds: 30 };

test("a transport, a way to know clients, and settings", () => {
  const table: [string[], object][] = [
    [[], { listen: { kind: "stdio" }, auth: none, overrides: [] }],
    [["--stdio"], { listen: { kind: "stdio" } }],
    [["--listen", "stdio://"], { listen: { kind: "stdio" } }],
    [["--listen=unix://"], { listen: { kind: "unix", path: null } }],
    [["--listen", "unix:///run/belay.sock"], { listen: { kind: "unix", path: "/run/belay.sock" } }],
    [["--listen", "ws://127.0.0.1:0"], { listen: { kind: "tcp", host: "127.0.0.1", port: 0 } }],
    [["--listen", "ws://[::1]:8080"], { listen: { kind: "tcp", host: "::1", port: 8080 } }],
    [
      ["--ws-auth", "capability-token", "--ws-token-file", "t"],
      { auth: { kind: "capabilityToken", token: { file: "t" } } },
    ],
    [
      ["--ws-auth", "capability-token", "--ws-token-sha256", hash],
      { auth: { kind: "capabilityToken", token: { sha256: hash } } },
    ],
    [signed, { auth: defaults }],
    [[...signed, "--ws-issuer", "i", "--ws-audience", "a"], { auth: { ...defaults, issuer: "i", audience: "a" } }],
    [[...signed, "--ws-max-clock-skew-seconds", "0"], { auth: { ...defaults, maxClockSkewSeconds: 0 } }],
    [["-c", "model=x", "--config", "model=y"], { overrides: ["model=x", "model=y"] }],
    [["--strict-config"], { isStrict: true, help: false }],
    [["--help"], { isStrict: false, help: true }],
    [["--analytics-default-enabled", "--enable", "a", "--enable=b", "--disable", "c"], { overrides: [], help: false }],
  ];
  for (const [argv, expected] of table) {
    const read = readAppServerArguments(argv);
    assert.deepEqual({ ...read, ...expected }, read, argv.join(" "));
  }
});

test("options may stand before the command", () => {
  const table: [string, string][] = [
    ["-c model=x app-server -c model=y", "app-server -c model=x -c model=y"],
    [
      "--config=a=b --enable f --disable=g --strict-config app-server",
      "app-server --config=a=b --enable f --disable=g --strict-config",
    ],
    ["-ca=b --help", "--help -ca=b"],
    ["--listen app-server", "--listen app-server"],
    ["-c", "-c"],
    ["", ""],
  ];
  for (const [given, meant] of table) assert.equal(commandFirst(given.split(" ")).join(" "), meant, given);
});

test("what cannot be meant is refused, with the cure", () => {
  const table: [string[], RegExp][] = [
    [["--nope"], /'--nope'/],
    [["extra"], /'extra'/],
    [["--listen"], /--listen/],
    [["--listen", "http://x"], /unsupported --listen URL `http:\/\/x`; expected `stdio:\/\/`, .* or `ws:\/\/IP:PORT`$/],
    [["--listen", "off"], /no transport to serve/],
    [["--stdio", "--listen", "unix://"], /two transports/],
    [["--listen", "ws://localhost:1"], /invalid websocket --listen URL .* expected `ws:\/\/IP:PORT`/],
    [["--listen", "ws://127.0.0.1"], /invalid websocket/],
    [["--listen", "ws://127.0.0.1:65536"], /invalid websocket/],
    [["--listen", "ws://[127.0.0.1]:1"], /invalid websocket/],
    [["--ws-token-file", "t"], /--ws-token-file need --ws-auth/],
    [["--ws-auth", "other"], /invalid value 'other' for --ws-auth/],
    [["--ws-auth", "capability-token"], /needs the token/],
    [["--ws-auth", "capability-token", "--ws-token-sha256", "zz"], /64 hexadecimal/],
    [["--ws-auth", "capability-token", "--ws-token-sha256", hash, "--ws-token-file", "t"], /give one of them/],
    [["--ws-auth", "capability-token", "--ws-token-file", "t", "--ws-issuer", "i"], /--ws-issuer need/],
    [["--ws-auth", "signed-bearer-token"], /needs --ws-shared-secret-file/],
    [[...signed, "--ws-token-file", "t"], /--ws-token-file need/],
    [[...signed, "--ws-max-clock-skew-seconds", "-1"], /--ws-max-clock-skew-seconds/],
    [["-c", "broken"], /broken/],
  ];
  for (const [argv, message] of table) assert.throws(() => readAppServerArguments(argv), { message }, argv.join(" "));
});
