// Bundles the in-VS-Code tests and runs them through @vscode/test-electron: in the desktop VS Code that BELAY_VSCODE
// names, else in the served one behind electron-shim.mjs.
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { filterVariable, linePrefix, resultsVariable } from "./suite.ts";

export type InVscodeRun = { root: string; resultsFile: string; filters: string[] };

/** Returns the exit code. The workspace is a fresh copy of test/vscode/workspace, or an empty folder without one. */
export async function runInVscode({ root, resultsFile, filters }: InVscodeRun): Promise<number> {
  const bundle = path.join(root, "out", "test", "vscode", "index.cjs");
  await build({
    entryPoints: [path.join(root, "test", "vscode", "index.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    external: ["vscode"],
    sourcemap: "inline",
    logLevel: "warning",
  });
  const temporary = mkdtempSync(path.join(tmpdir(), "belay-test-"));
  const place = (name: string) => path.join(temporary, name);
  const template = path.join(root, "test", "vscode", "workspace");
  cpSync(existsSync(template) ? template : mkdtempSync(place("empty-")), place("workspace"), { recursive: true });
  const clear = () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  process.once("exit", clear);
  const output = new TestOutput();
  try {
    return await runTests({
      stdout: output,
      stderr: output,
      vscodeExecutablePath: process.env["BELAY_VSCODE"] || path.join(import.meta.dirname, "electron-shim.mjs"),
      extensionDevelopmentPath: root,
      extensionTestsPath: bundle,
      launchArgs: [place("workspace"), `--user-data-dir=${place("user")}`, `--extensions-dir=${place("extensions")}`],
      extensionTestsEnv: {
        [resultsVariable]: resultsFile,
        [filterVariable]: filters.join("\n"),
        BELAY_HOME: place("belay-home"),
        // The shim's first line asks for `node`: give it this one.
        PATH: [path.dirname(process.execPath), process.env["PATH"] ?? ""].join(path.delimiter),
      },
    });
  } catch (error) {
    output.showHeldBack();
    // test-electron throws for every exit code but 0.
    if (error instanceof Error && "code" in error && typeof error.code === "number") return error.code;
    say(String(error));
    return 1;
  } finally {
    process.off("exit", clear);
    clear();
  }
}

// Shows the tests' own lines as they come. The rest of what VS Code prints is shown only when no test printed anything,
// because then it says why; BELAY_TEST_VERBOSE=1 shows all of it.
class TestOutput extends Writable {
  readonly #heldBack: string[] = [];
  #isTestSeen = false;
  readonly #decoder = new StringDecoder("utf8");
  #partialLine = "";

  override _write(data: Buffer, _encoding: string, done: () => void): void {
    const lines = (this.#partialLine + this.#decoder.write(data)).split("\n");
    this.#partialLine = lines.pop() ?? "";
    for (const line of lines) this.#show(line);
    done();
  }

  showHeldBack(): void {
    if (!this.#isTestSeen) say([...this.#heldBack, this.#partialLine].join("\n"));
  }

  #show(line: string): void {
    if (line.startsWith(linePrefix)) {
      this.#isTestSeen = true;
      say(line.slice(linePrefix.length));
    } else if (process.env["BELAY_TEST_VERBOSE"]) {
      say(line);
    } else {
      this.#heldBack.push(line);
    }
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
