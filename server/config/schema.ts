// The keys of config.toml. Plain data; a key that is absent has the default that stands here.
import * as z from "zod";
import { ApprovalPolicy } from "../protocol/approval.ts";
import { Edits } from "../protocol/mode.ts";
import { SandboxMode } from "../protocol/sandbox.ts";

export const ProviderConfig = z.object({
  name: z.string().optional(),
  base_url: z.string().optional(),
  /** Environment variable that holds the key. */
  env_key: z.string().optional(),
  /** How to get a key, in words for a person: told where one is missing or refused. */
  env_key_instructions: z.string().optional(),
  wire_api: z.enum(["responses", "chat"]).default("responses"),
  http_headers: z.record(z.string(), z.string()).default({}),
  /** Header name to environment variable; unset variables send no header. */
  env_http_headers: z.record(z.string(), z.string()).default({}),
  query_params: z.record(z.string(), z.string()).default({}),
  /** Tries again, without a word, while nothing has been answered: connection failures and 5xx. */
  request_max_retries: z.int().min(0).max(100).default(4),
  /** Tries again, and says so each time: answers that break off, limits, and what is left of the former. */
  stream_max_retries: z.int().min(0).max(100).default(5),
  /** The wait before the first of these; it doubles with each. */
  retry_base_delay_ms: z.int().min(0).max(60_000).default(200),
  /** An answer in which no event comes for so long counts as lost. */
  stream_idle_timeout_ms: z.int().min(1).default(300_000),
  /** Only for the scripted provider: the script it plays. */
  script: z.string().optional(),
});
export type ProviderConfig = z.infer<typeof ProviderConfig>;

export const Config = z.object({
  model: z.string().optional(),
  model_provider: z.string().default("openai"),
  model_providers: z.record(z.string(), ProviderConfig).default({}),
  model_reasoning_effort: z.string().optional(),
  /** Told to the model behind our own instructions, unless the client brings others. */
  developer_instructions: z.string().optional(),
  /** A file that lists the models of the provider in use; relative to BELAY_HOME. */
  model_catalog_json: z.string().optional(),
  /** In tokens, whatever the model's description says. */
  model_context_window: z.int().min(1).optional(),
  /** A thread whose next request would have more tokens is compacted first. About nine tenths of the window when absent. */
  model_auto_compact_token_limit: z.int().min(1).optional(),
  /** Asks the model for the summary in place of our own words. */
  compact_prompt: z.string().optional(),
  approval_policy: ApprovalPolicy.default("on-request"),
  sandbox_mode: SandboxMode.default("workspace-write"),
  /** `propose`: edits of files wait until the person keeps them, and nothing of them is written before. */
  edits: Edits.default("write"),
  sandbox_workspace_write: z
    .object({
      writable_roots: z.array(z.string()).default([]),
      network_access: z.boolean().default(false),
      exclude_tmpdir_env_var: z.boolean().default(false),
      exclude_slash_tmp: z.boolean().default(false),
    })
    .prefault({}),
  /**
   * Where no sandbox works and this is a container, commands under workspace-write run in it as they are. The user's own
   * file, the editor's settings and `-c` say so; nothing that a project brings along is read for it.
   */
  container_is_sandbox: z.boolean().default(false),
  /** Tools of the model that can be taken away. */
  tools: z.object({ update_plan: z.object({ enabled: z.boolean().default(true) }).prefault({}) }).prefault({}),
  /** How long a thread that nobody listens to, and in which nothing runs, stays loaded. */
  thread_unload_delay_secs: z.int().min(0).default(60),
  /** Longest AGENTS.md that is read; the rest is cut with a note. */
  project_doc_max_bytes: z.int().min(0).default(32_768),
  /** Whether changes of files are kept on disk, so that they can be undone later. False: only as long as the server lives. */
  journal: z.boolean().default(true),
  /** What that may take; beyond it the oldest changes cannot be undone any more. */
  journal_max_bytes: z
    .int()
    .min(0)
    .default(1024 ** 3),
});
export type Config = z.infer<typeof Config>;
