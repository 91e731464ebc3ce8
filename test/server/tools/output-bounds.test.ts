// However much a tool says, the model's context gets a bounded part of it: from a table, and over the wire.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { estimateAll } from "../../../server/agent/token-estimate.ts";
import { bounded, MAX_OUTPUT_CHARS, MAX_PICTURES } from "../../../server/tools/output-bounds.ts";
import { responsesApi, toolOutputs } from "../../support/responses-api.ts";
import { testServer } from "../../support/test-server.ts";

/** Of one call, however it is written. */
const MOST_TOKENS = 16_000;

test("what is within bounds is passed on as it is; what is not keeps its ends and says how much is missing", () => {
  const small = { output: "x".repeat(MAX_OUTPUT_CHARS), images: ["a"] };
  assert.equal(bounded(small), small);
  const { output } = bounded({ output: `begin${"x".repeat(1_000_000)}end` });
  assert.match(output, /^beginx+\n\[\.\.\. 960008 characters left out \.\.\.\]\nx+end$/);
  const pictures = bounded({ output: "", images: Array.from({ length: MAX_PICTURES + 2 }, () => "data:") });
  assert.deepEqual([pictures.images?.length, pictures.output], [MAX_PICTURES, "\n[2 more pictures left out]"]);
  assert.equal(bounded({ output: "😀".repeat(50_000) }).output.isWellFormed(), true);
});

test("a hundred megabytes from a command, a file or a client's tool are a bounded number of tokens", async () => {
  const flood = 100_000_000;
  const calls = [
    { name: "exec_command", arguments: { cmd: `head -c ${flood} /dev/zero | tr '\\0' x` } },
    { name: "read_file", arguments: { path: "long.txt" } },
    { name: "search_files", arguments: { pattern: "word" } },
    { name: "lookup", arguments: {} },
  ];
  await using api = await responsesApi([{ steps: [{ calls }, { text: "done" }] }]);
  await using server = await testServer({
    ...{ api, approvalPolicy: "never" as const, sandboxMode: "danger-full-access" as const },
    initialize: { experimentalApi: true },
  });
  writeFileSync(
    join(server.workspace, "long.txt"),
    "word and on and on. ".repeat(flood / 20).replaceAll("on. ", "on.\n "),
  );
  server.answer("item/tool/call", () => ({
    success: true,
    contentItems: [{ type: "inputText", text: "y".repeat(3_000_000) }],
  }));
  const tool = { type: "function" as const, name: "lookup", description: "Looks up", inputSchema: { type: "object" } };
  const threadId = await server.startThread({ dynamicTools: [tool] });
  await server.completeTurn("go", threadId);
  const outputs = toolOutputs(api.requests[1]);
  assert.equal(outputs.length, calls.length);
  for (const [at, output] of outputs.entries()) {
    const tokens = estimateAll([{ type: "toolOutput", callId: "c", kind: "json", output }]);
    assert.ok(tokens <= MOST_TOKENS, `${calls[at]?.name}: ${tokens} tokens`);
    assert.ok(output.length > 0);
  }
});
