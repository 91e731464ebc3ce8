// Runs a test module inside the extension host of the served VS Code and reports its exit code.
// Used by electron-shim.mjs, which gives it the shape of a desktop VS Code.
import { inspect } from "node:util";
import { within } from "./deadline.ts";
import { serveVscode } from "./serve.ts";
import { openWorkbench } from "./workbench.ts";

export type ExtensionTestRun = {
  extensionPath: string;
  /** A CommonJS file exporting `run()`. */
  extensionTestsPath: string;
  /** The workspace folder; the extension's own without one. */
  folder?: string | undefined;
  /** For the whole run, default 20 minutes: each test in it has its own. */
  timeoutMs?: number;
};

export async function runExtensionTests(run: ExtensionTestRun): Promise<number> {
  const { extensionPath, extensionTestsPath } = run;
  await using vscode = await serveVscode();
  const { promise: finished, resolve: finish } = exitCode();
  await using workbench = await openWorkbench({
    vscode,
    folder: run.folder ?? extensionPath,
    extensionPath,
    extensionTestsPath,
    // VS Code looks for these two functions on its page and calls them for the test run.
    prepare: async (page) => {
      await page.exposeFunction("codeAutomationLog", (type: string, args: unknown[]) => log(type, args));
      await page.exposeFunction("codeAutomationExit", (code: number) => finish(code));
      page.once("crash", () => finish(1));
    },
  });
  workbench.page.once("close", () => finish(1));
  return await within(run.timeoutMs ?? 1_200_000, "the tests in VS Code to finish", finished).catch(
    (error: unknown) => {
      process.stderr.write(`${String(error)}\nVS Code said:\n${vscode.log()}\n`);
      return 1;
    },
  );
}

function exitCode(): { promise: Promise<number>; resolve: (code: number) => void } {
  let resolve: (code: number) => void = () => {};
  const promise = new Promise<number>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

// What the extension host and VS Code itself print arrives alike, as an array of values.
function log(type: string, args: unknown[]): void {
  const text = args.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
  const stream = type === "error" || type === "warn" ? process.stderr : process.stdout;
  stream.write(`${text}
`);
}
