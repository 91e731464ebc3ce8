// What the server is told of the network and of VS Code: it is not the extension host, which VS Code patches.
import assert from "node:assert/strict";
import { test } from "node:test";
import { launchOf, type NetworkSettings } from "../../../extension/server/launch.ts";

const direct: NetworkSettings = { proxy: "", noProxy: [], usesSystemCertificates: false };
const newNode = new Set(["--use-env-proxy", "--use-system-ca"]);

const table: [string, NetworkSettings, Set<string>, { execArgv: string[]; env: Record<string, string> }][] = [
  ["no proxy of VS Code's: the environment decides", direct, newNode, { execArgv: ["--use-env-proxy"], env: {} }],
  [
    "VS Code's proxy, exceptions and certificates are passed on",
    { proxy: "http://proxy:3128", noProxy: ["localhost", ".corp"], usesSystemCertificates: true },
    newNode,
    {
      execArgv: ["--use-env-proxy", "--use-system-ca"],
      env: {
        http_proxy: "http://proxy:3128",
        HTTP_PROXY: "http://proxy:3128",
        https_proxy: "http://proxy:3128",
        HTTPS_PROXY: "http://proxy:3128",
        no_proxy: "localhost,.corp",
        NO_PROXY: "localhost,.corp",
      },
    },
  ],
  [
    "a Node without the flags is not given them",
    { ...direct, usesSystemCertificates: true },
    new Set(),
    { execArgv: [], env: {} },
  ],
];

for (const [name, network, flags, expected] of table) {
  test(name, () => {
    const facts = { module: "/dist/belay.mjs", editorRoot: "/vscode", network, knownFlags: flags };
    assert.deepEqual(launchOf(facts), {
      module: "/dist/belay.mjs",
      args: ["editor"],
      execArgv: expected.execArgv,
      env: { ...expected.env, BELAY_VSCODE_APP_ROOT: "/vscode" },
    });
  });
}
