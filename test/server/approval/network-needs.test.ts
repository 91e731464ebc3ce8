// Which hosts a command wants, read from its line and from its complaints.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hostsOfOutput, hostsOfScript, wantedNetwork } from "../../../server/approval/network-needs.ts";

const scripts: [string, string[]][] = [
  ["npm ci", []],
  ["cd app && wget http://one.example/a https://two.example/b", ["one.example", "two.example"]],
  ["curl -s https://api.example.com/v1?x=1", ["api.example.com"]],
  ["curl https://user:pw@API.example.com:8443/", ["api.example.com"]],
  ["git clone git@github.com:a/b.git", ["github.com"]],
  ["git push ssh://git@example.org:22/x", ["example.org"]],
  ["npm i --registry https://npm.corp.example/", ["npm.corp.example"]],
  ["./run-tests.sh", []],
  ["echo toString constructor", []],
];
test("the hosts of a command line are those it names", () => {
  for (const [script, hosts] of scripts) assert.deepEqual(hostsOfScript(script), hosts, script);
});

const outputs: [string, string[]][] = [
  [
    "npm error code EAI_AGAIN\nnpm error request to https://packages.example/x failed, reason: getaddrinfo EAI_AGAIN packages.example",
    ["packages.example"],
  ],
  ["curl: (6) Could not resolve host: example.com", ["example.com"]],
  ["fatal: unable to access 'https://github.com/a/b/': Could not resolve host: github.com", ["github.com"]],
  ["ssh: Could not resolve hostname github.com: Temporary failure in name resolution", ["github.com"]],
  ["HTTPSConnectionPool(host='index.example', port=443): Max retries exceeded: NameResolutionError", ["index.example"]],
  ["dial tcp: lookup modules.example: no such host: network is unreachable", ["modules.example"]],
  ["wget: unable to resolve host address ‘x’; network is unreachable", []],
];
test("the hosts of a failure are those it complains about", () => {
  for (const [output, hosts] of outputs) {
    assert.deepEqual(hostsOfOutput(output), hosts, output);
    assert.equal(wantedNetwork(output), true, output);
  }
});

test("a failing test is not taken for a lack of network", () => {
  assert.equal(wantedNetwork("1 failing\n  AssertionError: expected 3 to equal 4"), false);
  assert.equal(wantedNetwork("connect ECONNREFUSED 127.0.0.1:5432"), false);
});

test("a megabyte of one word is looked through at once", () => {
  assert.deepEqual(hostsOfOutput(`lookup ${"a".repeat(1_000_000)}`), []);
});
