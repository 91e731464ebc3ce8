// Bundles the in-VS-Code tests and runs them through @vscode/test-electron: in the desktop VS Code that BELAY_VSCODE
// names, else in the served one behind electron-shim.mjs.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { filterVariable, linePrefix, resultsVariable } from "./suite.ts";

export type InVscodeRun = { root: string; resultsFile: string; filters: string[] };

/** One window each. */
const suites: readonly Suite[] = [
  {
    module: "index",
    open: (place, root) => {
      cpSync(path.join(root, "test", "vscode", "workspace"), place("workspace"), { recursive: true });
      return place("workspace");
    },
  },
  {
    module: "several-folders",
    open: (place) => {
      for (const name of ["first", "second", "third"]) mkdirSync(place(name));
      const folders = [{ path: "first" }, { path: "second", name: "Web" }];
      writeFileSync(place("both.code-workspace"), JSON.stringify({ folders }));
      return place("both.code-workspace");
    },
  },
];

interface Suite {
  /** Below test/vscode. */
  module: string;
  /** Makes what the window shall show, and says where it is. */
  open(place: (name: string) => string, root: string): string;
}

/** Returns the exit code: of the first suite that fails, while the others run all the same. */
export async function runInVscode(run: InVscodeRun): Promise<number> {
  const codes: number[] = [];
  for (const suite of suites) codes.push(await runOne(suite, run));
  return codes.find((code) => code !== 0) ?? 0;
}

async function runOne({ module, open }: Suite, { root, resultsFile, filters }: InVscodeRun): Promise<number> {
  const bundle = path.join(root, "out", "test", "vscode", `${module}.cjs`);
  await build({
    entryPoints: [path.join(root, "test", "vscode", `${module}.ts`)],
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
  const opened = open(place, root);
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
      launchArgs: [opened, `--user-data-dir=${place("user")}`, `--extensions-dir=${place("extensions")}`],
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
