// Finds the ripgrep to search with, and starts it so that it does nothing but search.
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLive } from "../exec/live.ts";
import { cleanPath } from "../sandbox/environment.ts";
import { executable } from "../sandbox/facts.ts";
import { isInside } from "../util/inside.ts";

export interface RipgrepPlaces {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly path: string;
  /** Where VS Code lies, which has one for its own search. */
  readonly editorRoot: string | undefined;
}

export interface Ripgrep {
  readonly file: string;
  readonly from: "Belay" | "VS Code" | "the PATH";
}

/** Ours beside the bundle, VS Code's own, the user's. Null where there is none outside of the roots: what lies in a workspace is never run. */
export function findRipgrep(places: RipgrepPlaces, roots: readonly string[]): Ripgrep | null {
  const name = places.platform === "win32" ? "rg.exe" : "rg";
  const own = join(dirname(fileURLToPath(import.meta.url)), name);
  const onPath = cleanPath(places.path, roots)
    .split(delimiter)
    .map((directory) => join(directory, name));
  const candidates: readonly [Ripgrep["from"], readonly string[]][] = [
    ["Belay", [own]],
    ["VS Code", ofEditor(places, name)],
    ["the PATH", onPath],
  ];
  for (const [from, files] of candidates) {
    for (const file of files) {
      const real = executable(file);
      if (real !== null && !roots.some((root) => isInside(root, real))) return { file: real, from };
    }
  }
  return null;
}

export interface RipgrepEnd {
  /** 0: something was found. 1: nothing. 2: there was trouble. Null: it did not end by itself, or never started. */
  readonly exitCode: number | null;
  readonly error: string;
}

/** Never rejects. `input` is what it searches instead of `paths`. */
export async function runRipgrep(
  { file }: Ripgrep,
  request: {
    readonly args: readonly string[];
    readonly input: string | null;
    readonly signal: AbortSignal;
    onOutput(bytes: Buffer): void;
  },
): Promise<RipgrepEnd> {
  let error = "";
  const { args, input, signal } = request;
  const program = await startLive(
    // It starts nothing: no preprocessor, no decompressor. Nothing of its environment is of use.
    {
      ...{ file, args, cwd: "/", env: {}, signal, leavesNothing: true },
      onOutput(stream, bytes) {
        if (stream === "stdout") request.onOutput(bytes);
        else error = (error + bytes.toString("utf8")).slice(0, maxErrorChars);
      },
    },
    input === null ? {} : { input: "open" },
  );
  if (input !== null) void program.write(Buffer.from(input)).then(() => program.closeInput());
  const { exitCode } = await program.ended;
  return { exitCode, error };
}

const maxErrorChars = 2_000;

/** Native programs lie beside the archive that VS Code's modules are packed into, where they are packed. */
function ofEditor({ editorRoot: root, platform, arch }: RipgrepPlaces, name: string): string[] {
  if (root === undefined || root === "") return [];
  return ["node_modules.asar.unpacked", "node_modules"].flatMap((modules) => [
    join(root, modules, "@vscode/ripgrep/bin", name),
    join(root, modules, "@vscode/ripgrep-universal/bin", `${platform}-${arch}`, name),
  ]);
}
