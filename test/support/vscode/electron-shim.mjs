#!/usr/bin/env node
// Stands in for the desktop VS Code that @vscode/test-electron starts: takes its arguments, runs the extension's tests
// in the served VS Code with a headless Chromium, prints what they print, and ends with their exit code.
// `npm run` and .ci/setup.mjs put Node 24 first on PATH, which this needs to load TypeScript.
import { fstatSync } from "node:fs";
import { parseArgs } from "node:util";
import { runExtensionTests } from "./run-extension-tests.ts";

const { values, positionals } = parseArgs({
  // The desktop's other arguments (--no-sandbox, --user-data-dir…) mean nothing here.
  strict: false,
  allowPositionals: true,
  options: { extensionDevelopmentPath: { type: "string" }, extensionTestsPath: { type: "string" } },
});

// test-electron holds our stdin open while it lives. When it is killed nobody would end us.
const stdin = fstatSync(0);
if (stdin.isFIFO() || stdin.isSocket()) process.stdin.resume().once("end", () => process.exit(1));

process.exitCode = await runExtensionTests({
  extensionPath: String(values.extensionDevelopmentPath),
  extensionTestsPath: String(values.extensionTestsPath),
  folder: positionals[0],
});
process.stdin.destroy();
