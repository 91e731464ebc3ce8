// The configuration as it stands: what was loaded last, for whoever asks next. Those who hold a value keep it.
import { type ConfigWarning, configPath, type LoadedConfig, loadConfig, type Overrides } from "./load.ts";
import type { Config } from "./schema.ts";

export class ConfigSource {
  readonly #home: string;
  readonly #overrides: readonly Overrides[];
  #loaded: LoadedConfig;

  private constructor(home: string, overrides: readonly Overrides[], loaded: LoadedConfig) {
    this.#home = home;
    this.#overrides = overrides;
    this.#loaded = loaded;
  }

  static async open(home: string, overrides: readonly Overrides[]): Promise<ConfigSource> {
    return new ConfigSource(home, overrides, await loadConfig(home, overrides));
  }

  get current(): Config {
    return this.#loaded.config;
  }

  get loaded(): LoadedConfig {
    return this.#loaded;
  }

  /** Whether the editor's settings or `-c` say something about a key, so that writing it into the file is of no use. */
  isOverridden(key: string): boolean {
    return this.#loaded.layers.some(({ name, config }) => name.type === "sessionFlags" && Object.hasOwn(config, key));
  }

  /** The user's file. */
  get path(): string {
    return configPath(this.#home);
  }

  /**
   * Reads the file again: the warnings that were not there before. A file that no longer parses changes no value but
   * those that decide what a command may do: the strictest hold for them, as they do when it never did parse.
   */
  async refresh(): Promise<ConfigWarning[]> {
    const before = this.#loaded;
    const next = await loadConfig(this.#home, this.#overrides);
    const isBroken = next.layers.some(({ disabledReason }) => disabledReason !== null);
    this.#loaded = isBroken ? { ...next, ...asBefore(before, next) } : next;
    const known = new Set(before.warnings.map((warning) => JSON.stringify(warning)));
    return next.warnings.filter((warning) => !known.has(JSON.stringify(warning)));
  }
}

function asBefore(before: LoadedConfig, next: LoadedConfig): Pick<LoadedConfig, "config" | "values" | "catalog"> {
  const { sandbox_mode, approval_policy, container_is_sandbox } = next.config;
  const strict = { sandbox_mode, approval_policy };
  const config = { ...before.config, ...strict, container_is_sandbox };
  return { config, values: { ...before.values, ...strict }, catalog: before.catalog };
}
