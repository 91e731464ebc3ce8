// What the scripted model does for each prompt of the conformance run. Both servers get the same words from it.
import type { ServerResponse } from "node:http";
import type { Step } from "../../server/model/script.ts";
import {
  completedEvent,
  type RequestBody,
  type ResponsesApi,
  responsesApi,
  sse,
  streamCalls,
  streamEnd,
  streamPart,
  toolOutputs,
} from "../support/responses-api.ts";

/** A prompt is the name of its script. More words may follow it. */
const scripts = {
  hello: [{ reasoning: "**Thinking** about it.", text: "Hello. This is a plain answer." }],
  again: [{ text: "Again." }],
  slow: [{ text: "One two three four five six seven eight nine ten eleven twelve.", delayMs: 250 }],
  shell: [command("echo hello-from-shell > out.txt && cat out.txt"), { text: "Command finished." }],
  /** Only looks; the last one cannot be told in a word. */
  look: [
    command("cat README.md | head -n 3"),
    command("ls -la"),
    command("grep -rn project ."),
    command("wc -l README.md"),
    { text: "Looked." },
  ],
  /** Enough for a summary to be shorter. */
  flood: [command("seq 1 6000"), { text: "Counted." }],
  list: [command("ls -la"), { text: "Listed." }],
  make: [command("mkdir made"), { text: "Made." }],
  makeanother: [command("mkdir another && ls -la"), { text: "Made." }],
  /** In our words: a host is asked for before a command is let out to it. */
  fetch: [
    command("curl -sS http://localhost:1/", {
      sandbox_permissions: "with_network",
      justification: "It must be there.",
    }),
    { text: "Fetched." },
  ],
  escalate: [
    command("echo ok", { sandbox_permissions: "require_escalated", justification: "It must reach the network." }),
    { text: "Escalated." },
  ],
  shellfail: [command("echo err >&2; exit 3"), { text: "It failed." }],
  /** Prints until the file `go` appears. */
  stream: [command(until("go", "echo line; sleep 0.05")), { text: "Streamed." }],
  /** Runs until the file `go` appears. */
  gated: [{ text: "Starting.", ...command(`${until("go")}; echo done`) }, { text: "The tool is done." }],
  forever: [command("sleep 60"), { text: "Never said." }],
  /** Leaves two commands running. */
  background: [
    { calls: [...calls("sleep 60", { yield_time_ms: 250 }), ...calls("sleep 61", { yield_time_ms: 250, tty: true })] },
    { text: "They run." },
  ],
  /** By the session id that ours gives to the first command of a thread. */
  typing: [
    command("read name; echo $name", { yield_time_ms: 250, tty: true }),
    { calls: [{ name: "write_stdin", arguments: { session_id: 1001, chars: "x\n", yield_time_ms: 30_000 } }] },
    { text: "Typed." },
  ],
  parallel: [
    { calls: [...calls(`${until("go")}; echo one`), ...calls(`${until("go")}; echo two`)] },
    { text: "Both ran." },
  ],
  patchadd: [patch("*** Add File: hello.txt", "+hello", "+world"), { text: "File added." }],
  patchedit: [
    patch("*** Update File: hello.txt", "@@", " hello", "-world", "+there", "*** Add File: sub/new.txt", "+new"),
    { text: "File edited." },
  ],
  patchbad: [patch("*** Update File: README.md", "@@", "-not in there", "+at all"), { text: "Patch failed." }],
  patchoutside: [patch("*** Add File: ../outside.txt", "+out"), { text: "Outside done." }],
  unknowntool: [{ calls: [{ name: "no_such_tool", arguments: { x: 1 } }] }, { text: "It is unknown." }],
  badargs: [{ calls: [{ name: "exec_command", arguments: { nonsense: true } }] }, { text: "Bad arguments." }],
  plan: [
    {
      calls: [
        {
          name: "update_plan",
          arguments: {
            explanation: "the plan",
            plan: [
              { step: "Read", status: "completed" },
              { step: "Edit", status: "in_progress" },
              { step: "Test", status: "pending" },
            ],
          },
        },
      ],
    },
    { calls: [{ name: "update_plan", arguments: { plan: [{ step: "Test", status: "completed" }] } }] },
    { text: "Planned." },
  ],
  big: [command("seq 1 400000"), { text: "Big." }],
  fail: [{ fail: "the model is unwell" }],
  /** Breaks off the first time, or always; or is refused the first time. */
  cutonce: [{ text: "Whole." }],
  cutalways: [{ text: "Never said." }],
  unwellonce: [{ text: "Well again." }],
  limitedonce: [{ text: "Let through." }],
  dynamic: [{ calls: [{ name: "lookup_ticket", arguments: { id: "ABC-1" } }] }, { text: "The ticket is open." }],
  askuser: [
    {
      calls: [
        {
          name: "request_user_input",
          arguments: {
            questions: [
              {
                id: "q1",
                header: "Choose",
                question: "Which one?",
                options: [
                  { label: "A (Recommended)", description: "first" },
                  { label: "B", description: "second" },
                ],
              },
            ],
          },
        },
      ],
    },
    { text: "Thanks." },
  ],
} as const satisfies Record<string, readonly Partial<Step>[]>;

export type ScriptName = keyof typeof scripts | "aloud" | "written";

export async function scriptedApi(): Promise<ResponsesApi> {
  const scenes = [
    ...Object.entries(scripts).map(([name, steps]) => ({ prompt: `^${name}\\b`, steps: [...steps] })),
    { steps: [{ text: "There is no script for this." }] },
  ];
  const api: ResponsesApi = await responsesApi(scenes, {
    misbehave: (response) => {
      const request = api.requests.at(-1);
      if (promptOf(request) === "aloud") return thinkAloud(response);
      const attempt = api.requests.filter((other) => promptOf(other) === promptOf(request)).length;
      if (breakOff(promptOf(request), attempt, response)) return true;
      return promptOf(request) === "written" && toolOutputs(request).length === 0 && writePatch(response);
    },
  });
  return api;
}

function breakOff(prompt: string, attempt: number, response: ServerResponse): boolean {
  const isFirst = attempt === 1;
  if (prompt === "cutalways" || (prompt === "cutonce" && isFirst)) {
    streamPart(response, "Half", `msg_part_${attempt}`);
    response.end();
    return true;
  }
  const status = { unwellonce: 500, limitedonce: 429 }[prompt];
  if (status === undefined || !isFirst) return false;
  const error = { message: "not now", type: "trouble", code: null };
  response.writeHead(status, { "content-type": "application/json", "retry-after": "0" }).end(JSON.stringify({ error }));
  return true;
}

function promptOf(request: RequestBody | undefined): string {
  const content = request?.input.findLast(({ role }) => role === "user")?.content ?? "";
  return typeof content === "string" ? content : content.map((part) => part.text).join("");
}

/** The script language has no raw reasoning, which only few providers show. */
function thinkAloud(response: ServerResponse): true {
  const reasoning = { type: "reasoning", id: "rs_aloud", summary: [] };
  const content = [{ type: "reasoning_text", text: "So it is." }];
  const events = [
    { type: "response.created", response: { id: "resp_aloud", object: "response", status: "in_progress" } },
    { type: "response.output_item.added", output_index: 0, item: reasoning },
    {
      type: "response.reasoning_text.delta",
      item_id: reasoning.id,
      output_index: 0,
      content_index: 0,
      delta: "So it is.",
    },
    { type: "response.output_item.done", output_index: 0, item: { ...reasoning, content } },
    { type: "response.completed", response: { id: "resp_aloud", object: "response", status: "completed" } },
  ];
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(events.map(sse).join(""));
  return true;
}

/** Nor does it have the pieces of a call's input. */
function writePatch(response: ServerResponse): true {
  const pieces = ["*** Begin Patch\n*** Add File: written.txt\n", "+one\n", "+two\n*** End Patch\n"];
  streamCalls(response, [{ callId: "call_written", name: "apply_patch", pieces }]);
  streamEnd(response, completedEvent);
  return true;
}

function calls(cmd: string, more: Record<string, unknown> = {}) {
  return [{ name: "exec_command", arguments: { cmd, ...more } }];
}

function command(cmd: string, more: Record<string, unknown> = {}): Partial<Step> {
  return { calls: calls(cmd, more) };
}

function patch(...lines: string[]): Partial<Step> {
  return { calls: [{ name: "apply_patch", input: ["*** Begin Patch", ...lines, "*** End Patch"] }] };
}

/** Waits for a file of the workspace, so that a replay decides when a command goes on. */
function until(file: string, meanwhile = "sleep 0.02"): string {
  return `until [ -e ${file} ]; do ${meanwhile}; done`;
}
