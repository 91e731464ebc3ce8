// Conversations about what clients do beside threads: files, commands, search, configuration, and the client's answers.
import { ask, ended, hear, reply, shakeHands, thread, turn } from "../steps.ts";
import type { Replay, Step } from "../replay.ts";

const base64 = (words: string) => Buffer.from(words).toString("base64");
const shell = (line: string) => ["sh", "-c", line];
const exec = (command: readonly string[], more: Record<string, unknown> = {}) =>
  ask("command/exec", { command, ...more });
const write = (keyPath: string, value: unknown, more: Record<string, unknown> = {}): Step =>
  ask("config/value/write", { keyPath, value, mergeStrategy: "replace", ...more });

export const workspaceReplays: readonly Replay[] = [
  {
    name: "files",
    about: "Everything that can be done to them, and what goes wrong.",
    steps: [
      ...shakeHands(),
      ask("fs/createDirectory", { path: "$ws/x/y" }),
      ask("fs/writeFile", { path: "$ws/x/y/f.txt", dataBase64: base64("hi") }),
      ask("fs/readFile", { path: "$ws/x/y/f.txt" }),
      ask("fs/getMetadata", { path: "$ws/x/y/f.txt" }),
      ask("fs/readDirectory", { path: "$ws/x" }),
      ask("fs/copy", { sourcePath: "$ws/x", destinationPath: "$ws/z" }),
      ask("fs/copy", { sourcePath: "$ws/x", destinationPath: "$ws/z", recursive: true }),
      ask("fs/readFile", { path: "x" }),
      ask("fs/readFile", { path: "/no/file" }),
      ask("fs/readFile", { path: "$ws/x" }),
      ask("fs/remove", { path: "$ws/x" }),
      ask("fs/writeFile", { path: "$ws/f.txt", dataBase64: "***" }),
    ],
  },
  {
    name: "watched files",
    about: "A change is told; an id is taken once; nothing is told twice.",
    steps: [
      ...shakeHands(),
      ask("fs/watch", { watchId: "w1", path: "$ws" }),
      ask("fs/writeFile", { path: "$ws/f.txt", dataBase64: base64("hi") }),
      hear("fs/changed"),
      ask("fs/watch", { watchId: "w1", path: "$ws" }),
      ask("fs/unwatch", { watchId: "w1" }),
      ask("fs/unwatch", { watchId: "w1" }),
    ],
  },
  {
    name: "commands of a client",
    about: "What they print, how they fail, and what may not be asked for.",
    steps: [
      ...shakeHands(),
      exec(shell("echo out; echo err >&2; exit 4")),
      exec([]),
      exec(["sleep", "5"], { timeoutMs: 100 }),
      exec(shell("echo x > $ws/zz"), { sandboxPolicy: { type: "readOnly", networkAccess: false } }),
      exec(["bash"], { tty: true }),
      exec(["ls"], { timeoutMs: 5, disableTimeout: true }),
    ],
  },
  {
    name: "a terminal of a client",
    about: "Written to, resized, terminated.",
    steps: [
      ...shakeHands(),
      ask(
        "command/exec",
        {
          command: ["bash", "--norc", "-i"],
          processId: "p1",
          tty: true,
          size: { rows: 20, cols: 80 },
          disableTimeout: true,
          sandboxPolicy: { type: "dangerFullAccess" },
        },
        { later: true },
      ),
      hear("command/exec/outputDelta"),
      ask("command/exec/write", { processId: "p1", deltaBase64: base64("tty\n") }),
      ask("command/exec/resize", { processId: "p1", size: { rows: 10, cols: 40 } }),
      ask("command/exec", { command: ["ls"], processId: "p1" }),
      ask("command/exec/terminate", { processId: "p1" }),
      ask("command/exec/write", { processId: "nobody", deltaBase64: "" }),
    ],
  },
  {
    name: "configuration",
    about: "Read, written, refused.",
    steps: [
      ...shakeHands(),
      ask("config/read", { includeLayers: true, cwd: "$ws" }),
      ask("configRequirements/read"),
      write("model_reasoning_effort", "high"),
      write("sandbox_mode", "nope"),
      write("model", "x", { expectedVersion: "sha256:000" }),
      ask("config/batchWrite", {
        edits: [{ keyPath: "model_reasoning_effort", value: null, mergeStrategy: "replace" }],
        reloadUserConfig: true,
      }),
    ],
  },
  {
    name: "models",
    about: "What can be chosen.",
    steps: [...shakeHands(), ask("model/list", { limit: 2 }), ask("model/list", { includeHidden: true })],
  },
  { name: "model providers", about: "And which is used.", steps: [...shakeHands(), ask("modelProvider/list", {})] },
  {
    name: "account",
    about: "None is needed with a provider of one's own; a key can be stored and forgotten.",
    steps: [
      ...shakeHands(),
      ask("account/read", { refreshToken: false }),
      ask("account/login/start", { type: "apiKey", apiKey: "not-a-key" }),
      hear("account/login/completed"),
      hear("account/updated"),
      ask("account/read", {}),
      ask("account/logout"),
      hear("account/updated"),
    ],
  },
  {
    name: "features and profiles",
    about: "Lists for pickers.",
    steps: [...shakeHands(), ask("experimentalFeature/list", { limit: 3 }), ask("permissionProfile/list", {})],
  },
  {
    name: "search for files",
    about: "Once, and while somebody types.",
    steps: [
      ...shakeHands(),
      ask("fuzzyFileSearch", { query: "rdme", roots: ["$ws"], cancellationToken: null }),
      ask("fuzzyFileSearch/sessionStart", { sessionId: "s1", roots: ["$ws"] }),
      ask("fuzzyFileSearch/sessionUpdate", { sessionId: "s1", query: "read" }),
      hear("fuzzyFileSearch/sessionCompleted"),
      ask("fuzzyFileSearch/sessionStop", { sessionId: "s1" }),
    ],
  },
  {
    name: "questions of the model",
    about: "Answered, and not answered.",
    place: { overrides: ["features.default_mode_request_user_input=true"] },
    steps: [
      ...shakeHands(),
      thread("on-request", "workspace-write"),
      turn("askuser"),
      reply("item/tool/requestUserInput", { answers: { q1: { answers: ["A (Recommended)"] } } }),
      ended,
      turn("askuser"),
      reply("item/tool/requestUserInput", { answers: {} }),
      ended,
    ],
  },
  {
    name: "tools of the client",
    about: "The model calls one, and the client answers.",
    steps: [
      ...shakeHands(),
      thread("never", "read-only", {
        dynamicTools: [
          {
            type: "function",
            name: "lookup_ticket",
            description: "Finds a ticket",
            inputSchema: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
          },
        ],
      }),
      turn("dynamic"),
      reply("item/tool/call", { contentItems: [{ type: "inputText", text: "It is open" }], success: true }),
      ended,
    ],
  },
];
