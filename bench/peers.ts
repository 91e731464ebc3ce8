// The two that are compared: how each is started, and how its home is written so that both speak to the same model.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NativeCodex, nativeHome } from "../test/support/native-codex.ts";

export type PeerName = "belay" | "codex";

export interface Peer {
  readonly name: PeerName;
  /** What a person has on the disk for it. */
  readonly installedBytes: number;
  /** Where it is started and works. */
  readonly workspace: string;
  /** Writes a fresh home into `dir`. */
  prepare(dir: string): void;
  command(home: string): { file: string; args: string[]; env: Record<string, string> };
  /** Applies the patch on its stdin to the folder it is started in. */
  applyPatch(home: string): { file: string; args: string[]; argv0: string; env: Record<string, string> };
}

interface Place {
  workspace: string;
  /** Of the scripted model. */
  baseUrl: string;
  /** For the process; without the secrets and settings of who runs this. */
  env: Record<string, string>;
}

export function belayPeer(server: string, installedBytes: number, { workspace, baseUrl, env }: Place): Peer {
  return {
    name: "belay",
    installedBytes,
    workspace,
    prepare(dir) {
      mkdirSync(dir, { recursive: true });
      const provider = `[model_providers.mock]\nbase_url = "${baseUrl}"\nrequest_max_retries = 0\n`;
      writeFileSync(join(dir, "config.toml"), `model = "gpt-5.5"\nmodel_provider = "mock"\n${provider}`);
    },
    command: (home) => ({
      file: process.execPath,
      args: [...profileArgs(), server, "app-server"],
      env: { ...env, BELAY_HOME: home },
    }),
    applyPatch: (home) => ({
      file: process.execPath,
      args: [...profileArgs(), server, "apply-patch"],
      argv0: process.execPath,
      env: { ...env, BELAY_HOME: home },
    }),
  };
}

export function codexPeer(native: NativeCodex, { workspace, baseUrl, env }: Place): Peer {
  return {
    name: "codex",
    installedBytes: native.installedBytes,
    workspace,
    prepare: (dir) => void nativeHome(dir, { baseUrl }),
    command: (home) => ({ file: native.binary, args: ["app-server"], env: { ...env, CODEX_HOME: home } }),
    // It is that program when it is called by its name.
    applyPatch: (home) => ({ file: native.binary, args: [], argv0: "apply_patch", env: { ...env, CODEX_HOME: home } }),
  };
}

/** `BELAY_BENCH_PROFILE=DIR` writes a CPU profile of each of our processes there; its numbers are worth nothing then. */
function profileArgs(): string[] {
  const dir = process.env["BELAY_BENCH_PROFILE"];
  return dir ? ["--cpu-prof", `--cpu-prof-dir=${dir}`] : [];
}
