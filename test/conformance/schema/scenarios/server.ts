// Scenarios of the server itself: the handshake, models, configuration and accounts.
import type { Peer } from "../../peer.ts";
import { playTurn, type Scenario } from "../stage.ts";

/** A scenario that only asks. */
function asks(method: string, ...variants: unknown[]): Scenario {
  return {
    name: method,
    drives: [method],
    async run(stage) {
      const server = await stage.server();
      for (const params of variants) await server.result(method, params);
    },
  };
}

export const serverScenarios: readonly Scenario[] = [
  {
    name: "notifications that a client opted out of are not sent",
    drives: ["initialize"],
    async run(stage) {
      const unwanted = ["item/agentMessage/delta", "thread/started", "nonexistent/x"];
      const server = await stage.server({ optOutNotificationMethods: unwanted });
      const threadId = await stage.startThread(server);
      await playTurn({ server, threadId }, "hello");
      const sent = methodsHeard(server).filter((method) => unwanted.includes(method));
      if (sent.length > 0) throw new Error(`sent though opted out: ${sent.join(", ")}`);
    },
  },
  {
    name: "a client without capabilities",
    drives: ["initialize"],
    async run(stage) {
      const server = stage.place.start();
      stage.peers.push(server);
      await server.result("initialize", {
        clientInfo: { name: "plain", title: null, version: "1" },
        capabilities: null,
      });
      server.send({ method: "initialized" });
      await playTurn({ server, threadId: await stage.startThread(server) }, "hello");
    },
  },
  {
    name: "a warning about the configuration",
    drives: ["initialize"],
    place: { config: 'sandbox_mode = "no-such-mode"' },
    async run(stage) {
      const server = await stage.server();
      await server.hear("configWarning");
    },
  },
  asks("model/list", {}, { limit: 1 }, { includeHidden: true }),
  asks("modelProvider/list", {}),
  asks("modelProvider/capabilities/read", {}),
  asks("permissionProfile/list", {}, { limit: 1 }),
  asks("experimentalFeature/list", {}, { limit: 3 }),
  asks("configRequirements/read", undefined),
  {
    name: "config/read",
    drives: ["config/read"],
    async run(stage) {
      const server = await stage.server();
      await server.result("config/read", {});
      await server.result("config/read", { includeLayers: true, cwd: stage.workspace });
    },
  },
  {
    name: "config/value/write",
    drives: ["config/value/write"],
    async run(stage) {
      const server = await stage.server();
      const write = { keyPath: "model_reasoning_effort", value: "high", mergeStrategy: "replace" };
      await server.result("config/value/write", write);
      await server.request("config/value/write", { ...write, keyPath: "sandbox_mode", value: "nope" });
      await server.request("config/value/write", { ...write, expectedVersion: "sha256:000" });
    },
  },
  asks("config/batchWrite", {
    edits: [
      { keyPath: "model_reasoning_effort", value: "low", mergeStrategy: "replace" },
      { keyPath: "sandbox_workspace_write", value: { network_access: true }, mergeStrategy: "upsert" },
    ],
    reloadUserConfig: true,
  }),
  asks("account/read", {}, { refreshToken: false }),
  {
    name: "an account by API key",
    drives: ["account/login/start", "account/logout", "account/read"],
    async run(stage) {
      const server = await stage.server();
      await server.result("account/login/start", { type: "apiKey", apiKey: "not-a-key" });
      await server.hear("account/login/completed");
      await server.hear("account/updated");
      await server.result("account/read", {});
      await server.result("account/logout");
      await server.hear("account/updated");
    },
  },
];

function methodsHeard({ said }: Peer): string[] {
  return said.flatMap(({ from, message }) => (from === "server" && message.method ? [message.method] : []));
}
