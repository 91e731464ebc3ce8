// Scenarios of what clients do beside threads: files, commands and the search for files.
import { join } from "node:path";
import type { Scenario } from "../stage.ts";

const base64 = (words: string) => Buffer.from(words).toString("base64");

export const workspaceScenarios: readonly Scenario[] = [
  {
    name: "fs",
    drives: [
      "fs/createDirectory",
      "fs/writeFile",
      "fs/readFile",
      "fs/getMetadata",
      "fs/readDirectory",
      "fs/copy",
      "fs/remove",
    ],
    async run(stage) {
      const server = await stage.server();
      const folder = join(stage.workspace, "folder");
      const file = join(folder, "a file.txt");
      await server.result("fs/createDirectory", { path: join(folder, "deep"), recursive: true });
      await server.result("fs/writeFile", { path: file, dataBase64: base64("hi") });
      await server.result("fs/readFile", { path: file });
      await server.result("fs/getMetadata", { path: file });
      await server.result("fs/getMetadata", { path: folder });
      await server.result("fs/readDirectory", { path: folder });
      await server.result("fs/copy", { sourcePath: file, destinationPath: join(folder, "copy") });
      await server.result("fs/copy", { sourcePath: folder, destinationPath: `${folder}-2`, recursive: true });
      await server.result("fs/remove", { path: folder, recursive: true, force: true });
      await server.request("fs/readFile", { path: "relative" });
      await server.request("fs/readFile", { path: file });
    },
  },
  {
    name: "fs/watch",
    drives: ["fs/watch", "fs/unwatch", "fs/writeFile"],
    async run(stage) {
      const server = await stage.server();
      await server.result("fs/watch", { watchId: "w1", path: stage.workspace });
      await server.result("fs/writeFile", { path: join(stage.workspace, "new"), dataBase64: base64("hi") });
      await server.hear("fs/changed");
      await server.result("fs/unwatch", { watchId: "w1" });
      await server.result("fs/unwatch", { watchId: "w1" });
    },
  },
  {
    name: "command/exec",
    drives: ["command/exec"],
    async run(stage) {
      const server = await stage.server();
      await server.result("command/exec", { command: ["sh", "-c", "echo out; echo err >&2; exit 4"] });
      await server.result("command/exec", { command: ["sleep", "5"], timeoutMs: 100, cwd: stage.workspace });
      await server.result("command/exec", {
        command: ["sh", "-c", "echo $WORD; echo x > there"],
        env: { WORD: "hi", PATH: process.env["PATH"] ?? "", HOME: null },
        sandboxPolicy: { type: "readOnly", networkAccess: false },
      });
    },
  },
  {
    name: "command/exec in a terminal",
    drives: ["command/exec", "command/exec/write", "command/exec/resize", "command/exec/terminate"],
    async run(stage) {
      const server = await stage.server();
      const processId = "p1";
      const ended = server.result("command/exec", {
        command: ["bash", "--norc", "-i"],
        processId,
        tty: true,
        size: { rows: 20, cols: 80 },
        disableTimeout: true,
        sandboxPolicy: { type: "dangerFullAccess" },
      });
      await server.result("command/exec/write", { processId, deltaBase64: base64("echo it is $((40 + 2))\n") });
      await server.hear("command/exec/outputDelta");
      await server.result("command/exec/resize", { processId, size: { rows: 10, cols: 40 } });
      await server.result("command/exec/terminate", { processId });
      await ended;
    },
  },
  {
    name: "command/exec with a pipe that is written to",
    drives: ["command/exec", "command/exec/write"],
    async run(stage) {
      const server = await stage.server();
      const more = { processId: "p2", streamStdin: true, streamStdoutStderr: true };
      const ended = server.result("command/exec", { command: ["cat"], ...more });
      await server.result("command/exec/write", { processId: "p2", deltaBase64: base64("hi"), closeStdin: true });
      await server.hear("command/exec/outputDelta");
      await ended;
    },
  },
  {
    name: "fuzzyFileSearch",
    drives: ["fuzzyFileSearch"],
    async run(stage) {
      const server = await stage.server();
      await server.result("fuzzyFileSearch", { query: "rdme", roots: [stage.workspace], cancellationToken: null });
      await server.result("fuzzyFileSearch", { query: "zzz", roots: [stage.workspace], cancellationToken: "mine" });
    },
  },
  {
    name: "fuzzyFileSearch sessions",
    drives: ["fuzzyFileSearch/sessionStart", "fuzzyFileSearch/sessionUpdate", "fuzzyFileSearch/sessionStop"],
    async run(stage) {
      const server = await stage.server();
      await server.result("fuzzyFileSearch/sessionStart", { sessionId: "s1", roots: [stage.workspace] });
      await server.result("fuzzyFileSearch/sessionUpdate", { sessionId: "s1", query: "read" });
      await server.hear("fuzzyFileSearch/sessionUpdated");
      await server.hear("fuzzyFileSearch/sessionCompleted");
      await server.result("fuzzyFileSearch/sessionStop", { sessionId: "s1" });
    },
  },
];
